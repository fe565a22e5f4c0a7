#include "page.h"

#include <algorithm>

#include <fmt/format.h>

namespace stream_echo {

Answer page_answer(std::string_view nonce) {
  constexpr std::string_view kPlace = "@NONCE@";
  Answer answer{.content_type = "text/html; charset=utf-8"};
  std::string_view rest = kPageHtml;
  for (;;) {
    const std::size_t at = std::min(rest.find(kPlace), rest.size());
    answer.text += rest.substr(0, at);
    if (at == rest.size()) break;
    answer.text += nonce;
    rest.remove_prefix(at + kPlace.size());
  }
  answer.fields = {
      {"Content-Security-Policy",
       fmt::format("default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; "
                   "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                   "frame-ancestors 'none'",
                   nonce)},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cache-Control", "no-store"},  // the number holds once
  };
  return answer;
}

}  // namespace stream_echo
