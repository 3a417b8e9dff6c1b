// Waiting before a repetition: what the service asked for, and full jitter where it did not ask.
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

namespace harrier::net {

/// Longest wait that a service can ask for.
inline constexpr std::chrono::milliseconds kMaxRetryAfter = std::chrono::hours(1);

/// How long a service asks to wait: the header's seconds (fractions too) or HTTP-date against
/// `now`; without one, the last `N seconds|minutes|hours` or `hh:mm:ss` after "in" or "after" in
/// the text of `body`. At most an hour, never negative. Source: RFC 9110 section 10.2.3; Graph
/// sends fractions, Defender for Endpoint writes the number into the message.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view header,
                                                                         std::string_view body,
                                                                         Instant now);

/// Full jitter: the n-th wait is random between nothing and base * 2^n, at most `cap`.
class Backoff {
 public:
  explicit Backoff(std::chrono::milliseconds base = std::chrono::seconds(2),
                   std::chrono::milliseconds cap = std::chrono::minutes(15),
                   std::uint64_t seed = std::random_device()());

  /// The next wait. It is at least a tenth of its upper bound, so that a failing service is not
  /// asked twice at once.
  [[nodiscard]] std::chrono::milliseconds next();

  /// After a success.
  void reset() noexcept { failures_ = 0; }

  [[nodiscard]] int failures() const noexcept { return failures_; }

 private:
  std::chrono::milliseconds base_;
  std::chrono::milliseconds cap_;
  std::minstd_rand random_;
  int failures_ = 0;
};

}  // namespace harrier::net
