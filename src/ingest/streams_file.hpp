// The parser of `connectors/<name>/streams.toml`: every feed of a connector, described rather than
// coded.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::ingest {

/// Names of coded values, by the table's name (`[names.NAME]`).
using NameTables =
    std::map<std::string, std::vector<std::pair<std::string, std::string>>, std::less<>>;

/// One feed. `[defaults]` of the file fill in what an entry does not say.
struct StreamSpec {
  std::string name;        ///< defaults to `table`
  std::string table;       ///< the table it fills; empty for a feed of several
  std::string kind;        ///< which code of the connector runs it
  std::string api;         ///< graph, defender, office365 or hunting
  std::string path;        ///< below the API's base URL
  std::string permission;  ///< application permission it needs
  /// Everything else that is a scalar, as text: numbers and booleans as TOML spells them, durations
  /// as `1h`.
  std::map<std::string, std::string, std::less<>> options;
  /// `columns`: rules from store column to property, in file order.
  std::vector<std::pair<std::string, std::string>> columns;

  std::shared_ptr<const NameTables> names;  ///< of the whole file

  [[nodiscard]] std::string option(std::string_view key, std::string_view fallback = {}) const;
  /// A duration option; `fallback` where it is absent.
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view key,
                                                   std::chrono::milliseconds fallback) const;
};

/// All feeds of a streams.toml. Errors: parse, with file and line.
[[nodiscard]] Result<std::vector<StreamSpec>> parse_streams(std::string_view file,
                                                            std::string_view text);

}  // namespace harrier::ingest
