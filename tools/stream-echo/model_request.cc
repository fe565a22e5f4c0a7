#include "model_request.h"

#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "cli/escape.h"
#include "rec/json.h"
#include "words.h"

namespace stream_echo {
namespace {

using rec::Json;
using rec::text_of;

constexpr std::string_view kModel = "stream-echo";  // when the request names none
constexpr std::string_view kArgument = "text";

/// nullptr when `json` is no object, has no such key, or null there.
const Json* member(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found != json.end() && !found->is_null() ? &*found : nullptr;
}

bool flag(const Json& json, const char* key, bool fallback) {
  const Json* const value = member(json, key);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : fallback;
}

bool has_tool_result(const Json& content) {
  if (!content.is_array()) return false;
  for (const Json& part : content) {
    if (part.is_object() && text_of(part, "type") == "tool_result") return true;
  }
  return false;
}

/// A content is a text, or a list of parts: of texts, images, or the results of tools, which have a
/// content themselves.
void append_text(std::string& out, const Json& content) {
  if (content.is_string()) out += content.get_ref<const std::string&>();
  if (!content.is_array()) return;
  for (const Json& part : content) {
    if (!part.is_object()) continue;
    const std::string type = text_of(part, "type");
    if (type == "text" || type == "input_text" || type == "output_text") {
      out += text_of(part, "text");
    } else if (type == "tool_result") {
      if (const Json* const result = member(part, "content")) append_text(out, *result);
    }
  }
}

struct Conversation {
  std::string text = {};  // of whoever spoke to the model last
  bool from_tool = false;
  std::uint64_t words = 0;
};

Result<Conversation> read_messages(const Json& list, std::string_view name) {
  if (!list.is_array()) return Error{fmt::format("{}: is not a list", name), {}};
  if (list.empty()) return Error{fmt::format("{}: is empty", name), {}};
  Conversation conversation;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Json& message = list[i];
    if (!message.is_object()) return Error{fmt::format("{}[{}]: is not an object", name, i), {}};
    const std::string role = text_of(message, "role");
    const std::string type = text_of(message, "type");
    if (role.empty() && type.empty()) {
      return Error{fmt::format("{}[{}]: has no role", name, i), {}};
    }
    const bool is_output = type == "function_call_output";
    const Json* const content = member(message, is_output ? "output" : "content");
    std::string text;
    if (content != nullptr) append_text(text, *content);
    conversation.words += count_words(text);
    if (role != "user" && role != "tool" && !is_output) continue;
    conversation.text = std::move(text);
    conversation.from_tool =
        role != "user" || is_output || (content != nullptr && has_tool_result(*content));
  }
  return conversation;
}

Result<Conversation> read_conversation(ModelApi api, const Json& body) {
  const char* const name = api == ModelApi::responses         ? "input"
                           : api == ModelApi::ollama_generate ? "prompt"
                                                              : "messages";
  const Json* const said = member(body, name);
  if (said == nullptr) return Error{fmt::format("{}: is missing", name), {}};
  if (api == ModelApi::ollama_generate && !said->is_string()) {
    return Error{fmt::format("{}: is not a text", name), {}};
  }
  if (!said->is_string() || api == ModelApi::chat) return read_messages(*said, name);
  Conversation conversation{.text = said->get<std::string>()};
  conversation.words = count_words(conversation.text);
  return conversation;
}

Result<void> read_limit(const Json& body, std::initializer_list<const char*> names,
                        ModelRequest& request) {
  for (const char* const name : names) {
    const Json* const limit = member(body, name);
    if (limit == nullptr) continue;
    if (!limit->is_number_unsigned() || *limit == 0U) {
      return Error{fmt::format("{}: is not a whole number from 1", name), {}};
    }
    request.max_words = limit->get<std::uint64_t>();
  }
  return {};
}

/// Ollama's; less than 1 means no limit there.
void read_prediction(const Json& body, ModelRequest& request) {
  const Json* const options = member(body, "options");
  const Json* const limit = options != nullptr ? member(*options, "num_predict") : nullptr;
  if (limit == nullptr || !limit->is_number_unsigned() || *limit == 0U) return;
  request.max_words = limit->get<std::uint64_t>();
}

std::string argument_of(const Json& function) {
  const Json* schema = member(function, "parameters");
  if (schema == nullptr) schema = member(function, "input_schema");
  const Json* const required = schema != nullptr ? member(*schema, "required") : nullptr;
  const bool named = required != nullptr && required->is_array() && !required->empty() &&
                     (*required)[0].is_string();
  return named ? (*required)[0].get<std::string>() : std::string(kArgument);
}

Result<void> choose_tool(const Json& body, ModelRequest& request) {
  const Json* const tools = member(body, "tools");
  if (tools == nullptr || !tools->is_array()) return {};
  std::string wanted;
  if (const Json* const choice = member(body, "tool_choice")) {
    if (*choice == "none") return {};
    if (choice->is_object()) {
      if (text_of(*choice, "type") == "none") return {};
      const Json* const function = member(*choice, "function");
      wanted = text_of(function != nullptr ? *function : *choice, "name");
    }
  }
  for (const Json& tool : *tools) {
    const Json* const inner = member(tool, "function");
    const Json& function = inner != nullptr ? *inner : tool;
    if (!function.is_object()) continue;
    const std::string name = text_of(function, "name");
    if (name.empty() || (!wanted.empty() && name != wanted)) continue;
    request.tool = name;
    request.argument = argument_of(function);
    return {};
  }
  if (wanted.empty()) return {};
  return Error{
      fmt::format("tool_choice: there is no tool \"{}\"", cli::escape(wanted, cli::Escape::line)),
      {}};
}

}  // namespace

Result<ModelRequest> read_model_request(ModelApi api, std::string_view body) {
  const auto parsed = rec::parse_json(body);
  if (!parsed || !parsed->is_object()) return Error{"the request is not a JSON object", {}};
  auto conversation = read_conversation(api, *parsed);
  if (!conversation) return conversation.error();

  const bool ollama = api == ModelApi::ollama_chat || api == ModelApi::ollama_generate;
  ModelRequest request{.text = std::move(conversation->text), .words = conversation->words};
  request.model = text_of(*parsed, "model");
  if (request.model.empty()) request.model = kModel;
  request.streams = flag(*parsed, "stream", ollama);
  for (const char* const name : {"system", "instructions"}) {
    const Json* const instructions = member(*parsed, name);
    if (instructions == nullptr) continue;
    std::string text;
    append_text(text, *instructions);
    request.words += count_words(text);
  }
  if (const Json* const options = member(*parsed, "stream_options")) {
    request.wants_usage = flag(*options, "include_usage", false);
  }
  if (ollama) {
    read_prediction(*parsed, request);
  } else if (auto read = read_limit(
                 *parsed, {"max_tokens", "max_completion_tokens", "max_output_tokens"}, request);
             !read) {
    return read.error();
  }
  if (conversation->from_tool || api == ModelApi::ollama_generate) return request;
  if (auto chosen = choose_tool(*parsed, request); !chosen) return chosen.error();
  return request;
}

}  // namespace stream_echo
