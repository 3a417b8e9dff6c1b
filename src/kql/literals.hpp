// The texts of typed literals: `datetime(…)`, `timespan(…)`, `guid(…)`, numbers.
#pragma once

#include "kql/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harrier::kql {

/// Ticks in one of a timespan's units (`d`, `hours`, `microsecond` …); nullopt for another word.
[[nodiscard]] std::optional<std::int64_t> unit_ticks(std::string_view unit) noexcept;
/// `1.02:03:04.5`, `13:00`, `2d`, `15 seconds`, a plain number of days.
[[nodiscard]] std::optional<std::int64_t> parse_timespan(std::string_view text) noexcept;
/// ISO 8601, `2020-1-1 5:00 PM`, `01/02/2020` (month first).
[[nodiscard]] std::optional<std::int64_t> parse_datetime(std::string_view text) noexcept;
/// 32 hex digits with dashes or without, in braces or not; the result is lower-case with dashes.
[[nodiscard]] std::optional<std::string> parse_guid(std::string_view text);
/// Decimal or `0x` integer with an optional sign.
[[nodiscard]] std::optional<std::int64_t> parse_long(std::string_view text) noexcept;
/// Decimal fraction, exponent, `nan`, `inf`, with an optional sign.
[[nodiscard]] std::optional<double> parse_real(std::string_view text) noexcept;
/// The literal `type(text)`; nullopt when `text` is not of that type. `null` is null of every type.
[[nodiscard]] std::optional<Value> parse_typed(ScalarType type, std::string_view text);

/// `1.02:03:04.5000000` without what is not needed: how tostring shows a timespan.
[[nodiscard]] std::string format_timespan(std::int64_t ticks);
/// Shortest digits that read back as the same value, always recognisable as real: `1.0`, `0.1`,
/// `1e+300`, `inf`, `NaN`.
[[nodiscard]] std::string format_real(double value);

}  // namespace harrier::kql
