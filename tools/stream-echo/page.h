// The page that a browser gets at `/`: both protocols live, in one file without anything from
// elsewhere. Nothing in it runs that is not marked with a number of this one answer
// (Content Security Policy Level 3, 7.2.1), so that no URL can make it do something else.
#pragma once

#include <string>
#include <string_view>

#include "answer.h"

namespace stream_echo {

/// page.html; @NONCE@ stands where the number belongs.
extern const std::string_view kPageHtml;

/// `nonce` is not to be guessed, and another each time; of digits and letters.
Answer page_answer(std::string_view nonce);

}  // namespace stream_echo
