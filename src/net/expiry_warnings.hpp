// When to warn that a certificate ends.
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string_view>

namespace harrier::net {

/// A certificate that ends within this time deserves a warning.
inline constexpr Ticks kExpiryNotice = std::chrono::hours(24 * 30);

inline constexpr std::string_view kCertificateRemedy =
    "make a new certificate, upload it to the app registration and put it in the old one's place; "
    "it is read with the next token";

/// Thirty, seven and one day before the end, each told once per certificate. A value.
class ExpiryWarnings {
 public:
  /// True when a threshold lies behind `now` that was not told for the certificate that ends at
  /// `expires`.
  [[nodiscard]] bool due(Instant now, Instant expires) noexcept;

 private:
  std::optional<Instant> expires_;
  int told_ = 0;  ///< how many thresholds
};

}  // namespace harrier::net
