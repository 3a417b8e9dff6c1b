// The record map of a stream, from its `columns` in streams.toml.
#pragma once

#include "ingest/record_map.hpp"
#include "ingest/streams_file.hpp"

#include <memory>
#include <string_view>

namespace harrier::ingest {

/// Compiles `spec.columns`: paths and constants as `parse_map_rule` reads them; ` -> NAMES` at the
/// end names a table of `[names.NAMES]` that gives codes their names; `=$tenant` is the tenant's
/// id. Null where there are no rules. Errors: config.
[[nodiscard]] Result<std::shared_ptr<const RecordMap>> stream_map(const StreamSpec& spec,
                                                                  std::string_view tenant);

}  // namespace harrier::ingest
