#include "net/retry.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace harrier::net {

namespace {

using Milliseconds = std::chrono::milliseconds;

Milliseconds bounded(double seconds) {
  if (!(seconds > 0)) return Milliseconds(0);
  const double milliseconds = std::ceil(seconds * 1000);
  const auto most = static_cast<double>(kMaxRetryAfter.count());
  return Milliseconds(static_cast<std::int64_t>(std::min(milliseconds, most)));
}

// A plain decimal number that is all of `text`.
std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (ec != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

bool is_number_part(char c) {
  return (c >= '0' && c <= '9') || c == '.';
}

// The number before `end`, blanks between allowed.
std::optional<double> number_before(std::string_view text, std::size_t end) {
  while (end > 0 && text[end - 1] == ' ') --end;
  std::size_t begin = end;
  while (begin > 0 && is_number_part(text[begin - 1])) --begin;
  return begin == end ? std::nullopt : number(text.substr(begin, end - begin));
}

std::optional<double> seconds_in_text(std::string_view body) {
  const std::string text = to_lower(body);

  struct Unit {
    std::string_view name;
    double seconds;
  };

  for (const Unit unit : {Unit{"second", 1}, Unit{"minute", 60}, Unit{"hour", 3600}}) {
    for (std::size_t at = text.rfind(unit.name); at != std::string::npos && at > 0;
         at = text.rfind(unit.name, at - 1)) {
      if (const auto value = number_before(text, at)) return *value * unit.seconds;
    }
  }
  return std::nullopt;
}

int digit_pair(std::string_view text, std::size_t at) {
  const auto digit = [&](std::size_t i) {
    return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : -100;
  };
  return digit(at) * 10 + digit(at + 1);
}

// `in 00:07:30` and `after 00:00:45`; not `per 00:01:00`, which names the quota.
std::optional<double> span_in_text(std::string_view body) {
  const std::string text = to_lower(body);
  for (const std::string_view lead : {std::string_view("in "), std::string_view("after ")}) {
    for (std::size_t at = text.find(lead); at != std::string::npos; at = text.find(lead, at + 1)) {
      const std::size_t begin = at + lead.size();
      if (begin + 8 > text.size() || text[begin + 2] != ':' || text[begin + 5] != ':') continue;
      const int hours = digit_pair(text, begin);
      const int minutes = digit_pair(text, begin + 3);
      const int seconds = digit_pair(text, begin + 6);
      if (hours >= 0 && minutes >= 0 && seconds >= 0)
        return hours * 3600.0 + minutes * 60.0 + seconds;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view header,
                                                           std::string_view body, Instant now) {
  header = trim(header);
  if (const auto seconds = number(header)) return bounded(*seconds);
  if (const auto date = parse_http_date(header))
    return bounded(std::chrono::duration<double>(*date - now).count());
  if (const auto seconds = seconds_in_text(body)) return bounded(*seconds);
  if (const auto seconds = span_in_text(body)) return bounded(*seconds);
  return std::nullopt;
}

Backoff::Backoff(std::chrono::milliseconds base, std::chrono::milliseconds cap, std::uint64_t seed)
    : base_(std::max(base, Milliseconds(1))),
      cap_(std::max(cap, base_)),
      random_(static_cast<std::uint32_t>(seed | 1)) {}

std::chrono::milliseconds Backoff::next() {
  const int doublings = std::min(failures_++, 30);
  const std::int64_t bound =
      std::min(cap_.count(), doublings > 20 ? cap_.count() : base_.count() << doublings);
  std::uniform_int_distribution<std::int64_t> spread(std::max<std::int64_t>(bound / 10, 1), bound);
  return Milliseconds(spread(random_));
}

}  // namespace harrier::net
