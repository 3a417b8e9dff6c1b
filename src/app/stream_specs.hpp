// What the connectors' streams.toml files say, for those who look from outside.
#pragma once

#include "ingest/streams_file.hpp"
#include "model/schema.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::app {

/// The streams of every connector. An unsound file is a bug that a test of the connectors finds,
/// and reads as empty here.
[[nodiscard]] const std::vector<ingest::StreamSpec>& all_streams();
/// The entry of a record's stream for `table`; nullopt where there is none.
[[nodiscard]] std::optional<ingest::StreamSpec> find_stream(std::string_view stream,
                                                            std::string_view table);
/// The names of the feeds that bring a table's rows; empty where the table's store keeps the ledger
/// itself.
[[nodiscard]] std::vector<std::string> feeds_of(const model::TableSchema& table);

}  // namespace harrier::app
