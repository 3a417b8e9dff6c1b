// The documented limit of one API, shared by all streams that call it.
#pragma once

#include "base/task.hpp"
#include "net/pace.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace harrier::net {

/// A pace with a concurrency limit. A throttling answer stops all callers until `retry_after`.
/// Callers are served in the order they came; one that had to wait long is logged, at most one a
/// minute. I/O thread only; outlives its permits.
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

  /// Suspends until a call may start. `caller` is who asks, for the log.
  [[nodiscard]] Task<Permit> acquire(std::string caller = {});
  /// The service throttled: every caller waits `retry_after`, then the rate is half of what it was.
  void throttled(std::chrono::milliseconds retry_after);
  /// Until when callers wait after a throttling answer; zero when they don't.
  [[nodiscard]] std::chrono::milliseconds blocked_for() const noexcept;

  [[nodiscard]] double calls_per_minute() const noexcept { return pace_.calls_per_minute(); }

  /// Callers that wait for their turn.
  [[nodiscard]] int waiting() const noexcept { return waiting_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  struct Place;

  void note_wait(const std::string& caller, std::chrono::nanoseconds waited);
  void wake_first() noexcept;

  std::string name_;
  int concurrency_;
  std::function<SteadyTime()> clock_;
  Pace pace_;
  std::list<asio::steady_timer*> queue_;  ///< those who wait, first come first served
  std::optional<SteadyTime> logged_;      ///< when a long wait was last logged
  int in_flight_ = 0;
  int waiting_ = 0;
};

}  // namespace harrier::net
