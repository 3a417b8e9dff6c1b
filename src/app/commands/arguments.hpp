// Arguments that several commands take.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <string>

namespace harrier::app {

/// `2026-11-24T10:00:00Z`, `2026-11-24`, or a time ago (`3d`, `1h30m`), or `now`. Errors: config,
/// naming `option`.
[[nodiscard]] Result<Instant> parse_time(const std::string& option, const std::string& text,
                                         Instant now);

}  // namespace harrier::app
