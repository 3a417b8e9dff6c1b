#include "net/budget.hpp"

#include <algorithm>

namespace harrier::net {

namespace {

using namespace std::chrono_literals;

// A service that throttles everything still gets a probe now and then.
constexpr double kLowestShare = 1.0 / 32;
constexpr double kRecoveredPerMinute = 0.1;

std::chrono::nanoseconds minutes(double count) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(count * 60e9));
}

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
      limits_(limits),
      clock_(clock ? std::move(clock) : std::chrono::steady_clock::now),
      rate_(std::max(limits.calls_per_minute, 0.01)),
      tokens_(std::max(limits.burst, 1.0)),
      refilled_(clock_()) {
  limits_.calls_per_minute = rate_;
  limits_.burst = tokens_;
  limits_.concurrency = std::max(limits.concurrency, 1);
}

void Budget::refill(SteadyTime now) {
  if (now <= refilled_) return;
  const double elapsed = std::chrono::duration<double, std::ratio<60>>(now - refilled_).count();
  tokens_ = std::min(limits_.burst, tokens_ + elapsed * rate_);
  refilled_ = now;
  if (rate_ >= limits_.calls_per_minute) return;
  const auto quiet = std::chrono::floor<std::chrono::minutes>(now - quiet_since_);
  if (quiet < 1min) return;
  rate_ = std::min(
      limits_.calls_per_minute,
      rate_ + static_cast<double>(quiet.count()) * kRecoveredPerMinute * limits_.calls_per_minute);
  quiet_since_ += quiet;
}

std::chrono::nanoseconds Budget::delay(SteadyTime now) const {
  const auto blocked = std::max(blocked_until_ - now, SteadyTime::duration::zero());
  // A thousandth of a token is rounding, not a call too many.
  const auto token = tokens_ >= 0.999 ? 0ns : minutes((1.0 - tokens_) / rate_);
  return std::max<std::chrono::nanoseconds>(blocked, token);
}

Task<Budget::Permit> Budget::acquire() {
  const auto executor = co_await asio::this_coro::executor;
  Place place(*this, executor);
  for (;;) {
    const auto now = clock_();
    refill(now);
    const bool first = queue_.front() == &place.timer;
    const bool free = in_flight_ < limits_.concurrency;
    const auto wait = delay(now);
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
  tokens_ -= 1;
  ++in_flight_;
  co_return Permit(this);
}

void Budget::wake_first() noexcept {
  if (!queue_.empty()) queue_.front()->cancel();
}

void Budget::throttled(std::chrono::milliseconds retry_after) {
  const auto now = clock_();
  refill(now);
  // Answers to calls that were in flight together count as one.
  if (now >= blocked_until_) rate_ = std::max(rate_ / 2, limits_.calls_per_minute * kLowestShare);
  blocked_until_ = std::max(blocked_until_, now + std::max(retry_after, 0ms));
  quiet_since_ = blocked_until_;
  // One call may start when the block ends; the bucket fills from then on.
  tokens_ = 1;
  refilled_ = blocked_until_;
}

std::chrono::milliseconds Budget::blocked_for() const noexcept {
  const auto left = blocked_until_ - clock_();
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
