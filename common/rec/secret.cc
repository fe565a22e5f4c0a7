#include "rec/secret.h"

#include <algorithm>

#include "base/text.h"

namespace rec {
namespace {

// What a name of a secret ends with, whatever stands before it.
constexpr std::array<std::string_view, 34> kEndings = {
    "token",          "secret",     "password",   "passwd",          "passphrase",
    "apikey",         "accesskey",  "secretkey",  "privatekey",      "authkey",
    "signature",      "credential", "sessionid",  "subscriptionkey", "functionskey",
    "authentication", "jwt",        "auth",       "bearer",          "credentials",
    "authorization",  "ticket",     "assertion",  "appkey",          "accountkey",
    "masterkey",      "sharedkey",  "signingkey", "sessid",          "hmac",
    "csrf",           "xsrf",       "dpop",       "passcode"};

// Names that are one only by themselves: a monkey is no key, and a zip code none of RFC 6749 4.1.2.
constexpr std::array<std::string_view, 11> kNames = {"key", "sig", "pwd", "pass", "sid", "session",
                                                     "sas", "sk",  "pat", "ghp",  "code"};

constexpr std::array<std::string_view, 3> kFieldEndings = {"cookie", "cookie2", "session"};

// A change between letters and digits, and one from a small letter to a capital, which names in
// camel case have too.
constexpr int kDigitScore = 2;
constexpr int kCapitalScore = 1;
constexpr int kRandomScore = 5;

bool ends_with_one(std::string_view name, const auto& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace

void Name::add(char c) {
  if (!is_ascii_alpha(c) && !is_ascii_digit(c)) return;
  if (size_ == text_.size()) {
    std::copy(text_.begin() + 1, text_.end(), text_.begin());
    --size_;
  }
  text_[size_++] = ascii_lower(c);
}

bool is_secret_name(std::string_view name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         ends_with_one(name, kEndings);
}

bool is_secret_field(std::string_view name) {
  return ends_with_one(name, kEndings) || ends_with_one(name, kFieldEndings);
}

bool RandomSpotter::add(char c) {
  const Class now = class_of(c);
  if (c == '.') score_ = 0;  // names of hosts and of protocols have parts
  if (now != last_ && now != Class::other && last_ != Class::other) {
    if (now == Class::digit || last_ == Class::digit) score_ += kDigitScore;
    if (now == Class::upper && last_ == Class::lower) score_ += kCapitalScore;
  }
  last_ = now;
  return score_ >= kRandomScore;
}

RandomSpotter::Class RandomSpotter::class_of(char c) {
  if (is_ascii_digit(c)) return Class::digit;
  if (!is_ascii_alpha(c)) return Class::other;
  return c == ascii_lower(c) ? Class::lower : Class::upper;
}

}  // namespace rec
