#include "text_printer.h"

#include <utility>

#include <fmt/format.h>

#include "cli/escape.h"

namespace sse_tail {
namespace {

constexpr std::string_view kPlain = "\x1b[0m";

std::string_view color_of(Part part) {
  switch (part) {
    case Part::reasoning:
    case Part::progress: return "\x1b[2m";
    case Part::refusal: return "\x1b[33m";
    case Part::tool_name:
    case Part::tool_arguments:
    case Part::tool_input: return "\x1b[36m";
    default: return {};
  }
}

/// A colour alone tells nobody what it means.
std::string label_of(Part part, const ToolCall* call) {
  switch (part) {
    case Part::reasoning: return "[reasoning] ";
    case Part::progress: return "[progress] ";
    case Part::refusal: return "[refusal] ";
    case Part::tool_name:
    case Part::tool_arguments:
    case Part::tool_input:
      if (call == nullptr || call->name.empty()) return "[tool] ";
      return fmt::format("[tool {}] ", cli::escape(call->name, cli::Escape::line));
    default: return {};
  }
}

bool is_tool(Part part) {
  return part == Part::tool_name || part == Part::tool_arguments || part == Part::tool_input;
}

}  // namespace

void TextPrinter::delta(const Delta& delta, const ToolCall* call, std::string& out) {
  if (!look_.terminal) {
    if (delta.part == Part::text && delta.choice == 0) out += delta.text;
    return;
  }
  // The name of a tool is in the word in front of its arguments.
  const Part part = is_tool(delta.part) ? Part::tool_arguments : delta.part;
  const Section section{.part = part, .choice = delta.choice, .call = delta.call};
  if (section != section_ || !labelled_ || part == Part::progress) begin(section, call, out);
  if (delta.part == Part::tool_name) return;
  append(cli::escape(delta.text, cli::Escape::reading), part, out);
}

void TextPrinter::begin(const Section& section, const ToolCall* call, std::string& out) {
  end_line(out);
  section_ = section;
  labelled_ = true;
  std::string label = section.choice == 0 ? "" : fmt::format("[answer {}] ", section.choice + 1);
  label += label_of(section.part, call);
  if (!label.empty()) append(label, section.part, out);
}

void TextPrinter::append(std::string_view safe, Part part, std::string& out) {
  const std::string_view color = look_.color ? color_of(part) : std::string_view();
  out += color;
  out += safe;
  if (!color.empty()) out += kPlain;
  inside_line_ = !safe.ends_with('\n');
}

/// What goes on behind it says again what it is.
void TextPrinter::end_line(std::string& out) {
  if (std::exchange(inside_line_, false)) out += '\n';
  labelled_ = section_.part == Part::text && section_.choice == 0;
}

}  // namespace sse_tail
