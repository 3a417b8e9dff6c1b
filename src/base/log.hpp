// Structured log lines on standard error: a sentence, then fields. Never a secret, a token or a
// record's content.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace harrier {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };

/// One `key=value` of a log line; the value is formatted by fmt.
struct LogField {
  template <class T>
  LogField(std::string_view key_, const T& value_) : key(key_), value(fmt::format("{}", value_)) {}

  std::string_view key;
  std::string value;
};

enum class LogFormat : std::uint8_t {
  text,      ///< `2026-11-24T10:00:00Z info [ingest] Window stored. table=DeviceInfo rows=12`
  json,      ///< one JSON object a line
  journald,  ///< text with the `<N>` priority prefix that journald reads (sd-daemon(3))
};

/// Sets the threshold and form of all later lines. Thread-safe.
void configure_log(LogLevel level, LogFormat format) noexcept;
[[nodiscard]] bool log_enabled(LogLevel level) noexcept;
/// trace, debug, info, warn or error; false when `text` is none of them.
[[nodiscard]] bool parse_log_level(std::string_view text, LogLevel& out) noexcept;

/// Writes one line. `module` is the folder's name; `sentence` starts with a capital and ends with a
/// full stop. Thread-safe. error: data lost or operator needed · warn: unexpected, recovered ·
/// info: state changes · debug: per poll · trace: per page.
void log(LogLevel level, std::string_view module, std::string_view sentence,
         std::initializer_list<LogField> fields = {});

}  // namespace harrier
