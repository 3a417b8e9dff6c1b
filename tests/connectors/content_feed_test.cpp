// The audit feed's durable work: a blob stays work until its rows are stored.
#include "connectors/harness.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

using namespace harrier;
using namespace harrier::test;

namespace {

constexpr const char* kRecords =
    R"([{"Id":"r1","RecordType":1,"Workload":"Exchange","Operation":"x","CreationTime":"2026-11-24T00:00:00","UserType":2},
{"Id":"r2","RecordType":1,"Workload":"Exchange","Operation":"y","CreationTime":"2026-11-24T00:00:01","UserType":2}])";

// A service with one subscription and one blob in it.
void serve_one_blob(Harness& harness) {
  const std::string feed = "/api/v1.0/" + harness.settings.tenant.id + "/activity/feed";
  std::string enabled;
  for (const char* type : {"Audit.Exchange", "Audit.SharePoint", "Audit.General",
                           "Audit.AzureActiveDirectory", "DLP.All"})
    enabled += std::string(enabled.empty() ? "" : ",") + R"({"status":"enabled","contentType":")" +
               type + "\"}";
  harness.server.script(feed + "/subscriptions/list", Reply(200, "[" + enabled + "]"));
  harness.server.script(feed + "/subscriptions/content", Reply(200, "[]"));
  harness.server.script(
      feed + "/subscriptions/content?contentType=Audit.Exchange",
      Reply(200, R"([{"contentId":"one","contentType":"Audit.Exchange","contentUri":")" +
                     harness.server.url(feed + "/audit/one") +
                     R"(","contentCreated":"2026-11-24T00:00:00.000Z",)" +
                     R"("contentExpiration":"2099-01-01T00:00:00Z"}])"));
  harness.server.script(feed + "/audit/one", Reply(200, kRecords));
}

void change(const Harness& harness, const char* sql) {
  sqlite3* db = nullptr;
  const auto file = harness.settings.storage.directory / "OfficeActivity.db";
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

std::string blobs(const Harness& harness, const char* state) {
  return harness.ask("_harrier",
                     std::string("SELECT count(*) FROM work_items WHERE state = '") + state + "'");
}

}  // namespace

TEST_CASE("A blob whose rows could not be stored is fetched again",
          "[connectors][office365][crash]") {
  Harness harness({"OfficeActivity"});
  REQUIRE_FALSE(harness.once().caught_up);  // nothing is served yet; the store exists from here on
  change(harness,
         "CREATE TRIGGER refuse BEFORE INSERT ON OfficeActivity WHEN NEW.OfficeId = 'r2' "
         "BEGIN SELECT RAISE(ABORT, 'refused'); END");
  serve_one_blob(harness);
  harness.restart();

  REQUIRE_FALSE(harness.once().caught_up);
  CHECK(harness.ask("OfficeActivity", "SELECT count(*) FROM OfficeActivity") == "0");
  CHECK(blobs(harness, "pending") == "1");
  CHECK(blobs(harness, "done") == "0");

  change(harness, "DROP TRIGGER refuse");
  harness.restart();
  REQUIRE(harness.once().caught_up);
  CHECK(harness.ask("OfficeActivity", "SELECT count(*) FROM OfficeActivity") == "2");
  CHECK(blobs(harness, "done") == "1");
}
