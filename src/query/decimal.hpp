// Decimal numbers of up to 34 digits; cells keep them as canonical text.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harrier::query {

__extension__ using UInt128 = unsigned __int128;

/// mantissa × 10^-scale.
struct Decimal {
  bool negative = false;
  UInt128 mantissa = 0;
  int scale = 0;

  /// `[-+]digits[.digits][e[-+]digits]`; digits beyond the 34th are cut.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text) noexcept;
  [[nodiscard]] static Decimal of(std::int64_t value) noexcept;
  /// Without trailing zeros after the point.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] double to_real() const noexcept;
  /// Toward zero.
  [[nodiscard]] std::int64_t to_long() const noexcept;
  /// The largest whole number that is not greater.
  [[nodiscard]] Decimal floor() const noexcept;

  friend Decimal operator-(Decimal a) noexcept {
    a.negative = a.mantissa != 0 && !a.negative;
    return a;
  }
};

[[nodiscard]] Decimal operator+(Decimal a, Decimal b) noexcept;
[[nodiscard]] Decimal operator-(Decimal a, Decimal b) noexcept;
[[nodiscard]] Decimal operator*(Decimal a, Decimal b) noexcept;
/// `b` must not be zero.
[[nodiscard]] Decimal operator/(Decimal a, Decimal b) noexcept;
[[nodiscard]] std::strong_ordering compare(Decimal a, Decimal b) noexcept;

}  // namespace harrier::query
