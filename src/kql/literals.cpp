#include "kql/literals.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace harrier::kql {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ticks;
};

constexpr std::int64_t kHour = 3600 * kTicksPerSecond;
constexpr std::int64_t kMinute = 60 * kTicksPerSecond;
constexpr std::int64_t kMilli = kTicksPerSecond / 1000;
constexpr std::array kUnits{Unit{"d", kTicksPerDay},
                            Unit{"day", kTicksPerDay},
                            Unit{"days", kTicksPerDay},
                            Unit{"h", kHour},
                            Unit{"hr", kHour},
                            Unit{"hrs", kHour},
                            Unit{"hour", kHour},
                            Unit{"hours", kHour},
                            Unit{"m", kMinute},
                            Unit{"min", kMinute},
                            Unit{"minute", kMinute},
                            Unit{"minutes", kMinute},
                            Unit{"s", kTicksPerSecond},
                            Unit{"sec", kTicksPerSecond},
                            Unit{"second", kTicksPerSecond},
                            Unit{"seconds", kTicksPerSecond},
                            Unit{"ms", kMilli},
                            Unit{"milli", kMilli},
                            Unit{"millis", kMilli},
                            Unit{"millisec", kMilli},
                            Unit{"millisecond", kMilli},
                            Unit{"milliseconds", kMilli},
                            Unit{"micro", 10},
                            Unit{"micros", 10},
                            Unit{"microsec", 10},
                            Unit{"microsecond", 10},
                            Unit{"microseconds", 10},
                            Unit{"tick", 1},
                            Unit{"ticks", 1}};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

std::optional<std::int64_t> to_ticks(double value) noexcept {
  if (!(std::fabs(value) < 9.2e18)) return std::nullopt;
  return std::llround(value);
}

/// Reads digits from the front of `text`; -1 where there is none or too many.
std::int64_t take_number(std::string_view& text, std::size_t max_digits = 10) noexcept {
  std::size_t n = 0;
  std::int64_t value = 0;
  while (n < text.size() && is_digit(text[n]) && n < max_digits) {
    value = value * 10 + (text[n] - '0');
    ++n;
  }
  text.remove_prefix(n);
  return n == 0 ? -1 : value;
}

bool take(std::string_view& text, char c) noexcept {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// `.1234567` into ticks; digits beyond the seventh are cut.
std::int64_t take_fraction(std::string_view& text) noexcept {
  std::int64_t scale = kTicksPerSecond / 10;
  std::int64_t ticks = 0;
  while (!text.empty() && is_digit(text.front())) {
    ticks += (text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  return ticks;
}

/// `hh:mm[:ss[.f]]` with the hours already read.
std::optional<std::int64_t> clock_ticks(std::int64_t hours, std::string_view& text) noexcept {
  const std::int64_t minutes = take_number(text);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  std::int64_t ticks = hours * kHour + minutes * kMinute;
  if (take(text, ':')) {
    const std::int64_t seconds = take_number(text);
    if (seconds < 0 || seconds > 59) return std::nullopt;
    ticks += seconds * kTicksPerSecond;
    if (take(text, '.')) ticks += take_fraction(text);
  }
  return ticks;
}

std::optional<std::int64_t> parse_clock(std::string_view text) noexcept {
  std::int64_t first = take_number(text);
  if (first < 0) return std::nullopt;
  std::int64_t days = 0;
  if (take(text, '.')) {
    days = first;
    if (days > 10'675'199) return std::nullopt;
    first = take_number(text);
  }
  if (!take(text, ':')) return std::nullopt;
  const auto ticks = clock_ticks(first, text);
  if (!ticks || !text.empty()) return std::nullopt;
  return days * kTicksPerDay + *ticks;
}

/// Date in front: `y-m-d`, `m/d/y`; leaves the rest.
bool take_date(std::string_view& text, CivilTime& civil) noexcept {
  const std::int64_t a = take_number(text, 4);
  const bool slash = take(text, '/');
  if (a < 0 || (!slash && !take(text, '-'))) return false;
  const std::int64_t b = take_number(text, 2);
  if (b < 0 || !take(text, slash ? '/' : '-')) return false;
  const std::int64_t c = take_number(text, 4);
  if (c < 0) return false;
  civil.year = static_cast<int>(slash ? c : a);
  civil.month = static_cast<int>(slash ? a : b);
  civil.day = static_cast<int>(slash ? b : c);
  return true;
}

std::optional<std::int64_t> parse_loose_datetime(std::string_view text) noexcept {
  CivilTime civil;
  if (!take_date(text, civil)) return std::nullopt;
  std::int64_t time = 0;
  text = trim(text);
  if (!text.empty() && (text.front() == 'T' || text.front() == 't')) text.remove_prefix(1);
  if (!text.empty()) {
    std::int64_t hours = take_number(text, 2);
    if (!take(text, ':')) return std::nullopt;
    const auto clock = clock_ticks(hours, text);
    if (!clock) return std::nullopt;
    time = *clock;
    text = trim(text);
    const bool pm = equals_ignore_case(text, "pm");
    if (pm || equals_ignore_case(text, "am")) {
      if (hours < 1 || hours > 12) return std::nullopt;
      if (hours == 12) time -= 12 * kHour;
      if (pm) time += 12 * kHour;
      text = {};
    }
    if (!text.empty() && !equals_ignore_case(text, "z")) return std::nullopt;
  }
  const auto day = from_civil(civil);
  if (!day) return std::nullopt;
  return day->ticks + time;
}

std::string_view unquote(std::string_view text) noexcept {
  text = trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    text = trim(text.substr(1, text.size() - 2));
  }
  return text;
}

}  // namespace

std::optional<std::int64_t> unit_ticks(std::string_view unit) noexcept {
  for (const Unit& candidate : kUnits) {
    if (candidate.name == unit) return candidate.ticks;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_timespan(std::string_view text) noexcept {
  text = trim(text);
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  std::optional<std::int64_t> ticks;
  if (text.find(':') != std::string_view::npos) {
    ticks = parse_clock(text);
  } else {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    const std::string_view unit = trim(text.substr(static_cast<std::size_t>(end - text.data())));
    const double scale = unit.empty() ? static_cast<double>(kTicksPerDay)
                                      : static_cast<double>(unit_ticks(unit).value_or(0));
    if (scale == 0 && unit != "nanosecond" && unit != "nanoseconds" && unit != "nano") {
      return std::nullopt;
    }
    ticks = to_ticks(scale == 0 ? std::trunc(number / 100) : number * scale);
  }
  if (ticks && negative) ticks = -*ticks;
  return ticks;
}

std::optional<std::int64_t> parse_datetime(std::string_view text) noexcept {
  text = trim(text);
  if (const auto instant = parse_instant(text)) return instant->ticks;
  if (const auto instant = parse_http_date(text)) return instant->ticks;
  if (text.size() == 4 && text.find_first_not_of("0123456789") == std::string_view::npos) {
    CivilTime civil;
    civil.year = static_cast<int>(take_number(text));
    const auto year = from_civil(civil);
    return year ? std::optional(year->ticks) : std::nullopt;
  }
  if (text.size() == 7 && text[4] == '-') {
    CivilTime civil;
    civil.year = static_cast<int>(take_number(text));
    take(text, '-');
    civil.month = static_cast<int>(take_number(text));
    const auto month = from_civil(civil);
    return month ? std::optional(month->ticks) : std::nullopt;
  }
  return parse_loose_datetime(text);
}

std::optional<std::string> parse_guid(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && ((text.front() == '{' && text.back() == '}') ||
                           (text.front() == '(' && text.back() == ')'))) {
    text = text.substr(1, text.size() - 2);
  }
  std::string digits;
  for (const char c : text) {
    if (c == '-') continue;
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!is_digit(lower) && !(lower >= 'a' && lower <= 'f')) return std::nullopt;
    digits += lower;
  }
  if (digits.size() != 32 || (text.size() != 32 && text.size() != 36)) return std::nullopt;
  for (const std::size_t at : {8U, 13U, 18U, 23U}) digits.insert(at, "-");
  if (text.size() == 36 && (text[8] != '-' || text[13] != '-' || text[18] != '-')) {
    return std::nullopt;
  }
  return digits;
}

std::optional<std::int64_t> parse_long(std::string_view text) noexcept {
  text = trim(text);
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!hex && value > kMax + (negative ? 1U : 0U)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0U - value : value);
}

std::optional<double> parse_real(std::string_view text) noexcept {
  text = trim(text);
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  double value = 0;
  if (equals_ignore_case(text, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (equals_ignore_case(text, "inf") || equals_ignore_case(text, "infinity")) {
    value = std::numeric_limits<double>::infinity();
  } else {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<Value> parse_typed(ScalarType type, std::string_view text) {
  const std::string_view inner = unquote(text);
  if (inner == "null") return Value::null(type);
  switch (type) {
    case ScalarType::boolean:
      if (equals_ignore_case(inner, "true") || inner == "1") return Value::of_bool(true);
      if (equals_ignore_case(inner, "false") || inner == "0") return Value::of_bool(false);
      return std::nullopt;
    case ScalarType::int_:
    case ScalarType::long_: {
      const auto value = parse_long(inner);
      if (!value) return std::nullopt;
      return Value(type, *value);
    }
    case ScalarType::real: {
      const auto value = parse_real(inner);
      if (!value) return std::nullopt;
      return Value::of_real(*value);
    }
    case ScalarType::decimal:
      if (!parse_real(inner)) return std::nullopt;
      return Value(type, std::string(inner));
    case ScalarType::datetime: {
      const auto value = parse_datetime(inner);
      if (!value) return std::nullopt;
      return Value::of_datetime(*value);
    }
    case ScalarType::timespan: {
      const auto value = parse_timespan(inner);
      if (!value) return std::nullopt;
      return Value::of_timespan(*value);
    }
    case ScalarType::guid: {
      const auto value = parse_guid(inner);
      if (!value) return std::nullopt;
      return Value(type, *value);
    }
    case ScalarType::string:
    case ScalarType::dynamic:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string format_timespan(std::int64_t ticks) {
  const bool negative = ticks < 0;
  auto rest = negative ? 0U - static_cast<std::uint64_t>(ticks) : static_cast<std::uint64_t>(ticks);
  const auto part = [&rest](std::int64_t unit) {
    const auto value = rest / static_cast<std::uint64_t>(unit);
    rest %= static_cast<std::uint64_t>(unit);
    return value;
  };
  const auto two = [](std::uint64_t value) {
    return std::string(value < 10 ? "0" : "") + std::to_string(value);
  };
  const auto days = part(kTicksPerDay);
  std::string text = negative ? "-" : "";
  if (days != 0) text += std::to_string(days) + ".";
  text += two(part(kHour)) + ":";
  text += two(part(kMinute)) + ":";
  text += two(part(kTicksPerSecond));
  if (rest != 0) {
    const std::string fraction = std::to_string(rest);
    text += "." + std::string(7 - fraction.size(), '0') + fraction;
  }
  return text;
}

std::string format_real(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace harrier::kql
