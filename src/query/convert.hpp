// Values to text, text to values, and the casts between types as Kusto's to…() functions do them.
#pragma once

#include "query/vector.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harrier::query {

/// Shortest text that reads back as `value` and shows it is real: `1.0`, `1E+20`, `NaN`, `inf`.
void append_real(std::string& out, double value);
/// The tostring form; nothing for null. Dynamic strings lose their quotes.
void append_text(std::string& out, const Value& value);
[[nodiscard]] std::string text_of(const Value& value);
/// The same, borrowed where the value is text already.
[[nodiscard]] std::string_view text_of(const Value& value, StringHeap& heap);

/// As kql::parse_real; what overflows is infinite, what underflows is zero.
[[nodiscard]] std::optional<double> parse_real(std::string_view text);
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);
/// What kql::parse_datetime reads, and RFC 822, `M/d/yyyy h:mm:ss tt`, `d MMM yyyy`; UTC unless an
/// offset is given.
[[nodiscard]] std::optional<std::int64_t> parse_datetime(std::string_view text);
/// `value` as `type`; null where it does not convert. New text is put on `heap`.
[[nodiscard]] Value convert(const Value& value, ScalarType type, StringHeap& heap);

/// True for datetimes that exist.
[[nodiscard]] constexpr bool in_datetime_range(std::int64_t ticks) noexcept {
  return ticks >= 0 && ticks < 3'652'059LL * 864'000'000'000LL;
}

/// A double as a long, toward zero; nullopt where it does not fit.
[[nodiscard]] std::optional<std::int64_t> real_to_long(double value) noexcept;

}  // namespace harrier::query
