// The documented limit of one API, shared by all streams that call it.
#pragma once

#include "base/task.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace harrier::net {

/// Limits of one API.
struct BudgetLimits {
  BudgetLimits() = default;
  double calls_per_minute = 60;
  double burst = 5;     ///< calls that may start at once after a pause
  int concurrency = 4;  ///< calls in flight
};

/// A token bucket with a concurrency limit. A throttling answer halves the rate and stops all
/// callers until `retry_after`; each quiet minute wins a tenth back. Callers are served in the
/// order they came. I/O thread only; outlives its permits.
class Budget {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  /// `clock` replaces the steady clock in tests.
  explicit Budget(std::string name, BudgetLimits limits, std::function<SteadyTime()> clock = {});

  /// Holds one of the `concurrency` places until destroyed.
  class Permit {
   public:
    Permit() = default;

    Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}

    Permit& operator=(Permit&& other) noexcept;

    ~Permit() { release(); }

   private:
    friend class Budget;

    explicit Permit(Budget* owner) noexcept : owner_(owner) {}

    void release() noexcept;
    Budget* owner_ = nullptr;
  };

  /// Suspends until a call may start.
  [[nodiscard]] Task<Permit> acquire();
  /// The service throttled: every caller waits `retry_after`, then the rate is half of what it was.
  void throttled(std::chrono::milliseconds retry_after);
  /// Until when callers wait after a throttling answer; zero when they don't.
  [[nodiscard]] std::chrono::milliseconds blocked_for() const noexcept;

  [[nodiscard]] double calls_per_minute() const noexcept { return rate_; }

  [[nodiscard]] int waiting() const noexcept { return waiting_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  struct Place;

  void refill(SteadyTime now);
  /// How long the first in the queue has to wait for time alone; zero when it may start.
  std::chrono::nanoseconds delay(SteadyTime now) const;
  void wake_first() noexcept;

  std::string name_;
  BudgetLimits limits_;
  std::function<SteadyTime()> clock_;
  std::list<asio::steady_timer*> queue_;  ///< those who wait, first come first served
  double rate_ = 0;
  double tokens_ = 0;
  SteadyTime refilled_{};
  SteadyTime blocked_until_{};
  SteadyTime quiet_since_{};  ///< of the last throttling answer, or of the last tenth won back
  int in_flight_ = 0;
  int waiting_ = 0;
};

}  // namespace harrier::net
