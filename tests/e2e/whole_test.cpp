// Every table that an API can deliver, with everything that the services do to a collector.
#include "support/ask_store.hpp"

#include "e2e/expect.hpp"

#include <set>
#include <sstream>

using namespace harrier::test;

namespace {

constexpr const char* kEveryApi = "hunting,defender,graph,office365";
constexpr const char* kFast = "poll_interval = \"5m\"\ncalls_per_minute = 100000";

// What the state file says about content blobs.
std::string ask_feed(const Tenant& tenant, const std::string& condition) {
  return ask_store(tenant.stores() / "_harrier.db",
                   "SELECT count(*) FROM work_items WHERE " + condition);
}

// The spans that `verify` names, once each: `FEED: FROM to TO is lost: REASON`. A line that says
// anything else is kept whole.
std::set<std::string> lost_spans(const std::string& text) {
  std::set<std::string> spans;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("FAIL ")) continue;
    const auto end = line.find(" is lost: the blob expired before it could be fetched");
    const auto begin = line.find(": ");
    spans.insert(end == std::string::npos ? line : line.substr(begin + 2, end - begin - 2));
  }
  return spans;
}

void collect_everything(const std::string& events) {
  const Tenant tenant({"--apis", kEveryApi, "--events", events, "--duplicates", "30%", "--late",
                       "5%:6h", "--list-page", "60", "--blob-life", "26h"});
  tenant.configure("poll_interval = \"5m\"", kFast);
  const auto tables = tenant.harrier({"tables", "--all", "--json"});
  INFO(tables.output.substr(0, 2000));
  REQUIRE(tables.output.find("\"enabled\":false") == std::string::npos);

  // Blobs wait while the permission to fetch them is missing; some expire meanwhile.
  tenant.set_faults(R"([
    {"kind":"forbidden","api":"office365","path":"/activity/feed/audit/"},
    {"kind":"expire_tokens","api":"office365","path":"nextpage","next":1},
    {"kind":"expire_tokens","api":"graph","path":"skiptoken","next":1,"skip":1},
    {"kind":"expire_tokens","api":"defender","path":"skiptoken","next":1},
    {"kind":"repeat","api":"graph","share":0.3},
    {"kind":"throttle","api":"graph","table":"DeviceEvents","form":"fraction","seconds":0.3,"next":3},
    {"kind":"throttle","api":"graph","table":"EmailEvents","form":"date","seconds":2,"next":1},
    {"kind":"throttle","api":"graph","path":"/security/incidents","form":"none","next":1},
    {"kind":"throttle","api":"graph","path":"/security/alerts_v2","form":"date","seconds":1,"next":2},
    {"kind":"throttle","api":"defender","path":"/api/machines","form":"fraction","seconds":0.25,"next":2},
    {"kind":"throttle","api":"defender","path":"/api/indicators","form":"body","seconds":1,"next":1}])");
  const auto denied = tenant.once();
  INFO(denied.output);
  REQUIRE(denied.code == 1);
  REQUIRE(ask_feed(tenant, "state = 'pending'") != "0");
  REQUIRE(ask_feed(tenant, "state <> 'pending'") == "0");

  tenant.clear_faults();
  tenant.set_faults(R"([
    {"kind":"af429","api":"office365","path":"/audit/","next":1},
    {"kind":"throttle","api":"office365","path":"/content","form":"fraction","seconds":0.4,"next":2},
    {"kind":"throttle","api":"office365","path":"/audit/","form":"date","seconds":1,"next":1,"skip":6}])");
  tenant.move_clock("6h");
  collect_and_compare(tenant);
  // Whatever expired before the second run is lost, and nothing else.
  CHECK(ask_feed(tenant, "state = 'pending'") == "0");
  CHECK(ask_feed(tenant, "state = 'lost'") != "0");
  CHECK(ask_feed(tenant, "state = 'done'") != "0");
  CHECK(ask_feed(tenant,
                 "state = 'done' AND expires < (SELECT max(expires) FROM work_items WHERE "
                 "state = 'lost')") == "0");
  const auto lost = ask_store(tenant.stores() / "_harrier.db",
                              "SELECT count(DISTINCT stream || substr(created, 1, 19)) FROM "
                              "work_items WHERE state = 'lost'");
  const auto verified = tenant.harrier({"verify"});
  INFO(verified.output);
  CHECK(verified.code == 3);
  CHECK(std::to_string(lost_spans(verified.output).size()) == lost);
}

}  // namespace

TEST_CASE("Every table fills, through duplicates, late rows, storms, dying tokens and blobs",
          "[e2e][whole]") {
  collect_everything("80,Audit.General:1200");
}

TEST_CASE("Every table fills, at length", "[e2e][whole][.long]") {
  collect_everything("4000,Audit.General:20000");
}
