// Names, types and order of the table files against a schema pack: the folder in HARRIER_SCHEMA
// with a tables.json.
#include "model/catalog.hpp"
#include "support/catch.hpp"

#include <simdjson.h>

#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace harrier;
using Columns = std::vector<std::pair<std::string, std::string>>;

struct PackTable {
  std::string kind;
  std::string time;
  Columns columns;
};

std::map<std::string, PackTable> read_pack(const std::string& file) {
  std::map<std::string, PackTable> tables;
  simdjson::dom::parser parser;
  for (simdjson::dom::element entry : parser.load(file).get_array()) {
    PackTable table;
    table.kind = std::string(entry["kind"].get_string().value());
    table.time = std::string(entry["timeColumn"].get_string().value());
    for (simdjson::dom::element column : entry["columns"].get_array()) {
      const std::string name(column["name"].get_string().value());
      if (name.front() == '_') continue;  // billing columns are left out
      table.columns.emplace_back(name, column["type"].get_string().value());
    }
    tables.emplace(entry["table"].get_string().value(), std::move(table));
  }
  return tables;
}

}  // namespace

TEST_CASE("the table files agree with the schema pack", "[pack]") {
  const char* folder = std::getenv("HARRIER_SCHEMA");  // NOLINT(concurrency-mt-unsafe)
  if (folder == nullptr) {
    WARN("skipped: HARRIER_SCHEMA is not set");
    return;
  }
  const auto catalog = model::Catalog::load_embedded();
  REQUIRE(catalog.has_value());
  const auto pack = read_pack(std::string(folder) + "/tables.json");
  CHECK(pack.size() == 102);
  for (const auto& [name, expected] : pack) {
    CAPTURE(name);
    const auto table = catalog.value().find(name);
    REQUIRE(table != nullptr);
    CHECK(model::to_string(table->kind) == expected.kind);
    CHECK(table->time_column == expected.time);
    Columns columns;
    for (const auto& column : table->columns)
      columns.emplace_back(column.source_name, model::to_string(column.type));
    CHECK(columns == expected.columns);
  }
}
