// Recorded records (HARRIER_SAMPLES) as pages of the lists that have them: each distinct record is
// stored once.
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

// Pages of 25 records; whatever window is asked for, all of them.
void serve(FakeServer& server, const std::string& path, const std::vector<std::string>& records) {
  constexpr std::size_t kPage = 25;
  std::vector<std::string> pages;
  for (std::size_t at = 0; at < records.size(); at += kPage) {
    std::string page;
    for (std::size_t i = at; i < std::min(at + kPage, records.size()); ++i)
      page += (page.empty() ? "" : ",") + records[i];
    if (at + kPage < records.size()) {
      page += fmt::format(R"(],"@odata.nextLink":"{}")",
                          server.url(fmt::format("{}?next={}", path, pages.size() + 1)));
    } else {
      page += "]";
    }
    pages.push_back(R"({"value":[)" + page + "}");
    server.script(fmt::format("{}?next={}", path, pages.size() - 1), Reply(200, pages.back()));
  }
  server.script(path, Reply(200, pages.front()));
}

}  // namespace

TEST_CASE("Recorded records of lists that come twice and shuffled are stored once",
          "[connectors][samples]") {
  const model::Catalog catalog = model::Catalog::load_embedded().value();
  std::map<std::string, std::vector<std::string>> records;
  for (const auto& record : recorded_records()) {
    if (record.table == "malformed" || record.table == "audit" || record.table.empty()) continue;
    if (record.file.find("derived_jsonl") == std::string::npos)
      records[record.table].push_back(record.text);
  }
  if (records.empty()) {
    WARN("HARRIER_SAMPLES is not set: skipped");
    return;
  }
  std::size_t lists = 0;
  for (auto& [table, list] : records) {
    const auto path = table_map(catalog, table).path;
    if (path.find("/runHuntingQuery") != std::string::npos) continue;
    ++lists;
    std::set<std::string> distinct;
    for (const auto& record : list) distinct.insert(canonical_json(record));
    const auto once = list;
    list.insert(list.end(), once.begin(), once.end());
    std::shuffle(list.begin(), list.end(), std::mt19937(20261124));  // NOLINT: the same each time
    Harness harness({table});
    harness.settings.storage.retention = settings::Milliseconds(0);
    serve(harness.server, path, list);
    // The first reading of vulnerabilities is a whole one.
    serve(harness.server, "/api/machines/SoftwareVulnerabilitiesByMachine", list);

    CAPTURE(table, path, list.size());
    CHECK(harness.once().caught_up);
    CHECK(harness.ask(table, "SELECT count(*) FROM " + table) == std::to_string(distinct.size()));
  }
  CHECK(lists >= 15);
}
