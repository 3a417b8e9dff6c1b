// UTF-8 code points, letters and digits, and simple case mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace harrier::query {

/// Decodes the code point at `text[at]` and moves `at` past it; an invalid byte counts as itself.
[[nodiscard]] char32_t next_code(std::string_view text, std::size_t& at) noexcept;
/// The code point that ends before `at`.
[[nodiscard]] char32_t code_before(std::string_view text, std::size_t at) noexcept;
void append_code(std::string& out, char32_t code);
/// Code points in `text`.
[[nodiscard]] std::size_t code_count(std::string_view text) noexcept;
[[nodiscard]] bool is_ascii(std::string_view text) noexcept;

/// Letter or decimal digit: what terms are made of. Source: Unicode categories L* and Nd.
[[nodiscard]] bool is_word(char32_t code) noexcept;
/// Simple (one to one) case mapping.
[[nodiscard]] char32_t lower_code(char32_t code) noexcept;
[[nodiscard]] char32_t upper_code(char32_t code) noexcept;
[[nodiscard]] std::string lower_text(std::string_view text);
[[nodiscard]] std::string upper_text(std::string_view text);
/// Equality by simple case mapping.
[[nodiscard]] bool equals_fold(std::string_view a, std::string_view b);

[[nodiscard]] constexpr bool is_ascii_word(unsigned char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

[[nodiscard]] constexpr char lower_ascii(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace harrier::query
