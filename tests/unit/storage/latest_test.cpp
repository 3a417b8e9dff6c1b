#include "fixture.hpp"

using namespace harrier;
using namespace harrier::model;
using namespace harrier::test;
using namespace std::string_literals;

namespace {

using Lines = std::vector<std::string>;

const Instant kPass1 = at("2026-11-24T10:00:00Z");
const Instant kPass2 = at("2026-11-24T11:00:00Z");
const Instant kPass3 = at("2026-11-24T12:00:00Z");
const Instant kPass4 = at("2026-11-24T13:00:00Z");

PageCommit completing() {
  PageCommit what;
  what.completes_snapshot = true;
  return what;
}

struct Inventory {
  Inventory() : store(stores.open(snapshot_table())) {}

  WriteStats page(Instant pass, const std::vector<TestRow>& rows, bool complete) {
    auto stats = stores.write(*store, batch_of(layout_for(store->schema()), rows),
                              complete ? completing() : PageCommit(), pass);
    REQUIRE(stats.has_value());
    return *stats;
  }

  Lines latest() {
    return stores.query("Inventory", "SELECT Id FROM Inventory_latest ORDER BY Id");
  }

  Stores stores;
  std::shared_ptr<TableStore> store;
};

const std::string kV1 = "2026-11-01T00:00:00.0000000Z";
const std::string kV2 = "2026-11-02T00:00:00.0000000Z";

struct Things {
  Things() : store(stores.open(entity_table())) {}

  WriteStats write(const std::vector<TestRow>& rows, std::optional<Instant> pass = std::nullopt) {
    auto stats = stores.write(
        *store,
        batch_of(layout_for(store->schema(), {Column("_Removed", ScalarType::boolean)}), rows),
        PageCommit(), pass);
    REQUIRE(stats.has_value());
    return *stats;
  }

  Lines latest() {
    return stores.query("Things", "SELECT Id, Name FROM Things_latest ORDER BY Id");
  }

  Stores stores;
  std::shared_ptr<TableStore> store;
};

TestRow thing(const std::string& id, const std::string& version, const std::string& name) {
  return {kV1, id, version, name};
}

}  // namespace

TEST_CASE("A snapshot table holds each row once, with the first and last snapshot it was in",
          "[storage][snapshot]") {
  Inventory inventory;
  inventory.page(kPass1, {{"a"s, "x"s}, {"b"s, "x"s}}, true);
  const auto second = inventory.page(kPass2, {{"a"s, "x"s}, {"c"s, "x"s}}, true);

  CHECK(second.rows == 1);
  CHECK(second.duplicates == 1);
  CHECK(inventory.stores.query("Inventory",
                               "SELECT Id, _FirstSeen, _LastSeen, TimeGenerated = _LastSeen, "
                               "Timestamp = _LastSeen FROM Inventory ORDER BY Id") ==
        Lines{"a|2026-11-24T10:00:00.0000000Z|2026-11-24T11:00:00.0000000Z|1|1",
              "b|2026-11-24T10:00:00.0000000Z|2026-11-24T10:00:00.0000000Z|1|1",
              "c|2026-11-24T11:00:00.0000000Z|2026-11-24T11:00:00.0000000Z|1|1"});
  CHECK(inventory.latest() == Lines{"a", "c"});
}

TEST_CASE("The newest complete snapshot stays what it is while the next one is read",
          "[storage][snapshot]") {
  Inventory inventory;
  inventory.page(kPass1, {{"a"s, "x"s}, {"old"s, "x"s}}, true);
  inventory.page(kPass2, {{"a"s, "x"s}, {"b"s, "x"s}}, true);

  // `old` had vanished from the complete snapshot and is back; `new` was never there.
  inventory.page(kPass3, {{"a"s, "x"s}, {"old"s, "x"s}, {"new"s, "x"s}}, false);
  CHECK(inventory.latest() == Lines{"a", "b"});

  inventory.page(kPass3, {}, true);
  CHECK(inventory.latest() == Lines{"a", "new", "old"});
}

TEST_CASE("An interrupted snapshot leaves no trace in the next complete one",
          "[storage][snapshot]") {
  Inventory inventory;
  inventory.page(kPass1, {{"a"s, "x"s}, {"b"s, "x"s}, {"c"s, "x"s}}, true);
  inventory.page(kPass2, {{"a"s, "x"s}, {"b"s, "x"s}, {"ghost"s, "x"s}}, false);
  CHECK(inventory.latest() == Lines{"a", "b", "c"});

  inventory.page(kPass3, {{"b"s, "x"s}}, false);
  CHECK(inventory.latest() == Lines{"a", "b", "c"});

  inventory.page(kPass3, {{"d"s, "x"s}}, true);
  CHECK(inventory.latest() == Lines{"b", "d"});

  inventory.page(kPass4, {{"a"s, "x"s}, {"b"s, "x"s}}, false);
  CHECK(inventory.latest() == Lines{"b", "d"});
}

TEST_CASE("Before the first complete snapshot there is none", "[storage][snapshot]") {
  Inventory inventory;
  inventory.page(kPass1, {{"a"s, "x"s}}, false);
  CHECK(inventory.latest().empty());
}

TEST_CASE("Retention of a snapshot table spares the newest snapshot", "[storage][snapshot]") {
  Inventory inventory;
  inventory.page(kPass1, {{"a"s, "x"s}, {"b"s, "x"s}}, true);
  inventory.page(kPass2, {{"a"s, "x"s}}, true);

  const auto deleted = inventory.stores.run(inventory.store->retain(kPass4));

  CHECK(*deleted == 1);
  CHECK(inventory.stores.query("Inventory", "SELECT Id FROM Inventory") == Lines{"a"});
}

TEST_CASE("The latest version of an entity is the newest by update time", "[storage][latest]") {
  Things things;
  things.write({thing("1", kV2, "new"), thing("1", kV1, "old"), thing("2", kV1, "only")});
  things.write({thing("1", kV1, "older, read later")});

  CHECK(things.latest() == Lines{"1|new", "2|only"});
  CHECK(things.stores.query("Things", "SELECT count(*) FROM Things") == Lines{"4"});
}

TEST_CASE("A removed entity is absent from the latest versions", "[storage][latest]") {
  Things things;
  things.write({thing("1", kV1, "a"), thing("2", kV1, "b")});
  TestRow removed = thing("1", kV2, "a");
  removed.emplace_back(std::int64_t{1});
  things.write({removed});

  CHECK(things.latest() == Lines{"2|b"});
}

TEST_CASE("Entities that a whole reading did not show are removed, and can come back",
          "[storage][latest]") {
  Things things;
  things.stores.clock.set("2026-11-24T10:00:00Z");
  things.write({thing("1", kV1, "a"), thing("2", kV1, "b")}, kPass1);
  things.stores.clock.set("2026-11-24T11:00:00Z");
  things.write({thing("1", kV1, "a")}, kPass2);

  CHECK(*things.stores.run(things.store->remove_unseen(kPass2)) == 1);
  CHECK(things.latest() == Lines{"1|a"});
  CHECK(*things.stores.run(things.store->remove_unseen(kPass2)) == 0);

  things.stores.clock.set("2026-11-24T12:00:00Z");
  const auto back = things.write({thing("1", kV1, "a"), thing("2", kV1, "b")}, kPass3);
  CHECK(back.rows == 0);
  CHECK(things.latest() == Lines{"1|a", "2|b"});

  things.stores.clock.set("2026-11-24T13:00:00Z");
  things.write({thing("2", kV1, "b")}, kPass4);
  CHECK(*things.stores.run(things.store->remove_unseen(kPass4)) == 1);
  CHECK(things.latest() == Lines{"2|b"});
}

TEST_CASE("A thing whose newer version came otherwise is seen by the reading of an older one",
          "[storage][latest]") {
  Things things;
  things.stores.clock.set("2026-11-24T09:00:00Z");
  things.write({thing("1", kV1, "listed")}, kPass1);
  things.write({thing("1", kV2, "told as a change"), thing("2", kV2, "told as a change")});
  things.stores.clock.set("2026-11-24T11:00:00Z");
  things.write({thing("1", kV1, "listed")}, kPass2);

  CHECK(*things.stores.run(things.store->remove_unseen(kPass2)) == 1);
  CHECK(things.latest() == Lines{"1|told as a change"});
}

TEST_CASE("The view of the latest versions follows columns that are added", "[storage][latest]") {
  Things things;
  REQUIRE(things.stores.run(things.store->add_columns({Column("More", ScalarType::string)}))
              .has_value());
  CHECK(things.stores.query("Things", "SELECT count(More) FROM Things_latest") == Lines{"0"});
}
