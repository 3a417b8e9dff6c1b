// What each error does to a stream: a pure table.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace harrier::ingest {

/// The state a stream is in after an error, and how long it waits.
struct Verdict {
  std::string state;                  ///< as in `harrier status`
  std::string reason;                 ///< a sentence an admin can act on
  std::chrono::milliseconds wait{0};  ///< until the next attempt
  bool parked = false;                ///< waiting for a person: `--once` does not repeat it
};

/// Judges the `attempt`-th consecutive error (1 is the first) of a stream that needs `permission`.
/// `random` in [0,1) spreads the waits.
[[nodiscard]] Verdict judge(const Error& error, int attempt, std::string_view permission,
                            double random);

/// How often `--once` repeats a failing poll before it gives up.
inline constexpr int kOnceAttempts = 6;
/// How many throttling answers in a row it waits out.
inline constexpr int kOnceThrottles = 30;
/// The longest throttling that `--once` waits out at a time.
inline constexpr std::chrono::minutes kOnceThrottleWait{5};

}  // namespace harrier::ingest
