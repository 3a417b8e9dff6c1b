#include "connectors/connectors.hpp"
#include "ingest/api_limits.hpp"
#include "ingest/spec_connector.hpp"
#include "ingest/stream_map.hpp"
#include "support/catch.hpp"

#include <set>

using namespace harrier;

namespace {

const model::Catalog& catalog() {
  static const model::Catalog loaded = model::Catalog::load_embedded().value();
  return loaded;
}

// The specs of every connector folder.
std::vector<ingest::StreamSpec> all_specs() {
  std::vector<ingest::StreamSpec> specs;
  for (const auto& connector : connectors::make_connectors()) {
    const auto* described = dynamic_cast<const ingest::SpecConnector*>(connector.get());
    REQUIRE(described != nullptr);
    specs.insert(specs.end(), described->specs().begin(), described->specs().end());
  }
  return specs;
}

}  // namespace

TEST_CASE("Every stream's table is in the catalog, and every mapped column in its table",
          "[connectors]") {
  for (const auto& spec : all_specs()) {
    CAPTURE(spec.name);
    if (spec.kind == "content") continue;
    const auto table = catalog().find(spec.table);
    REQUIRE(table != nullptr);
    for (const auto& [column, rule] : spec.columns) {
      CAPTURE(column, rule);
      CHECK((column == "_Removed" || table->find(column) != nullptr));
    }
    CHECK(ingest::stream_map(spec, "tenant").has_value());
    CHECK_FALSE(spec.permission.empty());
  }
}

TEST_CASE("Every selectable table is filled by exactly one connector, which names the permission",
          "[connectors]") {
  const auto all = connectors::make_connectors();
  for (const auto& table : catalog().tables()) {
    if (!table->selectable) continue;
    CAPTURE(table->name);
    std::set<std::string> fillers;
    for (const auto& connector : all) {
      if (!connector->permission(*table).empty()) fillers.insert(std::string(connector->name()));
    }
    CHECK(fillers == std::set<std::string>{table->connector});
  }
}

TEST_CASE("Every stream names a budget that exists", "[connectors]") {
  std::set<std::string> keys;
  for (const auto& limit : ingest::api_limits()) keys.insert(std::string(limit.key));
  for (const auto& spec : all_specs()) {
    CAPTURE(spec.name);
    CHECK(keys.contains(spec.api));
  }
}
