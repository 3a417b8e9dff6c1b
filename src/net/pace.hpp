// When the next call to an API may start: pure arithmetic over the times of those before.
#pragma once

#include <chrono>
#include <deque>

namespace harrier::net {

/// Limits of one API.
struct BudgetLimits {
  BudgetLimits() = default;
  double calls_per_minute = 60;
  double burst = 5;     ///< calls that may start at once after a pause
  int concurrency = 4;  ///< calls in flight
  /// The service counts its limit over this span; no span and no minute sees more than its share.
  std::chrono::nanoseconds span = std::chrono::minutes(1);
};

/// A token bucket under a sliding window: the bucket spreads the calls, the window keeps a burst
/// and what the bucket wins meanwhile from exceeding the limit together. A throttling answer halves
/// the bucket's rate, each quiet minute wins a tenth back. A value; the caller brings the time.
class Pace {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  Pace(const BudgetLimits& limits, SteadyTime now);

  /// How long the next call has to wait; zero when it may start.
  [[nodiscard]] std::chrono::nanoseconds delay(SteadyTime now);
  void started(SteadyTime now);
  /// No call starts for `retry_after`.
  void throttled(std::chrono::milliseconds retry_after, SteadyTime now);

  [[nodiscard]] SteadyTime blocked_until() const noexcept { return blocked_until_; }

  [[nodiscard]] double calls_per_minute() const noexcept { return rate_; }

 private:
  void refill(SteadyTime now);
  /// How long until fewer than the limit's calls lie within the last `span`.
  [[nodiscard]] std::chrono::nanoseconds crowded(std::chrono::nanoseconds span,
                                                 SteadyTime now) const;

  double limit_;
  double burst_;
  std::chrono::nanoseconds span_;
  double rate_;
  double tokens_;
  SteadyTime refilled_;
  SteadyTime blocked_until_{};
  SteadyTime quiet_since_{};       ///< of the last throttling answer, or of the last tenth won back
  std::deque<SteadyTime> starts_;  ///< of the last minute, oldest first
};

}  // namespace harrier::net
