// Results of queries, and how they are compared with recorded answers.
#pragma once

#include "query/service.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query::test {

/// A whole result; cells are JSON.
struct Rows {
  std::vector<std::string> names;
  std::vector<std::string> types;
  std::vector<std::vector<std::string>> rows;
};

/// Keeps the rows of a query.
class CollectingSink final : public Sink {
 public:
  Result<> begin(const kql::Schema& schema) override;
  Result<bool> rows(const Chunk& chunk) override;

  Result<> end(const Summary&) override { return {}; }

  Rows result;
};

/// Runs a query that reads no store, at a fixed time.
[[nodiscard]] Result<Rows> run_query(std::string_view text, const Limits& limits = {});
/// The same with a folder of mappings.
[[nodiscard]] Result<Rows> run_query(std::string_view text, const std::filesystem::path& mappings);

/// The first row's first cell as JSON; the error's message where the query fails.
[[nodiscard]] std::string value_of_query(std::string_view text);

/// A cell's JSON as the csv output prints it.
[[nodiscard]] std::string csv_cell(std::string_view json);

/// Numbers by value, times as instants, durations as lengths, null like "", objects without key
/// order, 0/1 like false/true.
[[nodiscard]] bool same_cell(std::string_view got_json, std::string_view expected_json);
/// The same with an answer as a page prints it.
[[nodiscard]] bool same_printed(std::string_view got_json, std::string_view printed);

}  // namespace harrier::query::test
