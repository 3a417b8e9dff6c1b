// A place that one coroutine at a time may hold.
#pragma once

#include "base/task.hpp"

#include <deque>
#include <memory>

namespace harrier::storage {

/// First come, first served. All members, and the destruction of what `acquire` returns, on one
/// thread.
class Slot : public std::enable_shared_from_this<Slot> {
 public:
  /// Holding the place; gives it on when destroyed.
  class Hold {
   public:
    Hold() = default;

    explicit Hold(std::shared_ptr<Slot> slot) noexcept : slot_(std::move(slot)) {}

    Hold(Hold&& other) noexcept = default;
    Hold& operator=(Hold&& other) noexcept;
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    ~Hold() { release(); }

    void release() noexcept;

   private:
    std::shared_ptr<Slot> slot_;
  };

  /// Waits for the place. Cancellation ends the wait with the exception that ends coroutines.
  [[nodiscard]] asio::awaitable<Hold> acquire();

 private:
  struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor)
        : timer(executor, asio::steady_timer::time_point::max()) {}

    asio::steady_timer timer;
    bool granted = false;
  };

  void give_on() noexcept;

  std::deque<std::shared_ptr<Waiter>> waiters_;
  bool taken_ = false;
};

}  // namespace harrier::storage
