// "Did you mean ...?": the known word that is closest to a mistyped one. For hints only; nothing
// is ever accepted because it is close.
#pragma once

#include <span>
#include <string_view>

namespace cli {

/// The candidate within a few typing slips (letters added, missing, wrong or swapped), or else the
/// first one that begins with `word`; empty when none is near. A view into `candidates`.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace cli
