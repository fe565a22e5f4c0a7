// How wide text is on a terminal, and how it is shortened to fit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sse_tail {

/// Columns that `text`, printable UTF-8, takes up: none for marks that are put on another
/// character, two for the wide ones of East Asia and for emoji. Terminals differ in rare ones.
std::size_t width_of(std::string_view text);

/// Appends `text` escaped (cli/escape, Escape::line), in at most `width` columns: what is too much
/// is left out in the middle, where there is a "…" then. Returns the columns. Costs no more than
/// the width asks for, however long the text is.
std::size_t append_shortened(std::string& out, std::string_view text, std::size_t width);

/// "\"TEXT\"", shortened like that to what a person needs to recognise a line by.
std::string in_quotes(std::string_view text);

}  // namespace sse_tail
