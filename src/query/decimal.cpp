#include "query/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace harrier::query {

namespace {

constexpr int kMaxDigits = 34;
constexpr UInt128 kLimit = static_cast<UInt128>(10'000'000'000'000'000ULL) *
                           static_cast<UInt128>(1'000'000'000'000'000'000ULL);  // 10^34

void normalise(Decimal& d) noexcept {
  while (d.mantissa >= kLimit) {
    d.mantissa /= 10;
    --d.scale;
  }
  while (d.scale > 0 && d.mantissa != 0 && d.mantissa % 10 == 0) {
    d.mantissa /= 10;
    --d.scale;
  }
  if (d.mantissa == 0) d = Decimal{};
}

void align(Decimal& a, Decimal& b) noexcept {
  Decimal& coarse = a.scale < b.scale ? a : b;
  Decimal& fine = a.scale < b.scale ? b : a;
  while (coarse.scale < fine.scale && coarse.mantissa < kLimit / 10) {
    coarse.mantissa *= 10;
    ++coarse.scale;
  }
  while (fine.scale > coarse.scale) {
    fine.mantissa /= 10;
    --fine.scale;
  }
}

std::string digits_of(UInt128 value) {
  std::string out;
  do {
    out.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) noexcept {
  Decimal out;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) out.negative = text[at++] == '-';
  bool point = false;
  bool any = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (out.mantissa < kLimit / 10) {
        out.mantissa = out.mantissa * 10 + static_cast<UInt128>(c - '0');
        out.scale += point ? 1 : 0;
      } else if (!point) {
        --out.scale;
      }
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    int exponent = 0;
    std::size_t from = at + 1;
    if (from < text.size() && text[from] == '+') ++from;
    const auto [end, error] =
        std::from_chars(text.data() + from, text.data() + text.size(), exponent);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (std::abs(exponent) > 1000) return std::nullopt;
    out.scale -= exponent;
    at = text.size();
  }
  if (at != text.size()) return std::nullopt;
  normalise(out);
  return out;
}

Decimal Decimal::of(std::int64_t value) noexcept {
  Decimal out;
  out.negative = value < 0;
  const auto bits = static_cast<std::uint64_t>(value);
  out.mantissa = value < 0 ? 0 - bits : bits;
  return out;
}

std::string Decimal::text() const {
  std::string digits = digits_of(mantissa);
  if (scale < 0) {
    digits.append(static_cast<std::size_t>(std::min(-scale, kMaxDigits * 10)), '0');
  } else if (scale > 0) {
    const auto places = static_cast<std::size_t>(scale);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, 1, '.');
  }
  return negative ? "-" + digits : digits;
}

double Decimal::to_real() const noexcept {
  const std::string digits = text();
  double out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

std::int64_t Decimal::to_long() const noexcept {
  Decimal whole = *this;
  while (whole.scale > 0) {
    whole.mantissa /= 10;
    --whole.scale;
  }
  for (; whole.scale < 0; ++whole.scale) whole.mantissa *= 10;
  const auto bits = static_cast<std::uint64_t>(whole.mantissa);
  return static_cast<std::int64_t>(negative ? 0 - bits : bits);
}

Decimal Decimal::floor() const noexcept {
  Decimal whole = *this;
  bool cut = false;
  while (whole.scale > 0) {
    cut = cut || whole.mantissa % 10 != 0;
    whole.mantissa /= 10;
    --whole.scale;
  }
  if (cut && negative) whole.mantissa += 1;
  normalise(whole);
  return whole;
}

Decimal operator+(Decimal a, Decimal b) noexcept {
  align(a, b);
  Decimal out;
  out.scale = a.scale;
  if (a.negative == b.negative) {
    out.negative = a.negative;
    out.mantissa = a.mantissa + b.mantissa;
  } else if (a.mantissa >= b.mantissa) {
    out.negative = a.negative;
    out.mantissa = a.mantissa - b.mantissa;
  } else {
    out.negative = b.negative;
    out.mantissa = b.mantissa - a.mantissa;
  }
  normalise(out);
  return out;
}

Decimal operator-(Decimal a, Decimal b) noexcept {
  return a + (-b);
}

Decimal operator*(Decimal a, Decimal b) noexcept {
  while (a.mantissa != 0 && b.mantissa > ~static_cast<UInt128>(0) / a.mantissa) {
    Decimal& larger = a.mantissa > b.mantissa ? a : b;
    larger.mantissa /= 10;
    --larger.scale;
  }
  Decimal out;
  out.negative = a.negative != b.negative;
  out.mantissa = a.mantissa * b.mantissa;
  out.scale = a.scale + b.scale;
  normalise(out);
  return out;
}

Decimal operator/(Decimal a, Decimal b) noexcept {
  Decimal out;
  out.negative = a.negative != b.negative;
  out.scale = a.scale - b.scale;
  out.mantissa = a.mantissa / b.mantissa;
  UInt128 rest = a.mantissa % b.mantissa;
  while (rest != 0 && out.mantissa < kLimit / 10 && out.scale < 28) {
    rest *= 10;
    out.mantissa = out.mantissa * 10 + rest / b.mantissa;
    rest %= b.mantissa;
    ++out.scale;
  }
  normalise(out);
  return out;
}

std::strong_ordering compare(Decimal a, Decimal b) noexcept {
  const Decimal difference = a - b;
  if (difference.mantissa == 0) return std::strong_ordering::equal;
  return difference.negative ? std::strong_ordering::less : std::strong_ordering::greater;
}

}  // namespace harrier::query
