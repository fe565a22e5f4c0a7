#include "opening.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/text.h"

namespace ws_cat {
namespace {

constexpr std::string_view kExtensions = "Sec-WebSocket-Extensions";
constexpr std::size_t kShownSize = 32;  // of an answer that is none

/// The fields that the options ask for, before -H changes them.
std::vector<ws::FieldLine> own_fields(const Args& args, const std::string& key) {
  auto fields = ws::request_fields(args.url.authority(), key, args.protocols);
  if (args.deflate) fields.push_back({std::string(kExtensions), ws::to_text(*args.deflate)});
  if (args.origin) fields.push_back({"Origin", *args.origin});
  if (!args.request.user_agent.empty()) fields.push_back({"User-Agent", args.request.user_agent});
  if (args.request.user) {
    fields.push_back({"Authorization", "Basic " + to_base64(as_bytes(*args.request.user))});
  }
  if (!args.request.cookie.empty()) fields.push_back({"Cookie", args.request.cookie});
  return fields;
}

/// RFC 9110 5.3: a name given twice stays twice. The first change of a name takes our field away.
void apply_headers(const std::vector<cli::HeaderChange>& changes,
                   std::vector<ws::FieldLine>& fields) {
  const std::size_t own_count = fields.size();
  std::vector<ws::FieldLine> added;
  for (const cli::HeaderChange& change : changes) {
    // An offer pasted from a browser is not passed on: ours is sent, which it may also take away.
    if (change.value && equals_ignoring_case(change.name, kExtensions)) continue;
    const auto is_named = [&](const ws::FieldLine& field) {
      return equals_ignoring_case(field.name, change.name);
    };
    const auto own_end =
        fields.begin() + static_cast<std::ptrdiff_t>(std::min(own_count, fields.size()));
    const auto ours = std::find_if(fields.begin(), own_end, is_named);
    const bool first = std::none_of(added.begin(), added.end(), is_named);
    if (ours != own_end && first && change.value) {
      *ours = {change.name, *change.value};  // in our field's place, so that Host stays first
      added.push_back(*ours);
      continue;
    }
    if (ours != own_end && !change.value) fields.erase(ours);
    if (change.value) {
      fields.push_back({change.name, *change.value});
      added.push_back(fields.back());
    }
  }
}

const std::string* value_of(const std::vector<ws::FieldLine>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const ws::FieldLine& field) {
    return equals_ignoring_case(field.name, name);
  });
  return found == fields.end() ? nullptr : &found->value;
}

std::vector<std::string> offered_protocols(const std::vector<ws::FieldLine>& fields) {
  std::vector<std::string> protocols;
  for (const ws::FieldLine& field : fields) {
    const http::Field view{field.name, field.value};
    for (const auto element : http::list_elements({&view, 1}, "Sec-WebSocket-Protocol")) {
      protocols.emplace_back(element);
    }
  }
  return protocols;
}

Asked asked_for(const http::Url& url, const std::vector<ws::FieldLine>& fields) {
  const auto text_of = [&](std::string_view name) {
    const std::string* value = value_of(fields, name);
    return value != nullptr ? *value : std::string();
  };
  return {.url = url,
          .host = text_of("Host"),
          .origin = text_of("Origin"),
          .version = text_of("Sec-WebSocket-Version"),
          .credentials = value_of(fields, "Authorization") != nullptr,
          .protocols = value_of(fields, "Sec-WebSocket-Protocol") != nullptr};
}

}  // namespace

Opening::Opening(const Args& args, std::string key) : key_(std::move(key)) {
  auto fields = own_fields(args, key_);
  apply_headers(args.request.headers, fields);
  if (value_of(fields, kExtensions) != nullptr) deflate_ = args.deflate;
  if (const std::string* sent_key = value_of(fields, "Sec-WebSocket-Key")) key_ = *sent_key;
  protocols_ = offered_protocols(fields);
  asked_ = asked_for(args.url, fields);
  request_ = ws::make_head(fmt::format("GET {} HTTP/1.1", args.url.target), fields);
}

std::optional<Opening::Step> Opening::next(Bytes& in) {
  if (verdict_) return std::exchange(verdict_, std::nullopt);
  if (body_) {
    if (const auto piece = body_->next(in)) return BodyPiece{*piece};
    if (!body_->done()) return std::nullopt;
    in = {};
    body_.reset();
    return RefusalEnd{};
  }
  const std::size_t size = in.size();
  std::string& first_bytes = received_.first_bytes;
  first_bytes += as_text(in.first(std::min(kShownSize - first_bytes.size(), size)));
  const auto head = reader_.next(in);
  received_.size += size - in.size();
  if (!head) return std::nullopt;
  if (const auto* violation = std::get_if<diag::Violation>(&*head)) return *violation;
  return judge(std::get<http::Head>(*head));
}

Opening::Step Opening::judge(const http::Head& head) {
  HeadSeen seen{std::string(head.text), head.status};
  if (head.status / 100 == 1 && head.status != 101) return seen;  // RFC 9110 15.2: another follows

  const auto answer = ws::check_response(head, key_, protocols_, deflate_);
  if (const auto* accepted = std::get_if<ws::Accepted>(&answer)) {
    verdict_ = *accepted;
  } else if (const auto* violation = std::get_if<diag::Violation>(&answer)) {
    verdict_ = *violation;
  } else {
    refusal_ = refusal_of(head);
    const auto length = http::body_length(head, http::HeadKind::response);
    const auto* known = std::get_if<http::BodyLength>(&length);
    body_.emplace(known != nullptr ? *known : http::BodyLength{http::BodyKind::until_end});
  }
  return seen;
}

}  // namespace ws_cat
