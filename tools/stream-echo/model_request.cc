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

// Of a model or a tool, in bytes: they stand in every piece of the answer.
constexpr std::size_t kMaxName = 256;

Error wrong(std::string_view where, std::string_view what) {
  return {fmt::format("{}: {}", where, what), {}};
}

/// nullptr when `json` is no object, has no such key, or null there.
const Json* member(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found != json.end() && !found->is_null() ? &*found : nullptr;
}

/// Leaves `flag` as it is when there is none. `where` stands in front of the key.
Result<void> read_flag(const Json& json, std::string_view where, const char* key, bool& flag) {
  const Json* const value = member(json, key);
  if (value == nullptr) return {};
  if (!value->is_boolean()) {
    return wrong(fmt::format("{}{}", where, key), "is not true or false");
  }
  flag = value->get<bool>();
  return {};
}

/// The text of a key, empty when there is none. `where` stands in front of the key.
Result<std::string> read_text(const Json& json, std::string_view where, const char* key) {
  const Json* const value = member(json, key);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return wrong(fmt::format("{}{}", where, key), "is not a text");
  return value->get<std::string>();
}

bool has_tool_result(const Json& content) {
  if (!content.is_array()) return false;
  for (const Json& part : content) {
    if (part.is_object() && text_of(part, "type") == "tool_result") return true;
  }
  return false;
}

Result<void> append_text(std::string& out, const Json& content, const std::string& where);

/// A part is a text, the result of a tool, which may have a content itself, or something else, an
/// image say, of which nothing comes back.
Result<void> append_part(std::string& out, const Json& part, const std::string& where) {
  if (!part.is_object()) return wrong(where, "is not an object");
  const auto type = read_text(part, where + '.', "type");
  if (!type) return type.error();
  if (type->empty()) return wrong(where, "has no type");
  if (*type == "text" || *type == "input_text" || *type == "output_text") {
    const auto text = read_text(part, where + '.', "text");
    if (!text) return text.error();
    if (member(part, "text") == nullptr) return wrong(where, "has no text");
    out += *text;
  } else if (*type == "tool_result") {
    const Json* const result = member(part, "content");
    if (result != nullptr) return append_text(out, *result, where + ".content");
  }
  return {};
}

Result<void> append_text(std::string& out, const Json& content, const std::string& where) {
  if (content.is_string()) {
    out += content.get_ref<const std::string&>();
    return {};
  }
  if (!content.is_array()) return wrong(where, "is neither a text nor a list of parts");
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (auto read = append_part(out, content[i], fmt::format("{}[{}]", where, i)); !read) {
      return read.error();
    }
  }
  return {};
}

struct Conversation {
  std::optional<std::string> text = {};  // of whoever spoke to the model last
  bool from_tool = false;
  std::uint64_t words = 0;
};

Result<void> read_message(const Json& message, const std::string& where,
                          Conversation& conversation) {
  if (!message.is_object()) return wrong(where, "is not an object");
  const auto role = read_text(message, where + '.', "role");
  if (!role) return role.error();
  const auto type = read_text(message, where + '.', "type");
  if (!type) return type.error();
  const bool is_output = *type == "function_call_output";
  if (role->empty() && (type->empty() || *type == "message")) return wrong(where, "has no role");
  if (role->empty() && !is_output) return {};  // a call, say, or reasoning: nobody's words

  const char* const key = is_output ? "output" : "content";
  const Json* const content = member(message, key);
  std::string text;
  if (content != nullptr) {
    if (auto read = append_text(text, *content, fmt::format("{}.{}", where, key)); !read) {
      return read.error();
    }
  } else if (*role != "assistant") {  // that one may have called tools instead
    return wrong(fmt::format("{}.{}", where, key), "is missing");
  }
  conversation.words += count_words(text);
  if (*role != "user" && *role != "tool" && !is_output) return {};
  conversation.text = std::move(text);
  conversation.from_tool =
      *role != "user" || is_output || (content != nullptr && has_tool_result(*content));
  return {};
}

Result<Conversation> read_messages(const Json& list, std::string_view name) {
  if (!list.is_array()) return wrong(name, "is not a list");
  if (list.empty()) return wrong(name, "is empty");
  Conversation conversation;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (auto read = read_message(list[i], fmt::format("{}[{}]", name, i), conversation); !read) {
      return read.error();
    }
  }
  if (!conversation.text) return wrong(name, "has nothing that a user said");
  return conversation;
}

Result<Conversation> read_conversation(ModelApi api, const Json& body) {
  const bool is_prompt = api == ModelApi::ollama_generate;
  const char* const name = api == ModelApi::responses ? "input" : is_prompt ? "prompt" : "messages";
  const Json* const said = member(body, name);
  if (said == nullptr) return wrong(name, "is missing");
  if (is_prompt && !said->is_string()) return wrong(name, "is not a text");
  const bool may_be_text = is_prompt || api == ModelApi::responses;
  if (!said->is_string() || !may_be_text) return read_messages(*said, name);
  Conversation conversation{.text = said->get<std::string>()};
  conversation.words = count_words(*conversation.text);
  return conversation;
}

Result<void> read_limit(const Json& body, ModelRequest& request) {
  for (const char* const name : {"max_tokens", "max_completion_tokens", "max_output_tokens"}) {
    const Json* const limit = member(body, name);
    if (limit == nullptr) continue;
    if (!limit->is_number_unsigned() || *limit == 0U) {
      return wrong(name, "is not a whole number from 1");
    }
    request.max_words = limit->get<std::uint64_t>();
  }
  return {};
}

/// Ollama's; less than 1 means no limit there.
Result<void> read_prediction(const Json& body, ModelRequest& request) {
  const Json* const options = member(body, "options");
  if (options == nullptr) return {};
  if (!options->is_object()) return wrong("options", "is not an object");
  const Json* const limit = member(*options, "num_predict");
  if (limit == nullptr) return {};
  if (!limit->is_number_integer()) return wrong("options.num_predict", "is not a whole number");
  if (limit->is_number_unsigned() && *limit != 0U) request.max_words = limit->get<std::uint64_t>();
  return {};
}

/// What of a tool is its function: the formats differ.
const Json& function_of(const Json& tool) {
  for (const char* const key : {"function", "custom"}) {
    if (const Json* const inner = member(tool, key)) return *inner;
  }
  return tool;
}

const Json* schema_of(const Json& function) {
  const Json* const schema = member(function, "parameters");
  return schema != nullptr ? schema : member(function, "input_schema");
}

std::string argument_of(const Json& function) {
  const Json* const schema = schema_of(function);
  const Json* const required = schema != nullptr ? member(*schema, "required") : nullptr;
  const bool named = required != nullptr && required->is_array() && !required->empty() &&
                     (*required)[0].is_string();
  return named ? (*required)[0].get<std::string>() : std::string(kArgument);
}

/// One that the vendor's own server would call, a search of the web say: its type tells all.
bool is_for_server(const Json& tool) {
  const std::string type = text_of(tool, "type");
  const bool is_own = type.empty() || type == "function" || type == "custom";
  return !is_own && schema_of(function_of(tool)) == nullptr;
}

struct Choice {
  bool none = false;
  std::string name = {};  // empty: any
};

Result<Choice> read_choice(const Json& body) {
  const Json* const choice = member(body, "tool_choice");
  if (choice == nullptr) return Choice{};
  if (choice->is_string()) return Choice{.none = *choice == "none"};
  if (!choice->is_object()) return wrong("tool_choice", "is neither a text nor an object");
  return Choice{.none = text_of(*choice, "type") == "none",
                .name = text_of(function_of(*choice), "name")};
}

Result<void> choose_tool(const Json& body, ModelRequest& request) {
  const Json* const tools = member(body, "tools");
  if (tools != nullptr && !tools->is_array()) return wrong("tools", "is not a list");
  const auto choice = read_choice(body);
  if (!choice) return choice.error();
  if (tools == nullptr) return {};
  for (std::size_t i = 0; i < tools->size(); ++i) {
    const Json& tool = (*tools)[i];
    const std::string where = fmt::format("tools[{}]", i);
    if (!tool.is_object()) return wrong(where, "is not an object");
    if (is_for_server(tool)) continue;
    const Json& function = function_of(tool);
    const std::string name = text_of(function, "name");
    if (name.empty()) return wrong(where, "has no name");
    if (name.size() > kMaxName) {
      return wrong(where, fmt::format("has a name of more than {} bytes", kMaxName));
    }
    if (!request.tool.empty() || (!choice->name.empty() && name != choice->name)) continue;
    request.tool = name;
    request.argument = argument_of(function);
  }
  if (choice->none) request.tool.clear();
  if (choice->none || choice->name.empty() || !request.tool.empty()) return {};
  return wrong("tool_choice", fmt::format("there is no tool \"{}\"",
                                          cli::escape(choice->name, cli::Escape::line)));
}

/// What is asked for beside the conversation.
Result<void> read_settings(ModelApi api, const Json& body, ModelRequest& request) {
  const bool ollama = api == ModelApi::ollama_chat || api == ModelApi::ollama_generate;
  const auto model = read_text(body, "", "model");
  if (!model) return model.error();
  if (model->size() > kMaxName) {
    return wrong("model", fmt::format("is of more than {} bytes", kMaxName));
  }
  request.model = model->empty() ? kModel : *model;
  request.streams = ollama;
  if (auto read = read_flag(body, "", "stream", request.streams); !read) return read;
  if (const Json* const options = member(body, "stream_options")) {
    if (!options->is_object()) return wrong("stream_options", "is not an object");
    auto read = read_flag(*options, "stream_options.", "include_usage", request.wants_usage);
    if (!read) return read;
  }
  for (const char* const name : {"system", "instructions"}) {
    const Json* const instructions = member(body, name);
    if (instructions == nullptr) continue;
    std::string text;
    if (auto read = append_text(text, *instructions, name); !read) return read;
    request.words += count_words(text);
  }
  return ollama ? read_prediction(body, request) : read_limit(body, request);
}

}  // namespace

Result<ModelRequest> read_model_request(ModelApi api, std::string_view body) {
  const auto parsed = rec::parse_json(body);
  if (!parsed) {
    return Error{
        "the request is no JSON, or has a lone surrogate, a number that is too large, or "
        "more than 512 levels",
        {}};
  }
  if (!parsed->is_object()) return Error{"the request is not a JSON object", {}};
  auto conversation = read_conversation(api, *parsed);
  if (!conversation) return conversation.error();
  ModelRequest request{.text = *std::move(conversation->text), .words = conversation->words};
  if (auto read = read_settings(api, *parsed, request); !read) return read.error();
  if (api == ModelApi::ollama_generate) return request;
  if (auto chosen = choose_tool(*parsed, request); !chosen) return chosen.error();
  if (conversation->from_tool) request.tool.clear();
  return request;
}

}  // namespace stream_echo
