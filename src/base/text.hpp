// Small text helpers that several modules need.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace harrier {

/// The entry of `names` that is closest to `name` by edit distance, ignoring case; empty when none
/// is near enough to be what someone meant (more than a third of its letters differ).
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> names);

/// ASCII lower case.
[[nodiscard]] std::string to_lower(std::string_view text);
/// ASCII case-insensitive equality.
[[nodiscard]] bool equals_ignore_case(std::string_view a, std::string_view b) noexcept;
/// Without blanks, tabs and line ends at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
/// Appends `text` as a JSON string, quotes included. Invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// `text` with every invalid UTF-8 sequence (surrogates and overlong forms too) replaced by U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);
/// True when `text` is valid UTF-8.
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace harrier
