// Instants in 100 ns ticks, and ISO 8601 in every form that services send.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harrier {

/// 100 ns.
using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;

/// A point in UTC time: ticks since 0001-01-01T00:00:00Z, as .NET and Kusto count them.
/// Valid instants are 0001-01-01 to 9999-12-31.
struct Instant {
  std::int64_t ticks = 0;

  friend constexpr auto operator<=>(Instant, Instant) = default;

  friend constexpr Instant operator+(Instant a, Ticks d) { return {a.ticks + d.count()}; }

  friend constexpr Instant operator-(Instant a, Ticks d) { return {a.ticks - d.count()}; }

  friend constexpr Ticks operator-(Instant a, Instant b) { return Ticks(a.ticks - b.ticks); }
};

inline constexpr std::int64_t kTicksPerSecond = 10'000'000;
inline constexpr std::int64_t kTicksPerDay = 86'400 * kTicksPerSecond;
/// 1970-01-01T00:00:00Z.
inline constexpr Instant kUnixEpoch{719'162 * kTicksPerDay};
/// The first tick after 9999-12-31.
inline constexpr Instant kEndOfTime{3'652'059 * kTicksPerDay};

/// The start of the second that `instant` lies in.
[[nodiscard]] constexpr Instant whole_second(Instant instant) noexcept {
  return {instant.ticks / kTicksPerSecond * kTicksPerSecond};
}

/// Civil date and time of day of an instant.
struct CivilTime {
  int year = 1;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int fraction = 0;  ///< 100 ns
};

[[nodiscard]] CivilTime to_civil(Instant instant) noexcept;
/// nullopt for a date or time of day that does not exist. `second` may be 60 (a leap second counts
/// as the next second).
[[nodiscard]] std::optional<Instant> from_civil(const CivilTime& civil) noexcept;

/// Parses `YYYY-MM-DD[(T| )hh:mm[:ss[.f{1,9}]]][Z|±hh[:]mm]`, surrounding blanks allowed. Without
/// an offset it is UTC; digits beyond the seventh are cut. Source: RFC 3339, and the forms recorded
/// from the services.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text) noexcept;

/// Length of `format_instant`'s text.
inline constexpr std::size_t kInstantTextSize = 28;
/// `2026-11-24T09:58:41.1203977Z`: always seven fractional digits, so text order is time order.
[[nodiscard]] std::string format_instant(Instant instant);
/// The same into `out[0..27]`.
void format_instant(Instant instant, char* out) noexcept;
/// RFC 3339 with whole seconds, for people and JSON: `2026-11-24T09:58:41Z`.
[[nodiscard]] std::string format_seconds(Instant instant);
/// `90s`, `5m`, `3h 20m`, `6d 4h`: for people.
[[nodiscard]] std::string format_duration(Ticks length);
/// Parses an HTTP-date (IMF-fixdate, RFC 9110 section 5.6.7).
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text) noexcept;

/// The wall clock as a port, so that tests can set it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const noexcept = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override;
};

/// Unix seconds, for metrics and tokens.
[[nodiscard]] constexpr double to_unix_seconds(Instant instant) noexcept {
  return static_cast<double>(instant.ticks - kUnixEpoch.ticks) /
         static_cast<double>(kTicksPerSecond);
}

}  // namespace harrier
