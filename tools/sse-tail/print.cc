#include "print.h"

namespace sse_tail {

void Printer::show_message(const sse::Event& message, std::string& out) {
  if (format_ == Format::pretty) return pretty_.message(message, out);
  show(message.data, out);
}

void Printer::comment(std::string_view text, std::string& out) {
  if (format_ == Format::pretty) return pretty_.comment(text, out);
  out += ':';
  show(text, out);
}

void Printer::raw(std::string_view bytes, std::string& out) {
  if (look_.terminal) {
    escaper_.append(out, bytes);
  } else {
    out += bytes;
  }
}

void Printer::show(std::string_view text, std::string& out) {
  if (look_.terminal) {
    cli::append_escaped(out, text, cli::Escape::message);
  } else {
    out += text;
  }
  out += '\n';
}

}  // namespace sse_tail
