// A text in the pieces in which a model would send it: words with the white space behind them. Put
// together again they are the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stream_echo {

/// Of a word, in bytes: what has no spaces, such as Chinese, comes in several pieces, too.
inline constexpr std::size_t kMaxWord = 64;

/// The size in bytes of the first word of `text`, which is valid UTF-8 and not empty. It ends
/// behind a run of white space, or at the latest whole character within kMaxWord.
std::size_t first_word_size(std::string_view text);

std::uint64_t count_words(std::string_view text);

/// `text` up to the end of its word number `count`; the whole of it if there are fewer.
std::string_view first_words(std::string_view text, std::uint64_t count);

}  // namespace stream_echo
