#include "base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace harrier {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Days since 0001-01-01 of a proleptic Gregorian date (after Howard Hinnant's public-domain
// days_from_civil).
constexpr std::int64_t days_from_civil(std::int64_t y, int m, int d) {
  y -= m <= 2 ? 1 : 0;
  const std::int64_t era = y / 400;
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 306;
}

constexpr int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// Reads exactly `count` digits at `pos`.
bool read_digits(std::string_view text, std::size_t& pos, int count, int& out) {
  if (text.size() < pos + static_cast<std::size_t>(count)) return false;
  int value = 0;
  for (int i = 0; i < count; ++i) {
    const char c = text[pos + static_cast<std::size_t>(i)];
    if (!is_digit(c)) return false;
    value = value * 10 + (c - '0');
  }
  pos += static_cast<std::size_t>(count);
  out = value;
  return true;
}

void write_digits(char* out, int count, int value) {
  for (int i = count - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

bool read_fraction(std::string_view text, std::size_t& pos, int& out) {
  int digits = 0;
  int value = 0;
  while (pos < text.size() && is_digit(text[pos])) {
    if (digits < 7) value = value * 10 + (text[pos] - '0');
    ++digits;
    ++pos;
  }
  if (digits == 0 || digits > 9) return false;
  for (int i = digits; i < 7; ++i) value *= 10;
  out = value;
  return true;
}

bool read_offset(std::string_view text, std::size_t& pos, int& minutes) {
  minutes = 0;
  if (pos == text.size()) return true;
  const char sign = text[pos];
  if (sign == 'Z' || sign == 'z') {
    ++pos;
    return true;
  }
  if (sign != '+' && sign != '-') return false;
  ++pos;
  int hh = 0;
  int mm = 0;
  if (!read_digits(text, pos, 2, hh)) return false;
  if (pos < text.size() && text[pos] == ':') ++pos;
  if (pos < text.size() && !read_digits(text, pos, 2, mm)) return false;
  if (hh > 18 || mm > 59) return false;
  minutes = (hh * 60 + mm) * (sign == '-' ? -1 : 1);
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

CivilTime to_civil(Instant instant) noexcept {
  std::int64_t days = instant.ticks / kTicksPerDay;
  std::int64_t rest = instant.ticks % kTicksPerDay;
  if (rest < 0) {
    rest += kTicksPerDay;
    --days;
  }
  const std::int64_t z = days + 306;
  const std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const std::int64_t doe = z - era * 146'097;
  const std::int64_t yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  civil.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  civil.year = static_cast<int>(yoe + era * 400 + (civil.month <= 2 ? 1 : 0));
  civil.fraction = static_cast<int>(rest % kTicksPerSecond);
  const std::int64_t seconds = rest / kTicksPerSecond;
  civil.second = static_cast<int>(seconds % 60);
  civil.minute = static_cast<int>(seconds / 60 % 60);
  civil.hour = static_cast<int>(seconds / 3600);
  return civil;
}

std::optional<Instant> from_civil(const CivilTime& c) noexcept {
  if (c.year < 1 || c.year > 9999 || c.month < 1 || c.month > 12 || c.day < 1 ||
      c.day > days_in_month(c.year, c.month))
    return std::nullopt;
  if (c.hour < 0 || c.hour > 23 || c.minute < 0 || c.minute > 59 || c.second < 0 || c.second > 60)
    return std::nullopt;
  const std::int64_t seconds =
      days_from_civil(c.year, c.month, c.day) * 86'400 + c.hour * 3600 + c.minute * 60 + c.second;
  return Instant{seconds * kTicksPerSecond + c.fraction};
}

std::optional<Instant> parse_instant(std::string_view text) noexcept {
  text = trim(text);
  std::size_t pos = 0;
  CivilTime civil;
  if (!read_digits(text, pos, 4, civil.year) || pos == text.size() || text[pos++] != '-')
    return std::nullopt;
  if (!read_digits(text, pos, 2, civil.month) || pos == text.size() || text[pos++] != '-')
    return std::nullopt;
  if (!read_digits(text, pos, 2, civil.day)) return std::nullopt;
  int offset_minutes = 0;
  if (pos < text.size()) {
    const char separator = text[pos++];
    if (separator != 'T' && separator != 't' && separator != ' ') return std::nullopt;
    if (!read_digits(text, pos, 2, civil.hour) || pos == text.size() || text[pos++] != ':')
      return std::nullopt;
    if (!read_digits(text, pos, 2, civil.minute)) return std::nullopt;
    if (pos < text.size() && text[pos] == ':') {
      ++pos;
      if (!read_digits(text, pos, 2, civil.second)) return std::nullopt;
      if (pos < text.size() && text[pos] == '.') {
        ++pos;
        if (!read_fraction(text, pos, civil.fraction)) return std::nullopt;
      }
    }
    if (!read_offset(text, pos, offset_minutes) || pos != text.size()) return std::nullopt;
  }
  const auto local = from_civil(civil);
  if (!local) return std::nullopt;
  const Instant utc{local->ticks -
                    static_cast<std::int64_t>(offset_minutes) * 60 * kTicksPerSecond};
  if (utc.ticks < 0 || utc >= kEndOfTime) return std::nullopt;
  return utc;
}

void format_instant(Instant instant, char* out) noexcept {
  const CivilTime c = to_civil(instant);
  write_digits(out, 4, c.year);
  out[4] = '-';
  write_digits(out + 5, 2, c.month);
  out[7] = '-';
  write_digits(out + 8, 2, c.day);
  out[10] = 'T';
  write_digits(out + 11, 2, c.hour);
  out[13] = ':';
  write_digits(out + 14, 2, c.minute);
  out[16] = ':';
  write_digits(out + 17, 2, c.second);
  out[19] = '.';
  write_digits(out + 20, 7, c.fraction);
  out[27] = 'Z';
}

std::string format_instant(Instant instant) {
  std::string out(kInstantTextSize, '\0');
  format_instant(instant, out.data());
  return out;
}

std::string format_seconds(Instant instant) {
  std::string out = format_instant(instant);
  out.replace(19, std::string::npos, "Z");
  return out;
}

std::string format_duration(Ticks length) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(length).count();
  if (seconds < 0) return "-" + format_duration(-length);
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{}m", seconds / 60);
  const auto two = [](std::int64_t big, char big_unit, std::int64_t small, char small_unit) {
    return small == 0 ? fmt::format("{}{}", big, big_unit)
                      : fmt::format("{}{} {}{}", big, big_unit, small, small_unit);
  };
  if (seconds < 2 * 86'400) return two(seconds / 3600, 'h', seconds / 60 % 60, 'm');
  return two(seconds / 86'400, 'd', seconds / 3600 % 24, 'h');
}

std::optional<Instant> parse_http_date(std::string_view text) noexcept {
  // Sun, 06 Nov 1994 08:49:37 GMT
  text = trim(text);
  if (text.size() != 29 || text.substr(25) != " GMT") return std::nullopt;
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  CivilTime civil;
  civil.month = 0;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (text.substr(8, 3) == kMonths[i]) civil.month = static_cast<int>(i) + 1;
  }
  std::size_t day = 5;
  std::size_t year = 12;
  std::size_t hour = 17;
  std::size_t minute = 20;
  std::size_t second = 23;
  if (!read_digits(text, day, 2, civil.day) || !read_digits(text, year, 4, civil.year) ||
      !read_digits(text, hour, 2, civil.hour) || !read_digits(text, minute, 2, civil.minute) ||
      !read_digits(text, second, 2, civil.second))
    return std::nullopt;
  return from_civil(civil);
}

Instant SystemClock::now() const noexcept {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return kUnixEpoch + std::chrono::duration_cast<Ticks>(since_epoch);
}

}  // namespace harrier
