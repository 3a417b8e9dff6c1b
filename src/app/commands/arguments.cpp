#include "app/commands/arguments.hpp"

#include "settings/settings.hpp"

#include <fmt/format.h>

namespace harrier::app {

Result<Instant> parse_time(const std::string& option, const std::string& text, Instant now) {
  if (text == "now") return now;
  if (const auto instant = parse_instant(text)) return *instant;
  if (const auto ago = settings::parse_duration(text)) return now - Ticks(*ago);
  return Error(
      Errc::config,
      fmt::format(
          "{}: \"{}\" is no time; write 2026-11-24T10:00:00Z, 2026-11-24 or a time ago such as 3d",
          option, text));
}

}  // namespace harrier::app
