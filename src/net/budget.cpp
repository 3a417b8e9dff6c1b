#include "net/budget.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace harrier::net {

namespace {

using namespace std::chrono_literals;

// A caller that waits longer is named in the log.
constexpr auto kLongWait = 5s;
constexpr auto kLogInterval = 1min;

}  // namespace

// A place in the queue; leaving it, also by cancellation, lets the next one look.
struct Budget::Place {
  Place(Budget& owner, const asio::any_io_executor& executor) : budget(owner), timer(executor) {
    where = budget.queue_.insert(budget.queue_.end(), &timer);
    ++budget.waiting_;
  }

  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  ~Place() {
    --budget.waiting_;
    budget.queue_.erase(where);
    budget.wake_first();
  }

  Budget& budget;
  asio::steady_timer timer;
  std::list<asio::steady_timer*>::iterator where;
};

Budget::Budget(std::string name, BudgetLimits limits, std::function<SteadyTime()> clock)
    : name_(std::move(name)),
      concurrency_(std::max(limits.concurrency, 1)),
      clock_(clock ? std::move(clock) : std::chrono::steady_clock::now),
      pace_(limits, clock_()) {}

Task<Budget::Permit> Budget::acquire(std::string caller) {
  const auto executor = co_await asio::this_coro::executor;
  Place place(*this, executor);
  const auto came = clock_();
  for (;;) {
    const auto now = clock_();
    const bool first = queue_.front() == &place.timer;
    const bool free = in_flight_ < concurrency_;
    const auto wait = pace_.delay(now);
    if (first && free && wait <= 0ns) break;
    // Who is not first, or finds no free place, is woken by who leaves.
    if (first && free) {
      place.timer.expires_after(wait);
    } else {
      place.timer.expires_at(SteadyTime::max());
    }
    boost::system::error_code woken;
    co_await place.timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (cancelled.cancelled() != asio::cancellation_type::none)
      co_return Error(Errc::cancelled, "stopped while waiting for " + name_);
  }
  const auto now = clock_();
  pace_.started(now);
  ++in_flight_;
  note_wait(caller, now - came);
  co_return Permit(this);
}

void Budget::wake_first() noexcept {
  if (!queue_.empty()) queue_.front()->cancel();
}

void Budget::note_wait(const std::string& caller, std::chrono::nanoseconds waited) {
  const auto now = clock_();
  if (waited < kLongWait || (logged_ && now - *logged_ < kLogInterval)) return;
  logged_ = now;
  log(LogLevel::info, "net", "A request waited for its turn in the API's budget.",
      {{"budget", name_},
       {"stream", caller},
       {"waited_s", std::chrono::floor<std::chrono::seconds>(waited).count()},
       {"others_waiting", waiting_ - 1},
       {"calls_per_minute", calls_per_minute()}});
}

void Budget::throttled(std::chrono::milliseconds retry_after) {
  pace_.throttled(retry_after, clock_());
}

std::chrono::milliseconds Budget::blocked_for() const noexcept {
  const auto left = pace_.blocked_until() - clock_();
  return left > 0ns ? std::chrono::ceil<std::chrono::milliseconds>(left) : 0ms;
}

Budget::Permit& Budget::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    release();
    owner_ = std::exchange(other.owner_, nullptr);
  }
  return *this;
}

void Budget::Permit::release() noexcept {
  if (owner_ == nullptr) return;
  --owner_->in_flight_;
  owner_->wake_first();
  owner_ = nullptr;
}

}  // namespace harrier::net
