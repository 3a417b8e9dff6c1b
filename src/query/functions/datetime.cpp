// Dates and lengths of time.
#include "base/text.hpp"
#include "base/time.hpp"
#include "query/convert.hpp"
#include "query/registry.hpp"

#include <fmt/format.h>

#include <cmath>

namespace harrier::query {

namespace {

constexpr std::int64_t kHour = 3600 * kTicksPerSecond;

enum class Unit : std::uint8_t {
  year,
  quarter,
  month,
  week,
  day,
  hour,
  minute,
  second,
  millisecond,
  microsecond,
  nanosecond,
  week_of_year,
  day_of_year,
  none
};

Unit unit_of(std::string_view text) {
  static constexpr std::pair<std::string_view, Unit> kNames[] = {
      {"year", Unit::year},
      {"quarter", Unit::quarter},
      {"month", Unit::month},
      {"week", Unit::week},
      {"day", Unit::day},
      {"hour", Unit::hour},
      {"minute", Unit::minute},
      {"second", Unit::second},
      {"millisecond", Unit::millisecond},
      {"microsecond", Unit::microsecond},
      {"nanosecond", Unit::nanosecond},
      {"week_of_year", Unit::week_of_year},
      {"weekofyear", Unit::week_of_year},
      {"dayofyear", Unit::day_of_year}};
  const std::string lower = to_lower(text);
  for (const auto& [name, unit] : kNames) {
    if (lower == name) return unit;
  }
  return Unit::none;
}

/// Ticks of units of fixed length; 0 for the others.
std::int64_t ticks_of(Unit unit) noexcept {
  switch (unit) {
    case Unit::week:
      return 7 * kTicksPerDay;
    case Unit::day:
      return kTicksPerDay;
    case Unit::hour:
      return kHour;
    case Unit::minute:
      return 60 * kTicksPerSecond;
    case Unit::second:
      return kTicksPerSecond;
    case Unit::millisecond:
      return kTicksPerSecond / 1000;
    case Unit::microsecond:
      return 10;
    case Unit::year:
    case Unit::quarter:
    case Unit::month:
    case Unit::nanosecond:
    case Unit::week_of_year:
    case Unit::day_of_year:
    case Unit::none:
      break;
  }
  return 0;
}

CivilTime civil_of(std::int64_t ticks) noexcept {
  return to_civil(Instant{ticks});
}

std::int64_t days_of(std::int64_t ticks) noexcept {
  return ticks / kTicksPerDay;
}

/// Sunday is 0; 0001-01-01 was a Monday.
std::int64_t weekday(std::int64_t ticks) noexcept {
  return (days_of(ticks) + 1) % 7;
}

std::int64_t months_of(std::int64_t ticks) noexcept {
  const CivilTime c = civil_of(ticks);
  return c.year * 12LL + c.month - 1;
}

std::optional<std::int64_t> month_start(std::int64_t months) noexcept {
  CivilTime c;
  c.year = static_cast<int>(months / 12);
  c.month = static_cast<int>(months % 12) + 1;
  if (months == 120'000) return kEndOfTime.ticks;
  if (c.year < 1 || c.year > 9999) return std::nullopt;
  const auto instant = from_civil(c);
  return instant ? std::optional<std::int64_t>(instant->ticks) : std::nullopt;
}

void set_datetime(Frame& f, std::optional<std::int64_t> ticks) {
  if (ticks && in_datetime_range(*ticks)) f.set_int(*ticks);
}

std::optional<std::int64_t> start_of(Unit unit, std::int64_t ticks, std::int64_t offset) {
  switch (unit) {
    case Unit::day:
      return (days_of(ticks) + offset) * kTicksPerDay;
    case Unit::week:
      return (days_of(ticks) - weekday(ticks) + 7 * offset) * kTicksPerDay;
    case Unit::month:
      return month_start(months_of(ticks) + offset);
    case Unit::year:
      return month_start((civil_of(ticks).year + offset) * 12);
    case Unit::quarter:
    case Unit::hour:
    case Unit::minute:
    case Unit::second:
    case Unit::millisecond:
    case Unit::microsecond:
    case Unit::nanosecond:
    case Unit::week_of_year:
    case Unit::day_of_year:
    case Unit::none:
      break;
  }
  return std::nullopt;
}

template <Unit kUnit>
void start_of(Frame& f) {
  set_datetime(f, start_of(kUnit, f.args[0].i, f.integer(1, 0)));
}

template <Unit kUnit>
void end_of(Frame& f) {
  const auto next = start_of(kUnit, f.args[0].i, f.integer(1, 0) + 1);
  if (next) set_datetime(f, *next - 1);
}

std::int64_t day_of_year(std::int64_t ticks) {
  return (ticks - *start_of(Unit::year, ticks, 0)) / kTicksPerDay + 1;
}

std::int64_t iso_week(std::int64_t ticks) {
  const std::int64_t monday_based = days_of(ticks) % 7;  // Monday is 0
  const std::int64_t thursday = (days_of(ticks) - monday_based + 3) * kTicksPerDay;
  return (day_of_year(thursday) - 1) / 7 + 1;
}

void dayofweek(Frame& f) {
  // The week of the last days of year 9999 ends outside the range: the engine knows no day in it.
  constexpr std::int64_t kLastSunday = 3'652'053;
  if (days_of(f.args[0].i) >= kLastSunday) return;
  f.set_int(weekday(f.args[0].i) * kTicksPerDay);
}

void dayofmonth(Frame& f) {
  f.set_int(civil_of(f.args[0].i).day);
}

void dayofyear(Frame& f) {
  f.set_int(day_of_year(f.args[0].i));
}

void hourofday(Frame& f) {
  f.set_int(civil_of(f.args[0].i).hour);
}

void monthofyear(Frame& f) {
  f.set_int(civil_of(f.args[0].i).month);
}

void getyear(Frame& f) {
  f.set_int(civil_of(f.args[0].i).year);
}

void week_of_year(Frame& f) {
  f.set_int(iso_week(f.args[0].i));
}

void bad_unit(Frame& f, std::size_t arg) {
  f.error = fmt::format(
      "'{}' is no unit of time; use year, quarter, month, week, day, hour, minute, "
      "second, millisecond, microsecond or nanosecond",
      f.text(arg));
}

void datetime_part(Frame& f) {
  const std::int64_t ticks = f.args[1].i;
  const CivilTime c = civil_of(ticks);
  switch (unit_of(f.text(0))) {
    case Unit::year:
      return f.set_int(c.year);
    case Unit::quarter:
      return f.set_int((c.month - 1) / 3 + 1);
    case Unit::month:
      return f.set_int(c.month);
    case Unit::week:
    case Unit::week_of_year:
      return f.set_int(iso_week(ticks));
    case Unit::day:
      return f.set_int(c.day);
    case Unit::day_of_year:
      return f.set_int(day_of_year(ticks));
    case Unit::hour:
      return f.set_int(c.hour);
    case Unit::minute:
      return f.set_int(c.minute);
    case Unit::second:
      return f.set_int(c.second);
    case Unit::millisecond:
      return f.set_int(c.fraction / 10'000);
    case Unit::microsecond:
      return f.set_int(c.fraction / 10);
    case Unit::nanosecond:
      return f.set_int(c.fraction * 100LL);
    case Unit::none:
      break;
  }
  bad_unit(f, 0);
}

/// Boundaries of the unit between the two.
void datetime_diff(Frame& f) {
  const std::int64_t a = f.args[1].i;
  const std::int64_t b = f.args[2].i;
  const Unit unit = unit_of(f.text(0));
  switch (unit) {
    case Unit::year:
      return f.set_int(civil_of(a).year - civil_of(b).year);
    case Unit::quarter:
      return f.set_int(months_of(a) / 3 - months_of(b) / 3);
    case Unit::month:
      return f.set_int(months_of(a) - months_of(b));
    case Unit::week:
      return f.set_int((days_of(a) + 1) / 7 - (days_of(b) + 1) / 7);
    case Unit::nanosecond:
      return f.set_int((a - b) * 100);
    case Unit::day:
    case Unit::hour:
    case Unit::minute:
    case Unit::second:
    case Unit::millisecond:
    case Unit::microsecond:
    case Unit::week_of_year:
    case Unit::day_of_year:
    case Unit::none:
      break;
  }
  const std::int64_t size = ticks_of(unit);
  if (size == 0) return bad_unit(f, 0);
  f.set_int(a / size - b / size);
}

void datetime_add(Frame& f) {
  const std::int64_t amount = f.integer(1, 0);
  const std::int64_t ticks = f.args[2].i;
  const Unit unit = unit_of(f.text(0));
  const std::int64_t months = unit == Unit::year      ? 12
                              : unit == Unit::quarter ? 3
                              : unit == Unit::month   ? 1
                                                      : 0;
  if (months == 0) {
    if (unit == Unit::nanosecond) return set_datetime(f, ticks + amount / 100);
    if (ticks_of(unit) == 0) return bad_unit(f, 0);
    std::int64_t length = 0;
    if (!__builtin_mul_overflow(amount, ticks_of(unit), &length)) set_datetime(f, ticks + length);
    return;
  }
  if (std::abs(amount) > 200'000) return;
  const std::int64_t target = months_of(ticks) + amount * months;
  const auto first = month_start(target);
  const auto next = month_start(target + 1);
  if (!first) return;
  const std::int64_t last_day = next ? (*next - *first) / kTicksPerDay : 31;
  const std::int64_t day = std::min<std::int64_t>(civil_of(ticks).day, last_day);
  set_datetime(f, *first + (day - 1) * kTicksPerDay + ticks % kTicksPerDay);
}

void make_datetime(Frame& f) {
  if (f.args.size() == 1) {
    f.result = convert(f.args[0], ScalarType::datetime, f.heap);
    return;
  }
  CivilTime c;
  c.year = static_cast<int>(f.integer(0, 0));
  c.month = static_cast<int>(f.integer(1, 0));
  c.day = static_cast<int>(f.integer(2, 0));
  c.hour = static_cast<int>(f.integer(3, 0));
  c.minute = static_cast<int>(f.integer(4, 0));
  const double seconds = f.real(5, 0);
  if (!(seconds >= 0 && seconds < 60)) return;
  const auto instant = from_civil(c);
  if (instant) set_datetime(f, instant->ticks + std::llround(seconds * 1e7));
}

void make_timespan(Frame& f) {
  if (f.args.size() == 1) {
    f.result = convert(f.args[0], ScalarType::timespan, f.heap);
    return;
  }
  const bool days = f.args.size() > 3;
  const std::size_t h = days ? 1 : 0;
  const std::int64_t hours = f.integer(h, 0);
  const std::int64_t minutes = f.integer(h + 1, 0);
  const double seconds = f.real(h + 2, 0);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !(seconds >= 0 && seconds < 60))
    return;
  f.set_int((days ? f.integer(0, 0) : 0) * kTicksPerDay + hours * kHour +
            minutes * 60 * kTicksPerSecond + std::llround(seconds * 1e7));
}

template <int kPerSecond>
void unixtime(Frame& f) {
  constexpr double kTicks = 1e7 / kPerSecond;
  if (layout_of(f.args[0].type) == Layout::integer) {
    const std::int64_t n = f.args[0].i;
    if constexpr (kPerSecond == 1'000'000'000) return set_datetime(f, kUnixEpoch.ticks + n / 100);
    std::int64_t length = 0;
    if (__builtin_mul_overflow(n, static_cast<std::int64_t>(kTicks), &length)) return;
    return set_datetime(f, kUnixEpoch.ticks + length);
  }
  const auto length = real_to_long(f.real(0, NAN) * kTicks);
  if (length && std::abs(*length) < INT64_MAX / 4) set_datetime(f, kUnixEpoch.ticks + *length);
}

// ---- formats

/// What the tokens of a format stand for.
struct Parts {
  std::int64_t year = 0;
  int month = 0;
  std::int64_t day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int fraction = 0;
};

std::string padded(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

void append_fraction(std::string& out, int fraction, std::size_t places, bool drop_zeros) {
  std::string digits = padded(fraction, 7).substr(0, places);
  if (drop_zeros) digits.erase(digits.find_last_not_of('0') + 1);
  out += digits;
}

/// Appends one run of `count` letters `c`; false for letters that are no token.
bool append_token(std::string& out, const Parts& p, char c, std::size_t count, bool date) {
  const int twelve = p.hour % 12 == 0 ? 12 : p.hour % 12;
  switch (c) {
    case 'y':
      if (!date) return false;
      out += count <= 2 ? padded(p.year % 100, count) : padded(p.year, count);
      return true;
    case 'M':
      if (!date) return false;
      out += padded(p.month, count);
      return true;
    case 'd':
      out += padded(p.day, count);
      return true;
    case 'h':
      out += padded(date ? twelve : p.hour, count);
      return true;
    case 'H':
      out += padded(p.hour, count);
      return true;
    case 'm':
      out += padded(p.minute, count);
      return true;
    case 's':
      out += padded(p.second, count);
      return true;
    case 'f':
      append_fraction(out, p.fraction, count, false);
      return true;
    case 'F':
      append_fraction(out, p.fraction, count, true);
      return true;
    default:
      return false;
  }
}

std::size_t longest_token(char c, bool date) {
  switch (c) {
    case 'y':
      return 4;
    case 'f':
    case 'F':
      return 7;
    case 'd':
      return date ? 2 : 8;
    default:
      return 2;
  }
}

std::optional<std::string> formatted(const Parts& parts, std::string_view format, bool date) {
  static constexpr std::string_view kDelimiters = " /-:,._[]";
  std::string out;
  for (std::size_t at = 0; at < format.size();) {
    const char c = format[at];
    if (kDelimiters.find(c) != std::string_view::npos) {
      out += c;
      ++at;
      continue;
    }
    if (date && format.substr(at, 2) == "tt") {
      out += parts.hour < 12 ? "AM" : "PM";
      at += 2;
      continue;
    }
    std::size_t count = 1;
    while (at + count < format.size() && format[at + count] == c &&
           count < longest_token(c, date)) {
      ++count;
    }
    if (!append_token(out, parts, c, count, date)) return std::nullopt;
    at += count;
  }
  return out;
}

void bad_format(Frame& f) {
  f.error = fmt::format("the format '{}' has a part that this function does not know", f.text(1));
}

void format_datetime(Frame& f) {
  const CivilTime c = civil_of(f.args[0].i);
  const Parts parts{c.year, c.month, c.day, c.hour, c.minute, c.second, c.fraction};
  const auto text = formatted(parts, f.text(1), true);
  if (!text) return bad_format(f);
  f.set_text(*text);
}

void format_timespan(Frame& f) {
  const std::int64_t ticks = f.args[0].i;
  auto rest = ticks < 0 ? 0 - static_cast<std::uint64_t>(ticks) : static_cast<std::uint64_t>(ticks);
  const auto part = [&](std::int64_t size) {
    const auto n = static_cast<std::int64_t>(rest / static_cast<std::uint64_t>(size));
    rest %= static_cast<std::uint64_t>(size);
    return n;
  };
  Parts parts;
  parts.day = part(kTicksPerDay);
  parts.hour = static_cast<int>(part(kHour));
  parts.minute = static_cast<int>(part(60 * kTicksPerSecond));
  parts.second = static_cast<int>(part(kTicksPerSecond));
  parts.fraction = static_cast<int>(rest);
  const auto text = formatted(parts, f.text(1), false);
  if (!text) return bad_format(f);
  f.set_text(ticks < 0 ? "-" + *text : *text);
}

constexpr Kernel kKernels[] = {
    strict("startofday", start_of<Unit::day>),
    strict("startofweek", start_of<Unit::week>),
    strict("startofmonth", start_of<Unit::month>),
    strict("startofyear", start_of<Unit::year>),
    strict("endofday", end_of<Unit::day>),
    strict("endofweek", end_of<Unit::week>),
    strict("endofmonth", end_of<Unit::month>),
    strict("endofyear", end_of<Unit::year>),
    strict("dayofweek", dayofweek),
    strict("dayofmonth", dayofmonth),
    strict("dayofyear", dayofyear),
    strict("hourofday", hourofday),
    strict("monthofyear", monthofyear),
    strict("getyear", getyear),
    strict("week_of_year", week_of_year),
    strict("datetime_part", datetime_part),
    strict("datetime_diff", datetime_diff),
    strict("datetime_add", datetime_add),
    strict("make_datetime", make_datetime),
    strict("make_timespan", make_timespan),
    strict("unixtime_seconds_todatetime", unixtime<1>),
    strict("unixtime_milliseconds_todatetime", unixtime<1'000>),
    strict("unixtime_microseconds_todatetime", unixtime<1'000'000>),
    strict("unixtime_nanoseconds_todatetime", unixtime<1'000'000'000>),
    strict("format_datetime", format_datetime),
    strict("format_timespan", format_timespan),
};

}  // namespace

std::span<const Kernel> datetime_kernels() {
  return kKernels;
}

}  // namespace harrier::query
