// The rarer forms of times and timespans.
#include "base/text.hpp"
#include "ingest/conversions.hpp"

#include <charconv>
#include <limits>

namespace harrier::ingest {

namespace {

// Reads parts off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

  [[nodiscard]] char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char c) noexcept {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // A number of at most `digits` digits, or -1.
  std::int64_t number(std::size_t digits) noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9') ++size;
    if (size == 0 || size > digits) return -1;
    std::int64_t value = -1;
    std::from_chars(rest_.data(), rest_.data() + size, value);
    rest_.remove_prefix(size);
    return value;
  }

  // Ticks of `.f{1,7}`; 0 where there is no dot, -1 on anything else.
  std::int64_t fraction() noexcept {
    if (!take('.')) return 0;
    const std::size_t before = rest_.size();
    std::int64_t value = number(7);
    if (value < 0) return -1;
    for (std::size_t size = before - rest_.size(); size < 7; ++size) value *= 10;
    return value;
  }

  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

std::optional<Instant> from_unix_milliseconds(std::int64_t value) noexcept {
  constexpr std::int64_t kTicksPerMillisecond = kTicksPerSecond / 1000;
  constexpr std::int64_t kLargest = (kEndOfTime.ticks - kUnixEpoch.ticks) / kTicksPerMillisecond;
  if (value < -kUnixEpoch.ticks / kTicksPerMillisecond || value >= kLargest) return std::nullopt;
  return Instant{kUnixEpoch.ticks + value * kTicksPerMillisecond};
}

std::optional<Instant> parse_date_literal(std::string_view text) noexcept {
  constexpr std::string_view kOpen = "/Date(";
  constexpr std::string_view kClose = ")/";
  if (!text.starts_with(kOpen) || !text.ends_with(kClose) ||
      text.size() <= kOpen.size() + kClose.size())
    return std::nullopt;
  text = text.substr(kOpen.size(), text.size() - kOpen.size() - kClose.size());
  std::int64_t value = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return from_unix_milliseconds(value);
}

// Month first. Only with AM or PM: without them it might as well be day first.
std::optional<Instant> parse_us_time(std::string_view text) noexcept {
  Scanner scanner(text);
  CivilTime civil;
  civil.month = static_cast<int>(scanner.number(2));
  if (!scanner.take('/')) return std::nullopt;
  civil.day = static_cast<int>(scanner.number(2));
  if (!scanner.take('/')) return std::nullopt;
  civil.year = static_cast<int>(scanner.number(4));
  scanner.take(',');
  if (civil.year < 1000 || !scanner.take(' ')) return std::nullopt;
  civil.hour = static_cast<int>(scanner.number(2));
  if (!scanner.take(':')) return std::nullopt;
  civil.minute = static_cast<int>(scanner.number(2));
  if (!scanner.take(':')) return std::nullopt;
  civil.second = static_cast<int>(scanner.number(2));
  civil.fraction = static_cast<int>(scanner.fraction());
  if (civil.fraction < 0 || !scanner.take(' ')) return std::nullopt;
  const bool afternoon = equals_ignore_case(scanner.rest(), "PM");
  if (!afternoon && !equals_ignore_case(scanner.rest(), "AM")) return std::nullopt;
  if (civil.hour < 1 || civil.hour > 12) return std::nullopt;
  civil.hour = civil.hour % 12 + (afternoon ? 12 : 0);
  return from_civil(civil);
}

std::optional<std::int64_t> parse_iso_duration(Scanner scanner) noexcept {
  constexpr std::int64_t kMostDays = 10'000'000;
  std::int64_t ticks = 0;
  bool time = false;
  bool any = false;
  while (!scanner.done()) {
    if (!time && scanner.take('T')) {
      time = true;
      continue;
    }
    const std::int64_t count = scanner.number(12);
    const std::int64_t fraction = scanner.peek() == '.' ? scanner.fraction() : 0;
    if (count < 0 || fraction < 0) return std::nullopt;
    std::int64_t unit = 0;
    if (!time && scanner.take('D')) unit = kTicksPerDay;
    if (time && scanner.take('H')) unit = 3600 * kTicksPerSecond;
    if (time && scanner.take('M')) unit = 60 * kTicksPerSecond;
    if (time && scanner.take('S')) unit = kTicksPerSecond;
    if (unit == 0 || (fraction != 0 && unit != kTicksPerSecond) ||
        count > (kMostDays * kTicksPerDay - ticks) / unit)
      return std::nullopt;
    ticks += count * unit + fraction;
    any = true;
  }
  if (!any) return std::nullopt;
  return ticks;
}

std::optional<std::int64_t> parse_clock_span(Scanner scanner) noexcept {
  std::int64_t days = 0;
  std::int64_t hours = scanner.number(8);
  if (hours >= 0 && scanner.take('.')) {
    days = hours;
    hours = scanner.number(2);
  }
  if (hours < 0 || hours > 23 || days > 10'675'199 || !scanner.take(':')) return std::nullopt;
  const std::int64_t minutes = scanner.number(2);
  if (minutes < 0 || minutes > 59 || !scanner.take(':')) return std::nullopt;
  const std::int64_t seconds = scanner.number(2);
  const std::int64_t fraction = scanner.fraction();
  if (seconds < 0 || seconds > 59 || fraction < 0 || !scanner.done()) return std::nullopt;
  return (days * 86'400 + hours * 3600 + minutes * 60 + seconds) * kTicksPerSecond + fraction;
}

}  // namespace

std::optional<Instant> parse_other_time(std::string_view text) {
  text = trim(text);
  if (const auto instant = parse_date_literal(text)) return instant;
  constexpr std::size_t kMillisecondDigits = 13;
  if (Scanner scanner(text); text.size() == kMillisecondDigits) {
    const std::int64_t value = scanner.number(kMillisecondDigits);
    if (value >= 0 && scanner.done() && text.front() != '0') return from_unix_milliseconds(value);
  }
  constexpr std::size_t kHour = 11;  // in 2022-09-09T9:59:27Z
  if (text.size() > kHour + 1 && (text[kHour - 1] == 'T' || text[kHour - 1] == ' ') &&
      text[kHour + 1] == ':')
    return parse_instant(std::string(text.substr(0, kHour)) + '0' +
                         std::string(text.substr(kHour)));
  return parse_us_time(text);
}

std::optional<std::int64_t> parse_timespan(std::string_view text) noexcept {
  Scanner scanner(text);
  const bool negative = scanner.take('-');
  const auto ticks = scanner.take('P') ? parse_iso_duration(scanner) : parse_clock_span(scanner);
  if (ticks && negative) return -*ticks;
  return ticks;
}

}  // namespace harrier::ingest
