#include "ingest/stream_map.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace harrier::ingest {

Result<std::shared_ptr<const RecordMap>> stream_map(const StreamSpec& spec,
                                                    std::string_view tenant) {
  if (spec.columns.empty()) return std::shared_ptr<const RecordMap>();
  std::vector<MapRule> rules;
  for (const auto& [column, text] : spec.columns) {
    std::string_view path = text;
    std::string_view names;
    if (const auto arrow = path.find(" -> "); arrow != std::string_view::npos) {
      names = trim(path.substr(arrow + 4));
      path = trim(path.substr(0, arrow));
    }
    MapRule rule = parse_map_rule(column, path);
    if (rule.constant == "$tenant") rule.constant = tenant;
    if (!names.empty()) {
      const auto found = spec.names ? spec.names->find(names) : NameTables::const_iterator();
      if (!spec.names || found == spec.names->end())
        return Error(Errc::config,
                     fmt::format("stream {}: column {} wants the unknown names \"{}\"", spec.name,
                                 column, names));
      rule.names = found->second;
    }
    rules.push_back(std::move(rule));
  }
  return RecordMap::make(std::move(rules));
}

}  // namespace harrier::ingest
