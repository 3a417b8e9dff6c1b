#include "app/stream_specs.hpp"

#include "base/embedded.hpp"

namespace harrier::embedded {
std::span<const base::EmbeddedText> streams_of_graph_security();
std::span<const base::EmbeddedText> streams_of_microsoft365_defender();
std::span<const base::EmbeddedText> streams_of_office365_management();
}  // namespace harrier::embedded

namespace harrier::app {

const std::vector<ingest::StreamSpec>& all_streams() {
  static const std::vector<ingest::StreamSpec> streams = [] {
    std::vector<ingest::StreamSpec> all;
    for (const auto& files :
         {embedded::streams_of_microsoft365_defender(), embedded::streams_of_graph_security(),
          embedded::streams_of_office365_management()}) {
      for (const auto& file : files) {
        auto parsed = ingest::parse_streams(file.name, file.text);
        if (parsed) all.insert(all.end(), parsed->begin(), parsed->end());
      }
    }
    return all;
  }();
  return streams;
}

std::optional<ingest::StreamSpec> find_stream(std::string_view stream, std::string_view table) {
  std::optional<ingest::StreamSpec> found;
  for (const auto& spec : all_streams()) {
    if (spec.table != table) continue;
    if (spec.name == stream) return spec;
    found = spec;  // a feed's record: the table's last entry is its own
  }
  return found;
}

std::vector<std::string> feeds_of(const model::TableSchema& table) {
  std::vector<std::string> feeds;
  const auto spec = find_stream(table.name, table.name);
  if (!spec || spec->kind != "record") return feeds;
  const std::string contents = spec->option("contents");
  for (const auto& feed : all_streams()) {
    const bool brings = contents.empty() || contents.find(feed.name) != std::string::npos;
    if (feed.kind == "content" && brings) feeds.push_back(feed.name);
  }
  return feeds;
}

}  // namespace harrier::app
