#include "connectors/microsoft365_defender/hunting_query.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::connectors::microsoft365_defender {

namespace {

std::string source(const HuntingRead& read) {
  std::string text = fmt::format("{}\n| extend _Ingested = ingestion_time()", read.table);
  if (!read.clock.empty())
    text += fmt::format("\n| where {0} >= datetime({1}) and {0} < datetime({2})", read.clock,
                        format_instant(read.window.from), format_instant(read.window.to));
  if (read.shard.of > 1)
    text += fmt::format("\n| where hash(tostring(pack_all()), {}) == {}", read.shard.of,
                        read.shard.index);
  if (!read.filter.empty()) text += fmt::format("\n| where {}", read.filter);
  return text;
}

}  // namespace

std::string rows_query(const HuntingRead& read) {
  return source(read);
}

std::string count_query(const HuntingRead& read) {
  return source(read) + "\n| summarize count()";
}

std::string probe_query(std::string_view table, int rows) {
  return fmt::format("{}\n| extend _Ingested = ingestion_time()\n| take {}", table, rows);
}

std::string request_body(std::string_view query) {
  std::string body = R"({"Query":)";
  append_json_string(body, query);
  return body + R"(,"Timespan":"P30D"})";
}

std::string window_text(model::Window window) {
  return format_instant(window.from) + "/" + format_instant(window.to);
}

std::optional<model::Window> parse_window(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto from = parse_instant(text.substr(0, slash));
  const auto to = parse_instant(text.substr(slash + 1));
  if (!from || !to) return std::nullopt;
  return model::Window{*from, *to};
}

int shards_for(std::int64_t rows, std::int64_t max_rows) noexcept {
  const std::int64_t half = std::max<std::int64_t>(max_rows / 2, 1);
  return static_cast<int>(std::clamp<std::int64_t>((rows + half - 1) / half, 2, 4096));
}

bool may_be_cut(std::int64_t rows, std::int64_t max_rows) noexcept {
  return rows * 100 >= max_rows * 95;
}

}  // namespace harrier::connectors::microsoft365_defender
