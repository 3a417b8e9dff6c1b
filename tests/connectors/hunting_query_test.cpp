#include "connectors/microsoft365_defender/hunting_query.hpp"

#include "connectors/microsoft365_defender/hunting_reply.hpp"
#include "support/catch.hpp"

using namespace harrier;
using namespace harrier::connectors::microsoft365_defender;

namespace {

HuntingRead read() {
  HuntingRead read;
  read.table = "DeviceInfo";
  read.clock = "_Ingested";
  read.window = {*parse_instant("2026-08-20T10:00:00Z"), *parse_instant("2026-08-20T10:05:00Z")};
  return read;
}

}  // namespace

TEST_CASE("A window becomes bounds behind the ingestion time", "[connectors][hunting]") {
  CHECK(rows_query(read()) ==
        "DeviceInfo\n| extend _Ingested = ingestion_time()\n"
        "| where _Ingested >= datetime(2026-08-20T10:00:00.0000000Z) and _Ingested < "
        "datetime(2026-08-20T10:05:00.0000000Z)");
}

TEST_CASE("Shards, the admin's filter and counts each stand on a line of their own",
          "[connectors][hunting]") {
  auto part = read();
  part.shard = {2, 3};
  part.filter = "OSPlatform == 'Linux'";
  CHECK(
      count_query(part).ends_with("\n| where hash(tostring(pack_all()), 3) == 2\n| where "
                                  "OSPlatform == 'Linux'\n| summarize count()"));
}

TEST_CASE("The request asks for 30 days, so that no default narrows the window",
          "[connectors][hunting]") {
  CHECK(request_body("T | where x == \"a\"") ==
        R"({"Query":"T | where x == \"a\"","Timespan":"P30D"})");
}

TEST_CASE("An answer near the cap is never trusted, and shards are about half full",
          "[connectors][hunting]") {
  CHECK(may_be_cut(95'000, 100'000));
  CHECK_FALSE(may_be_cut(94'999, 100'000));
  CHECK(shards_for(130'000, 100'000) == 3);
  CHECK(shards_for(1, 100'000) == 2);
}

TEST_CASE("Counts are read past annotations, as number or text", "[connectors][hunting]") {
  CHECK(
      count_of_reply(
          R"({"schema":[{"name":"count_","type":"Int64"}],"results":[{"count_@odata.type":"#Int64","count_":130000}]})")
          .value() == 130000);
  CHECK(count_of_reply(R"({"Results":[{"count_":"7"}]})").value() == 7);
  CHECK(count_of_reply("<html>").has_error());
}

TEST_CASE("A probe tells whether rows have an ingestion time", "[connectors][hunting]") {
  CHECK(reply_tells_ingestion_time(R"({"results":[]})").value() == std::nullopt);
  CHECK(reply_tells_ingestion_time(R"({"results":[{"_Ingested":{}}]})").value() == false);
  CHECK(reply_tells_ingestion_time(R"({"results":[{"A":1,"_Ingested":"2026-08-20T10:00:00Z"}]})")
            .value() == true);
}
