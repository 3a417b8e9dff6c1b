#include "support.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace harrier::settings {

namespace {

using test::catalog;

/// With HARRIER_UPDATE=1 the file is written anew first.
TEST_CASE("The shipped configuration is the reference configuration", "[settings]") {
  const auto reference = reference_configuration(catalog());
  if (std::getenv("HARRIER_UPDATE") != nullptr)
    std::ofstream("config/harrier.toml", std::ios::binary) << reference;
  std::ifstream in("config/harrier.toml", std::ios::binary);
  const std::string shipped((std::istreambuf_iterator<char>(in)), {});

  CHECK(shipped == reference);
}

TEST_CASE(
    "The shipped configuration loads, lists every selectable table and enables a sensible set",
    "[settings]") {
  const auto result = load("config/harrier.toml", catalog(), FileChecks::off);

  for (const auto& problem : result.problems) UNSCOPED_INFO(problem.text());
  REQUIRE(result.settings.has_value());
  for (const auto& table : catalog().tables()) {
    CAPTURE(table->name);
    const auto connector = result.settings->connectors.find(table->connector);
    REQUIRE(connector != result.settings->connectors.end());
    CHECK(connector->second.tables.contains(table->name) == table->selectable);
  }
  const auto enabled = result.settings->enabled_tables(catalog());
  CHECK(std::count_if(enabled.begin(), enabled.end(), [](const auto& table) {
          return table->connector == "microsoft365_defender";
        }) == 21);
  CHECK(enabled.size() == 26);
}

TEST_CASE("Commented lines of the shipped configuration are valid when they are used",
          "[settings]") {
  std::string text = reference_configuration(catalog());
  for (const char* key : {"connect_timeout", "request_timeout", "min_free", "format", "listen",
                          "backfill", "settle", "max_rows", "max_bytes", "calls_per_minute",
                          "concurrency", "login", "graph ", "defender", "office365", "proxy"}) {
    for (auto at = text.find(fmt::format("\n# {}", key)); at != std::string::npos;
         at = text.find(fmt::format("\n# {}", key)))
      text.erase(at + 1, 2);
  }
  const harrier::test::TempDir folder;

  const auto result = load(folder.write("harrier.toml", text), catalog(), FileChecks::off);

  for (const auto& problem : result.problems) UNSCOPED_INFO(problem.text());
  CHECK(result.settings.has_value());
}

}  // namespace

}  // namespace harrier::settings
