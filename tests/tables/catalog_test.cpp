// Every file of storage/tables obeys the rules of the catalog.
#include "model/catalog.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace harrier;

const model::Catalog& catalog() {
  static const auto loaded = model::Catalog::load_embedded();
  if (loaded.has_error()) FAIL(loaded.error().message);
  return loaded.value();
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  });
}

bool is_one_sentence(std::string_view text) {
  return text.size() > 10 && text.size() <= 160 && text.back() == '.' &&
         text.find(". ") == text.npos && text.find('\n') == text.npos && text.front() >= 'A' &&
         text.front() <= 'Z';
}

}  // namespace

TEST_CASE("the catalog holds every table file, and each bears its table's name") {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator("storage/tables")) {
    REQUIRE(entry.path().extension() == ".toml");
    files.insert(entry.path().stem().string());
  }
  const auto listed = catalog().names();
  const std::set<std::string> names(listed.begin(), listed.end());
  CHECK(names.size() == listed.size());
  CHECK(names == files);
  CHECK(names.size() == 111);
}

TEST_CASE("table names are unique even when case is ignored") {
  std::set<std::string> lower;
  for (const auto& table : catalog().tables()) CHECK(lower.insert(to_lower(table->name)).second);
}

TEST_CASE("every table says in one sentence what its rows are, and where the facts come from") {
  for (const auto& table : catalog().tables()) {
    CAPTURE(table->name, table->doc);
    CHECK(is_plain_name(table->name));
    CHECK(is_one_sentence(table->doc));
    CHECK_FALSE(table->group.empty());
    CHECK_FALSE(table->source.empty());
    CHECK((table->retired.empty() || table->retired.back() == '.'));
  }
}

TEST_CASE(
    "columns are unique even when case is ignored, and none looks like one of Harrier's own") {
  for (const auto& table : catalog().tables()) {
    CAPTURE(table->name);
    std::set<std::string> lower;
    CHECK_FALSE(table->columns.empty());
    for (const auto& column : table->columns) {
      CAPTURE(column.name);
      CHECK(is_plain_name(column.name));
      CHECK(column.name.front() != '_');
      CHECK(lower.insert(to_lower(column.name)).second);
    }
  }
}

TEST_CASE(
    "a name that differs from an earlier one only in case gets a suffix and keeps its spelling on "
    "the wire") {
  const auto table = catalog().find("DeviceProcessEvents");
  REQUIRE(table != nullptr);
  const auto* first = table->find("LogonId");
  const auto* second = table->find("LogonID_1");
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first->source_name == "LogonId");
  CHECK(second->source_name == "LogonID");
  CHECK(table->find("LogonID") == nullptr);
}

TEST_CASE("time, key and version columns exist, and time is a datetime") {
  for (const auto& table : catalog().tables()) {
    CAPTURE(table->name);
    if (!table->time_column.empty()) {
      const auto* time = table->find(table->time_column);
      REQUIRE(time != nullptr);
      CHECK(time->type == model::ScalarType::datetime);
    }
    std::set<std::string> keys(table->keys.begin(), table->keys.end());
    CHECK(keys.size() == table->keys.size());
    for (const auto& key : table->keys) CHECK(table->find(key) != nullptr);
    if (!table->version_column.empty()) {
      REQUIRE(table->find(table->version_column) != nullptr);
      CHECK(table->find(table->version_column)->type == model::ScalarType::datetime);
    }
  }
}

TEST_CASE(
    "tables of things that change have a newest version, told apart by something other than their "
    "time") {
  for (const auto& table : catalog().tables()) {
    CAPTURE(table->name);
    if (table->kind != model::TableKind::event) CHECK(table->has_latest);
    if (table->is_snapshot()) CHECK(table->kind != model::TableKind::event);
    if (!table->has_latest) CHECK(table->version_column.empty());
    if (!table->has_latest || table->is_snapshot()) continue;
    CHECK_FALSE(table->keys.empty());
    for (const auto& key : table->keys) {
      CHECK(key != table->time_column);
      CHECK(key != table->version_column);
    }
  }
  for (const char* name :
       {"SecurityAlert", "SecurityIncident", "SigninLogs", "AADNonInteractiveUserSignInLogs",
        "AADRiskyUsers", "AADUserRiskEvents", "MdeMachines", "DeviceInfo", "SecureScores"}) {
    CAPTURE(name);
    REQUIRE(catalog().find(name) != nullptr);
    CHECK(catalog().find(name)->has_latest);
  }
}

TEST_CASE("the select-events page has an order: positions are unique and groups are in one piece") {
  std::map<std::string, std::set<int>> positions;
  std::map<std::string, std::vector<std::string>> groups;
  for (const auto& table : catalog().tables()) {
    CAPTURE(table->name);
    CHECK(table->order > 0);
    CHECK(positions[table->connector].insert(table->order).second);
    auto& seen = groups[table->connector];
    if (seen.empty() || seen.back() != table->group) {
      CHECK(std::find(seen.begin(), seen.end(), table->group) == seen.end());
      seen.push_back(table->group);
    }
  }
  REQUIRE(groups.size() == 3);
  const std::vector<std::string> first(groups["microsoft365_defender"].begin(),
                                       groups["microsoft365_defender"].begin() + 5);
  CHECK(first == std::vector<std::string>{"Defender for Endpoint", "Defender for Office 365",
                                          "Defender for Identity", "Defender for Cloud Apps",
                                          "Defender alerts"});
}

TEST_CASE("tables that no polled API fills cannot be selected") {
  std::map<std::string, int> selectable;
  for (const auto& table : catalog().tables()) {
    if (table->selectable) ++selectable[table->connector];
  }
  CHECK(selectable["microsoft365_defender"] == 71);
  CHECK(selectable["graph_security"] == 16);
  CHECK(selectable["office365_management"] == 6);
  for (const char* name :
       {"GraphSignIn", "ADFSSignInLogs", "MicrosoftGraphActivityLogs", "ThreatIntelIndicators"}) {
    CAPTURE(name);
    REQUIRE(catalog().find(name) != nullptr);
    CHECK_FALSE(catalog().find(name)->selectable);
  }
  CHECK(catalog().find("GraphAPIAuditEvents")->selectable);
}

TEST_CASE("a table has Timestamp and TimeGenerated, as columns or as aliases of its time column") {
  CHECK(catalog().find("DeviceProcessEvents")->time_aliases() ==
        std::vector<std::string>{"TimeGenerated"});
  CHECK(catalog().find("SigninLogs")->time_aliases() == std::vector<std::string>{"Timestamp"});
  CHECK(catalog().find("CallActivityEvents")->time_aliases() ==
        std::vector<std::string>{"Timestamp", "TimeGenerated"});
  for (const char* name :
       {"UrlClickEvents", "EntraIdSignInEvents", "EntraIdSpnSignInEvents", "GraphAPIAuditEvents"})
    CHECK(catalog().find(name)->time_aliases().empty());
}
