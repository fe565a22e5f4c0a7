#include "words.h"

#include <algorithm>

namespace stream_echo {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

}  // namespace

std::size_t first_word_size(std::string_view text) {
  text = text.substr(0, kMaxWord + 1);  // a search to the end for each piece would take for ever
  const std::size_t gap = std::min(text.find_first_of(kWhiteSpace), text.size());
  const std::size_t end = std::min(text.find_first_not_of(kWhiteSpace, gap), text.size());
  if (end <= kMaxWord) return end;
  std::size_t size = kMaxWord;
  while ((static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;  // RFC 3629 3
  return size;
}

std::uint64_t count_words(std::string_view text) {
  std::uint64_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_word_size(text));
  return count;
}

std::string_view first_words(std::string_view text, std::uint64_t count) {
  std::size_t size = 0;
  for (; count > 0 && size < text.size(); --count) size += first_word_size(text.substr(size));
  return text.substr(0, size);
}

}  // namespace stream_echo
