// Recorded audit records (HARRIER_SAMPLES) as content blobs that come twice, in any order: each
// distinct record is stored once.
#include "connectors/harness.hpp"
#include "connectors/recorded.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace harrier;
using namespace harrier::test;

namespace {

const std::vector<std::string> kTables = {
    "OfficeActivity",  "AuditGeneral",        "PowerBIActivity",
    "ProjectActivity", "Dynamics365Activity", "MicrosoftPurviewInformationProtection"};

// Blobs of 40 records behind one listing of a content type.
void serve(FakeServer& server, const std::string& tenant, const std::vector<std::string>& records) {
  const std::string feed = "/api/v1.0/" + tenant + "/activity/feed";
  std::string subscribed;
  for (const char* type : {"Audit.Exchange", "Audit.SharePoint", "Audit.AzureActiveDirectory",
                           "Audit.General", "DLP.All"})
    subscribed += fmt::format(R"({}{{"contentType":"{}","status":"enabled","webhook":null}})",
                              subscribed.empty() ? "" : ",", type);
  server.script(feed + "/subscriptions/list", Reply(200, "[" + subscribed + "]"));
  server.script(feed + "/subscriptions/content", Reply(200, "[]"));
  std::string listing;
  constexpr std::size_t kBlob = 40;
  for (std::size_t at = 0; at < records.size(); at += kBlob) {
    std::string body;
    for (std::size_t i = at; i < std::min(at + kBlob, records.size()); ++i)
      body += (body.empty() ? "[" : ",") + records[i];
    const std::string path = fmt::format("{}/audit/b{}", feed, at);
    server.script(path + "?", Reply(200, body + "]").pack(Packing::gzip));
    listing += fmt::format(
        R"({}{{"contentUri":"{}","contentId":"b{}","contentType":"Audit.General",)"
        R"("contentCreated":"2026-11-24T00:00:00.000Z","contentExpiration":"2099-01-01T00:00:00Z"}})",
        listing.empty() ? "" : ",", server.url(path), at);
  }
  server.script(feed + "/subscriptions/content?contentType=Audit.General",
                Reply(200, "[" + listing + "]"));
}

// How many rows each table holds.
std::string collected(const std::vector<std::string>& records) {
  Harness harness(kTables);
  harness.settings.storage.retention = settings::Milliseconds(0);
  serve(harness.server, harness.settings.tenant.id, records);
  CHECK(harness.once().caught_up);
  std::string rows;
  for (const auto& table : kTables)
    rows += fmt::format("{}: {}\n", table, harness.ask(table, "SELECT count(*) FROM " + table));
  return rows;
}

}  // namespace

TEST_CASE("Recorded audit records that come twice and shuffled are stored once",
          "[connectors][samples]") {
  const model::Catalog catalog = model::Catalog::load_embedded().value();
  const AuditTables audit = audit_tables(catalog);
  std::map<std::string, std::string> table_of;
  for (const auto& stream : audit.names) table_of[stream] = table_map(catalog, stream).table->name;
  std::map<std::string, std::set<std::string>> distinct;
  std::vector<std::string> records;
  for (const auto& record : recorded_records()) {
    if (record.table != "audit") continue;
    records.push_back(record.text);
    const auto stream = static_cast<std::size_t>(audit.route(record.text));
    distinct[table_of[audit.names[stream]]].insert(canonical_json(record.text));
  }
  if (records.empty()) {
    WARN("HARRIER_SAMPLES is not set: skipped");
    return;
  }
  std::string expected;
  for (const auto& table : kTables)
    expected += fmt::format("{}: {}\n", table, distinct[table].size());

  auto twice = records;
  twice.insert(twice.end(), records.begin(), records.end());
  std::shuffle(twice.begin(), twice.end(), std::mt19937(20261124));  // NOLINT: the same each time

  CHECK(collected(records) == expected);
  CHECK(collected(twice) == expected);
}
