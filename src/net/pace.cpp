#include "net/pace.hpp"

#include <algorithm>
#include <cstdint>

namespace harrier::net {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// A service that throttles everything still gets a probe now and then.
constexpr double kLowestShare = 1.0 / 32;
constexpr double kRecoveredPerMinute = 0.1;

nanoseconds minutes(double count) {
  return nanoseconds(static_cast<std::int64_t>(count * 60e9));
}

// Calls take different times to arrive: the service may see them closer together.
constexpr nanoseconds widened(nanoseconds span) {
  return span + span / 50;
}

}  // namespace

Pace::Pace(const BudgetLimits& limits, SteadyTime now)
    : limit_(std::max(limits.calls_per_minute, 0.01)),
      burst_(std::max(limits.burst, 1.0)),
      span_(std::clamp<nanoseconds>(limits.span, 1s, 1min)),
      rate_(limit_),
      tokens_(burst_),
      refilled_(now) {}

void Pace::refill(SteadyTime now) {
  if (now <= refilled_) return;
  const double elapsed = std::chrono::duration<double, std::ratio<60>>(now - refilled_).count();
  tokens_ = std::min(burst_, tokens_ + elapsed * rate_);
  refilled_ = now;
  if (rate_ >= limit_) return;
  const auto quiet = std::chrono::floor<std::chrono::minutes>(now - quiet_since_);
  if (quiet < 1min) return;
  rate_ =
      std::min(limit_, rate_ + static_cast<double>(quiet.count()) * kRecoveredPerMinute * limit_);
  quiet_since_ += quiet;
}

nanoseconds Pace::crowded(nanoseconds span, SteadyTime now) const {
  const double share = limit_ * std::chrono::duration<double, std::ratio<60>>(span).count();
  const auto calls = static_cast<std::size_t>(std::max(share + 1e-6, 1.0));
  if (starts_.size() < calls) return 0ns;
  return starts_[starts_.size() - calls] + widened(span) - now;
}

nanoseconds Pace::delay(SteadyTime now) {
  refill(now);
  // A thousandth of a token is rounding, not a call too many.
  const auto token = tokens_ >= 0.999 ? 0ns : minutes((1.0 - tokens_) / rate_);
  return std::max<nanoseconds>(
      {0ns, token, blocked_until_ - now, crowded(span_, now), crowded(1min, now)});
}

void Pace::started(SteadyTime now) {
  tokens_ -= 1;
  starts_.push_back(now);
  while (starts_.front() + widened(1min) <= now) starts_.pop_front();
}

void Pace::throttled(std::chrono::milliseconds retry_after, SteadyTime now) {
  refill(now);
  // Answers to calls that were in flight together count as one.
  if (now >= blocked_until_) rate_ = std::max(rate_ / 2, limit_ * kLowestShare);
  blocked_until_ = std::max(blocked_until_, now + std::max(retry_after, 0ms));
  quiet_since_ = blocked_until_;
  // One call may start when the block ends; the bucket fills from then on.
  tokens_ = 1;
  refilled_ = blocked_until_;
}

}  // namespace harrier::net
