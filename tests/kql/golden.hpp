// Golden files of the language.
#pragma once

#include "base/result.hpp"
#include "kql/compile.hpp"
#include "model/catalog.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::test {

/// One `kql` or `error` block: the query and what it expects, section by section.
struct GoldenBlock {
  bool error = false;
  std::string query;
  std::vector<std::pair<std::string, std::string>> sections;
};

/// A golden file: comments and table lines as they stand, then blocks.
struct GoldenFile {
  std::string head;
  std::vector<model::TableSchema> tables;
  std::vector<GoldenBlock> blocks;
};

/// Reads `text`. A line `table T (a:string, b:long)` adds a table; `kql` and `error` begin blocks;
/// `----` begins a section.
[[nodiscard]] Result<GoldenFile> parse_golden(std::string_view text);
[[nodiscard]] std::string print_golden(const GoldenFile& file);

/// A table with these columns and no time column of its own (`t` counts as one where it is there).
[[nodiscard]] model::TableSchema make_table(std::string_view name, std::string_view columns);
/// The tables of a file, or the shipped catalog where it names none.
[[nodiscard]] Result<model::Catalog> catalog_of(const GoldenFile& file);
/// The clock of all golden queries: 2026-11-24T12:00:00Z.
[[nodiscard]] kql::CompileOptions golden_options();
/// `name:type` a line.
[[nodiscard]] std::string columns_text(const kql::Schema& schema);

/// Runs the files (or those in a folder); with `update` their expectations are rewritten. Returns
/// the number of differences.
int run_golden(const std::vector<std::string>& paths, bool update);
/// Compares columns with the case files of HARRIER_KQL_CASES and prints the agreement; 0 when it is
/// not below the floor.
int run_cases(bool verbose);
/// Reads queries separated by NUL bytes and prints one JSON object for each.
int run_columns(const std::string& tables);
/// Prints the tables of a golden file as JSON lines.
int run_schema(const std::string& tables);

}  // namespace harrier::test
