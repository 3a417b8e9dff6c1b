// One table of each connector in trouble, each in its own way: the others do not notice.
#include "support/catch.hpp"

#include "e2e/tenant.hpp"

#include <set>
#include <sstream>

using Catch::Contains;
using namespace harrier::test;

namespace {

// The tables that `compare` finds wrong.
std::set<std::string> wrong_tables(const std::string& text) {
  std::set<std::string> tables;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string verdict;
    std::string table;
    if (words >> verdict >> table && verdict == "WRONG") tables.insert(table);
  }
  return tables;
}

// What `status --json` says about one table.
std::string entry_of(const std::string& json, const std::string& table) {
  const auto begin = json.find("{\"table\":\"" + table + "\"");
  if (begin == std::string::npos) return {};
  return json.substr(begin, json.find("\"rows\":", begin) - begin);
}

// The line of a table in `status`.
std::string line_of(const std::string& text, const std::string& table) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(table + " ")) return line;
  }
  return {};
}

}  // namespace

TEST_CASE("A denied, an unlicensed and a failing table leave the others whole, and say what to do",
          "[e2e]") {
  const Tenant tenant({"--apis", "hunting,graph,office365", "--tables",
                       "DeviceInfo,EmailEvents,AlertInfo", "--unlicensed", "EmailEvents",
                       "--events", "40"});
  tenant.configure("poll_interval = \"5m\"", "poll_interval = \"5m\"\ncalls_per_minute = 100000");
  tenant.set_faults(R"([
    {"kind":"forbidden","api":"graph","path":"/security/secureScores"},
    {"kind":"status","status":500,"form":"body","seconds":1,"api":"office365",
     "path":"subscriptions/content?contentType=Audit.AzureActiveDirectory"}])");

  const auto once = tenant.once();
  INFO(once.output);
  CHECK(once.code == 1);

  const auto compared = tenant.compare();
  INFO(compared.output);
  CHECK(wrong_tables(compared.output) == std::set<std::string>{"AuditGeneral", "SecureScores"});

  const auto json = tenant.harrier({"status", "--json"}).output;
  const auto text = tenant.harrier({"status"}).output;
  INFO(json << text);
  const auto says = [&](const char* table, const char* state, const char* remedy) {
    CHECK_THAT(entry_of(json, table),
               Contains(std::string("\"state\":\"") + state + '"') && Contains(remedy));
    CHECK_THAT(line_of(text, table), Contains(state) && Contains(remedy));
  };
  says("SecureScores", "denied", "grant the application permission SecurityEvents.Read.All");
  says("EmailEvents", "unlicensed", "the tenant does not offer this table; tried again daily");
  says("AuditGeneral", "failing", "status 500");
  says("AuditGeneral", "failing", "look at the service health");
  says("AuditGeneral", "failing", "tried again by itself, at least every 15 minutes");
  CHECK_THAT(text, Contains("1 denied, 1 failing") && Contains("1 unlicensed"));
}
