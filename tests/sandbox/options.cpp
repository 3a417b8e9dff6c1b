#include "sandbox/options.hpp"

#include "base/text.hpp"
#include "sandbox/file.hpp"
#include "sandbox/json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <functional>

namespace harrier::sandbox {
namespace {

struct Setting {
  std::string_view name;
  std::string_view help;
  Result<> (*set)(Options&, std::string_view);
  std::string (*get)(const Options&);
};

Result<double> parse_real(std::string_view text) {
  double value = 0;
  if (text.ends_with('%')) {
    HARRIER_TRY(value, parse_real(text.substr(0, text.size() - 1)));
    return value / 100;
  }
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) {
    return Error(Errc::config, fmt::format("'{}' is no number", text));
  }
  return value;
}

std::string length_text(Ticks length) {
  return fmt::format("{}s", static_cast<double>(length.count()) / kTicksPerSecond);
}

std::string join(const std::vector<std::string>& list) {
  return fmt::format("{}", fmt::join(list, ","));
}

/// `Table:value` entries into a map, through `parse`.
template <class Map, class Parse>
Result<> set_map(Map& map, std::string_view text, Parse parse) {
  for (const auto& entry : split_list(text)) {
    const auto colon = entry.find(':');
    if (colon == std::string::npos) {
      return Error(Errc::config, fmt::format("'{}' should be Table:value", entry));
    }
    HARRIER_TRY(map[entry.substr(0, colon)], parse(std::string_view(entry).substr(colon + 1)));
  }
  return {};
}

std::string map_text(const std::map<std::string, std::uint64_t>& map) {
  std::vector<std::string> parts;
  for (const auto& [table, value] : map) parts.push_back(fmt::format("{}:{}", table, value));
  return join(parts);
}

Result<Burst> parse_burst(std::string_view text) {
  Burst burst;
  const auto at = text.find('@');
  HARRIER_TRY(burst.count, parse_size(text.substr(0, at)));
  if (at != std::string_view::npos) {
    HARRIER_TRY(burst.at, parse_real(text.substr(at + 1)));
  }
  return burst;
}

Result<> set_late(Options& o, std::string_view text) {
  const auto colon = text.find(':');
  HARRIER_TRY(o.late_share, parse_real(text.substr(0, colon)));
  if (colon != std::string_view::npos) {
    HARRIER_TRY(o.late_by, parse_length(text.substr(colon + 1)));
  }
  return {};
}

Result<> set_events(Options& o, std::string_view text) {
  for (const auto& part : split_list(text)) {
    const auto colon = part.find(':');
    if (colon == std::string::npos) {
      HARRIER_TRY(o.events, parse_size(part));
    } else {
      HARRIER_TRY(o.events_of[part.substr(0, colon)],
                  parse_size(std::string_view(part).substr(colon + 1)));
    }
  }
  return {};
}

std::string events_text(const Options& o) {
  return o.events_of.empty() ? fmt::format("{}", o.events)
                             : fmt::format("{},{}", o.events, map_text(o.events_of));
}

std::string bursts_text(const Options& o) {
  std::vector<std::string> parts;
  for (const auto& [table, burst] : o.bursts) {
    parts.push_back(fmt::format("{}:{}@{}", table, burst.count, burst.at));
  }
  return join(parts);
}

#define SANDBOX_NUMBER(field)                                                       \
  [](Options& o, std::string_view t) -> Result<> {                                  \
    HARRIER_TRY(const auto value, parse_size(t));                                   \
    o.field = static_cast<decltype(o.field)>(value); /* NOLINT: the types differ */ \
    return {};                                                                      \
  },                                                                                \
      [](const Options& o) { return fmt::format("{}", o.field); }
#define SANDBOX_REAL(field)                        \
  [](Options& o, std::string_view t) -> Result<> { \
    HARRIER_TRY(o.field, parse_real(t));           \
    return {};                                     \
  },                                               \
      [](const Options& o) { return fmt::format("{}", o.field); }
#define SANDBOX_LENGTH(field)                      \
  [](Options& o, std::string_view t) -> Result<> { \
    HARRIER_TRY(o.field, parse_length(t));         \
    return {};                                     \
  },                                               \
      [](const Options& o) { return length_text(o.field); }
#define SANDBOX_LIST(field)                        \
  [](Options& o, std::string_view t) -> Result<> { \
    o.field = split_list(t);                       \
    return {};                                     \
  },                                               \
      [](const Options& o) { return join(o.field); }
#define SANDBOX_MAP(field)                                                                    \
  [](Options& o, std::string_view t) -> Result<> { return set_map(o.field, t, parse_size); }, \
      [](const Options& o) { return map_text(o.field); }
#define SANDBOX_TEXT(field)                        \
  [](Options& o, std::string_view t) -> Result<> { \
    o.field = std::string(t);                      \
    return {};                                     \
  },                                               \
      [](const Options& o) { return o.field; }

const Setting kSettings[] = {
    {"dir", "folder for certificates, secret, configuration and state",
     [](Options& o, std::string_view t) -> Result<> {
       o.dir = std::string(t);
       return {};
     },
     [](const Options& o) { return o.dir.string(); }},
    {"port", "TCP port on loopback; 0 picks a free one", SANDBOX_NUMBER(port)},
    {"seed", "of all chance", SANDBOX_NUMBER(seed)},
    {"events", "events per table in the history: N, or N,Table:M,...", set_events, events_text},
    {"rate", "live events per second and table after the start", SANDBOX_REAL(rate)},
    {"tables", "hunting tables with data, comma list; empty: all", SANDBOX_LIST(tables)},
    {"unlicensed", "hunting tables the tenant does not know", SANDBOX_LIST(unlicensed)},
    {"null-ingestion", "tables whose ingestion_time() is null", SANDBOX_LIST(null_ingestion)},
    {"span", "length of the history", SANDBOX_LENGTH(span)},
    {"tail", "quiet time between the history's end and the start", SANDBOX_LENGTH(tail)},
    {"late", "share of late events and how late: 5%:6h", set_late,
     [](const Options& o) { return fmt::format("{}:{}", o.late_share, length_text(o.late_by)); }},
    {"visible-after", "from ingestion time until a query sees the row",
     SANDBOX_LENGTH(visible_after)},
    {"duplicates", "share of rows delivered again later", SANDBOX_REAL(duplicates)},
    {"quirks", "rate of oddities on the wire, 0 to 1", SANDBOX_REAL(quirks)},
    {"max-rows", "row cap of an answer (silent truncation)", SANDBOX_NUMBER(max_rows)},
    {"max-bytes", "size cap of an answer (error 400)", SANDBOX_NUMBER(max_bytes)},
    {"devices", "number of devices", SANDBOX_NUMBER(devices)},
    {"users", "number of users", SANDBOX_NUMBER(users)},
    {"burst", "Table:N[@0.5],...: N rows with the very same ingestion time",
     [](Options& o, std::string_view t) { return set_map(o.bursts, t, parse_burst); }, bursts_text},
    {"big-record", "Table:20MB,...: one record with a text of that size", SANDBOX_MAP(big_record)},
    {"pad", "Table:500,...: bytes added to a text of every record", SANDBOX_MAP(pad)},
    {"malformed", "Table:3,...: records that do not parse", SANDBOX_MAP(malformed)},
    {"token-lifetime", "seconds a token lives", SANDBOX_NUMBER(token_lifetime)},
    {"clock-skew", "the service's clock minus the machine's", SANDBOX_LENGTH(clock_skew)},
    {"tenant", "tenant id", SANDBOX_TEXT(tenant)},
    {"client", "application id", SANDBOX_TEXT(client)},
    {"list-page", "most rows of a page of lists with next links; 0: as documented",
     SANDBOX_NUMBER(list_page)},
    {"expired-blobs", "share of content blobs that are gone when fetched",
     SANDBOX_REAL(expired_blobs)},
    {"blob-life", "from a content blob's creation to its expiry", SANDBOX_LENGTH(blob_life)},
    {"apis", "what harrier.toml switches on and compare judges: hunting,defender,graph,office365",
     SANDBOX_LIST(apis)},
    {"faults", "JSON array of faults active from the start", SANDBOX_TEXT(faults)},
    {"start", "when the tenant came to life (RFC 3339); default: now",
     [](Options& o, std::string_view t) -> Result<> {
       const auto instant = parse_instant(t);
       if (!instant) return Error(Errc::config, fmt::format("'{}' is no time", t));
       o.start = *instant;
       return {};
     },
     [](const Options& o) { return format_instant(o.start); }},
};

}  // namespace

Result<> Options::set(std::string_view key, std::string_view value) {
  for (const auto& setting : kSettings) {
    if (setting.name != key) continue;
    auto done = setting.set(*this, value);
    if (!done) return with_context(std::move(done).error(), fmt::format("--{}", key));
    return {};
  }
  std::vector<std::string> names;
  for (const auto& setting : kSettings) names.emplace_back(setting.name);
  const std::string nearest = nearest_name(key, names);
  return Error(Errc::config,
               fmt::format("there is no setting '{}'{}; see harrier-sandbox --help", key,
                           nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

std::map<std::string, std::string> Options::all() const {
  std::map<std::string, std::string> result;
  for (const auto& setting : kSettings) result.emplace(setting.name, setting.get(*this));
  return result;
}

std::string options_help() {
  std::string text;
  for (const auto& setting : kSettings) {
    text += fmt::format("  --{:<16} {}\n", setting.name, setting.help);
  }
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto part = trim(text.substr(0, comma));
    if (!part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

Result<Ticks> parse_length(std::string_view text) {
  const bool negative = text.starts_with('-');
  auto rest = text.substr(negative ? 1 : 0);
  double seconds = 0;
  while (!rest.empty()) {
    double value = 0;
    const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (code != std::errc()) return Error(Errc::config, fmt::format("'{}' is no duration", text));
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) {
      if (value != 0) return Error(Errc::config, fmt::format("'{}' has no unit (s m h d)", text));
      break;
    }
    const char unit = rest.front();
    const double factor = unit == 's'   ? 1
                          : unit == 'm' ? 60
                          : unit == 'h' ? 3600
                          : unit == 'd' ? 86400
                                        : 0;
    if (factor == 0) return Error(Errc::config, fmt::format("'{}' has an unknown unit", text));
    seconds += value * factor;
    rest.remove_prefix(1);
  }
  const auto ticks = static_cast<std::int64_t>(seconds * static_cast<double>(kTicksPerSecond));
  return Ticks(negative ? -ticks : ticks);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || value < 0)
    return Error(Errc::config, fmt::format("'{}' is no number", text));
  const auto unit =
      to_lower(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
  const double factor = unit.empty()                  ? 1
                        : unit == "kib"               ? 0x1p10
                        : unit == "mib"               ? 0x1p20
                        : unit == "gib"               ? 0x1p30
                        : unit == "k" || unit == "kb" ? 1e3
                        : unit == "m" || unit == "mb" ? 1e6
                        : unit == "gb"                ? 1e9
                                                      : 0;
  if (factor == 0) return Error(Errc::config, fmt::format("'{}' has an unknown unit", text));
  return static_cast<std::uint64_t>(value * factor);
}

Result<> save_state(const Options& options) {
  std::string text = "{";
  for (const auto& [key, value] : options.all()) {
    if (text.size() > 1) text += ",\n ";
    append_json_string(text, key);
    text += ": ";
    append_json_string(text, value);
  }
  text += "}\n";
  return write_file(options.dir / "state.json", text);
}

Result<Options> load_state(const std::filesystem::path& dir) {
  HARRIER_TRY(const auto text, read_file(dir / "state.json"));
  HARRIER_TRY(const auto values, parse_flat_object(text));
  Options options;
  for (const auto& [key, value] : values) HARRIER_TRYV(options.set(key, value));
  options.dir = dir;
  return options;
}

}  // namespace harrier::sandbox
