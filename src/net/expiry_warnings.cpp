#include "net/expiry_warnings.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace harrier::net {

namespace {

constexpr std::array<Ticks, 3> kThresholds = {kExpiryNotice, std::chrono::hours(24 * 7),
                                              std::chrono::hours(24)};

}  // namespace

bool ExpiryWarnings::due(Instant now, Instant expires) noexcept {
  if (expires_ != expires) {
    expires_ = expires;
    told_ = 0;
  }
  const auto passed = static_cast<int>(std::ranges::count_if(
      kThresholds, [&](Ticks threshold) { return expires - now <= threshold; }));
  return passed > std::exchange(told_, std::max(told_, passed));
}

}  // namespace harrier::net
