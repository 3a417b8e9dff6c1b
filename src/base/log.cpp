#include "base/log.hpp"

#include "base/journal.hpp"
#include "base/time.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace harrier {

namespace {

std::atomic<LogLevel> threshold{LogLevel::info};
std::atomic<LogFormat> form{LogFormat::text};

constexpr std::array<std::string_view, 5> kLevelNames = {"trace", "debug", "info", "warn", "error"};
// Syslog priorities: debug 7, info 6, warning 4, error 3.
constexpr std::array<int, 5> kPriorities = {7, 7, 6, 4, 3};

spdlog::logger& sink() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("harrier",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

// A value with blanks, quotes or control characters is quoted, so that a line stays a line.
void append_value(std::string& out, std::string_view text) {
  bool plain = !text.empty();
  for (const char c : text) {
    if (c == ' ' || c == '"' || c == '=' || static_cast<unsigned char>(c) < 0x20) plain = false;
  }
  if (plain) {
    out += text;
  } else {
    append_json(out, text);
  }
}

using Fields = std::vector<LogField>;

std::string line_of(LogLevel level, std::string_view module, std::string_view sentence,
                    const Fields& fields) {
  const auto index = static_cast<std::size_t>(level);
  const std::string now = format_seconds(SystemClock().now());
  std::string line;
  if (form.load() == LogFormat::json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","module":"{}","message":)", now,
                       kLevelNames[index], module);
    append_json(line, sentence);
    for (const auto& field : fields) {
      line += ',';
      append_json(line, field.key);
      line += ':';
      append_json(line, field.value);
    }
    return line + '}';
  }
  if (form.load() == LogFormat::journald) {
    line = fmt::format("<{}>[{}] {}", kPriorities[index], module, sentence);
  } else {
    line = fmt::format("{} {} [{}] {}", now, kLevelNames[index], module, sentence);
  }
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

bool to_journal(LogLevel level, std::string_view module, std::string_view sentence,
                const Fields& fields) {
  std::string message = fmt::format("[{}] {}", module, sentence);
  JournalFields entry = {
      {"PRIORITY", fmt::format("{}", kPriorities[static_cast<std::size_t>(level)])},
      {"SYSLOG_IDENTIFIER", program_invocation_short_name},
      {"HARRIER_MODULE", std::string(module)}};
  for (const auto& field : fields) {
    message += fmt::format(" {}=", field.key);
    append_value(message, field.value);
    entry.emplace_back(journal_name(field.key), field.value);
  }
  entry.emplace_back("MESSAGE", std::move(message));
  return send_to_journal(kJournalSocket, entry);
}

// Holds back what was said within the last minute, word by word, and counts it.
class Repeats {
 public:
  /// How often the line was held back since it was last written; nothing when it is held back now.
  std::optional<int> admit(std::string line) {
    const std::scoped_lock lock(mutex_);
    const Instant now = SystemClock().now();
    if (lines_.size() >= kMost) lines_.clear();
    auto [entry, fresh] = lines_.try_emplace(std::move(line), Seen{now, 0});
    if (fresh) return 0;
    if (now >= entry->second.written && now - entry->second.written < kQuiet) {
      ++entry->second.held;
      return std::nullopt;
    }
    const int held = entry->second.held;
    entry->second = {now, 0};
    return held;
  }

 private:
  struct Seen {
    Instant written;
    int held;
  };

  static constexpr std::size_t kMost = 1000;
  static constexpr Ticks kQuiet{60 * kTicksPerSecond};

  std::mutex mutex_;
  std::map<std::string, Seen> lines_;
};

// Warnings and errors may come with every poll; changes of state, which are info, do not.
std::optional<int> admitted(LogLevel level, std::string_view module, std::string_view sentence,
                            const Fields& fields) {
  static Repeats repeats;
  if (level < LogLevel::warn) return 0;
  std::string key = fmt::format("{} {}", module, sentence);
  for (const auto& field : fields) key += fmt::format("\n{}={}", field.key, field.value);
  return repeats.admit(std::move(key));
}

}  // namespace

void configure_log(LogLevel level, LogFormat format) noexcept {
  threshold = level;
  form = format;
}

bool log_enabled(LogLevel level) noexcept {
  return level >= threshold.load();
}

bool parse_log_level(std::string_view text, LogLevel& out) noexcept {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == text) {
      out = static_cast<LogLevel>(i);
      return true;
    }
  }
  return false;
}

void log(LogLevel level, std::string_view module, std::string_view sentence,
         std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  Fields all(fields);
  const auto held = admitted(level, module, sentence, all);
  if (!held) return;
  if (*held > 0) all.emplace_back("repeated", *held);
  if (form.load() == LogFormat::journald && to_journal(level, module, sentence, all)) return;
  sink().info(fmt::string_view("{}"), line_of(level, module, sentence, all));
}

}  // namespace harrier
