#include "sandbox/kql_subset.hpp"

#include "support/catch.hpp"

using namespace harrier;
using namespace harrier::sandbox;

TEST_CASE("A window query is understood") {
  const auto query = parse_hunting_query(
      "DeviceProcessEvents\n| extend _Ingested = ingestion_time()\n"
      "| where _Ingested >= datetime(2026-11-24T10:00:00.0000000Z) and _Ingested < "
      "datetime(2026-11-24T10:05:00Z)\n"
      "| where hash(tostring(pack_all()), 4) == 3\n| order by _Ingested asc\n| take 100");

  REQUIRE(query.has_value());
  CHECK(query->table == "DeviceProcessEvents");
  CHECK(query->with_ingested);
  CHECK(query->ingested.from == parse_instant("2026-11-24T10:00:00Z"));
  CHECK(query->ingested.to == parse_instant("2026-11-24T10:05:00Z"));
  REQUIRE(query->shard.has_value());
  CHECK(query->shard->count == 4);
  CHECK(query->shard->index == 3);
  CHECK(query->order_column == "_Ingested");
  CHECK(!query->is_descending);
  CHECK(query->take == 100U);
}

TEST_CASE("An admin's filter is kept beside the bounds") {
  const auto query = parse_hunting_query(
      "T | where Timestamp >= datetime(2026-01-01) | where RemoteIPType == 'Public' and (A has "
      "\"x\" or B != 3)");

  REQUIRE(query.has_value());
  CHECK(query->event_column == "Timestamp");
  CHECK(query->event.from == parse_instant("2026-01-01"));
  REQUIRE(query->filters.size() == 2);
  CHECK(query->filters[0].column == "RemoteIPType");
  CHECK(query->filters[1].kind == Condition::Kind::any);
}

TEST_CASE("Counts are named or not") {
  CHECK(parse_hunting_query("T | summarize count()")->count == "count_");
  CHECK(parse_hunting_query("T | summarize n = count()")->count == "n");
}

TEST_CASE("What collection never sends is refused") {
  CHECK(parse_hunting_query("T | project A").has_error());
  CHECK(parse_hunting_query("T | where A > 1 | extend _Ingested = ingestion_time()").has_error());
  CHECK(parse_hunting_query("T | extend X = ingestion_time()").has_error());
  CHECK(parse_hunting_query("T | join U on A").has_error());
  CHECK(parse_hunting_query("T | where A == 'open").has_error());
  CHECK(parse_hunting_query("").has_error());
}

TEST_CASE("Timespans in every documented form") {
  const auto now = *parse_instant("2026-11-24T12:00:00Z");

  CHECK(parse_timespan("P30D", now)->from == parse_instant("2026-10-25T12:00:00Z"));
  CHECK(parse_timespan("PT1H30M", now)->from == parse_instant("2026-11-24T10:30:00Z"));
  CHECK(parse_timespan("2026-11-01/2026-11-02", now)->to == parse_instant("2026-11-02"));
  CHECK(parse_timespan("P1D/2026-11-02", now)->from == parse_instant("2026-11-01"));
  CHECK(parse_timespan("2026-11-01/P1D", now)->to == parse_instant("2026-11-02"));
  CHECK(parse_timespan("soon", now).has_error());
}
