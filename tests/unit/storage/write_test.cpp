#include "fixture.hpp"

#include <sys/stat.h>

using namespace harrier;
using namespace harrier::model;
using namespace harrier::test;
using namespace std::string_literals;

namespace {

TestRow event(const std::string& time, const std::string& name, std::int64_t count = 1) {
  return {time, name, count, 0.5, std::string("{\"a\":1}")};
}

const std::string kT1 = "2026-11-24T09:00:00.0000001Z";
const std::string kT2 = "2026-11-24T09:00:01.0000000Z";

Task<WriteStats> write_many(TableStore& store, LayoutPtr layout, int batches, int rows) {
  HARRIER_CO_TRY(const auto page, co_await store.open_page());
  for (int b = 0; b < batches; ++b) {
    std::vector<TestRow> values;
    for (int r = 0; r < rows; ++r) values.push_back(event(kT1, "row", b * rows + r));
    Batch batch = batch_of(layout, values);
    HARRIER_CO_TRYV(co_await page->append(std::move(batch)));
  }
  PageCommit what;
  co_return co_await page->commit(std::move(what));
}

Task<> append_and_drop(TableStore& store, Batch batch) {
  HARRIER_CO_TRY(const auto page, co_await store.open_page());
  co_return co_await page->append(std::move(batch));
}

}  // namespace

TEST_CASE("A new store has the documented columns in their order, with Harrier's own behind them",
          "[storage][write]") {
  Stores stores;
  static_cast<void>(stores.open(event_table()));

  CHECK(
      stores.query("Events", "SELECT group_concat(name, ' ') FROM pragma_table_xinfo('Events')") ==
      std::vector<std::string>{
          "_Id Timestamp Name Count Ratio Extra _Ingested _Other TimeGenerated _harrier_key"});
  CHECK(stores.query("Events",
                     "SELECT group_concat(type, ' ') FROM pragma_table_info('Events') WHERE name "
                     "NOT LIKE '\\_%' "
                     "ESCAPE '\\'") == std::vector<std::string>{"TEXT TEXT INTEGER REAL TEXT"});
  CHECK(stores.query("Events", "PRAGMA page_size") == std::vector<std::string>{"16384"});
  CHECK(stores.query("Events", "PRAGMA journal_mode") == std::vector<std::string>{"wal"});
}

TEST_CASE("Stores are private whatever the umask", "[storage][write]") {
  const mode_t before = ::umask(0);
  Stores stores;
  static_cast<void>(stores.open(event_table()));
  ::umask(before);

  for (const char* name : {"Events.db", "Events.db-wal", "Events.db-shm", "_harrier.db"}) {
    struct stat info {};

    REQUIRE(::stat((stores.dir.path() / name).c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0640);
  }
}

TEST_CASE("Values are stored in their types and read back by either time name",
          "[storage][write]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());

  const auto stats = stores.write(
      *store, batch_of(layout, {event(kT1, "a", 7),
                                {kT2, ""s, std::monostate(), std::monostate(), std::monostate()}}));

  REQUIRE(stats.has_value());
  CHECK(stats->rows == 2);
  CHECK(stores.query("Events",
                     "SELECT TimeGenerated, Name, Count, Ratio, Extra, _Ingested FROM Events ORDER "
                     "BY Timestamp") ==
        std::vector<std::string>{kT1 + "|a|7|0.5|{\"a\":1}|2026-11-24T10:00:00.0000000Z",
                                 kT2 + "||-|-|-|2026-11-24T10:00:00.0000000Z"});
  CHECK(stores.query("Events",
                     "SELECT typeof(Name), typeof(Count), typeof(Ratio) FROM Events LIMIT 1") ==
        std::vector<std::string>{"text|integer|real"});
}

TEST_CASE("The service's ingestion time is kept where a row tells one", "[storage][write]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema(), {{"_Ingested", ScalarType::datetime}});
  TestRow told = event(kT1, "a");
  told.emplace_back(kT2);

  REQUIRE(stores.write(*store, batch_of(layout, {told, event(kT1, "b")})).has_value());

  CHECK(stores.query("Events", "SELECT _Ingested FROM Events ORDER BY Name") ==
        std::vector<std::string>{kT2, "2026-11-24T10:00:00.0000000Z"});
}

TEST_CASE("A row is stored once, within a page, in later pages and after a restart",
          "[storage][write]") {
  Stores stores;
  auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());

  const auto first =
      stores.write(*store, batch_of(layout, {event(kT1, "a"), event(kT1, "a"), event(kT1, "b")}));
  const auto again = stores.write(*store, batch_of(layout, {event(kT1, "a"), event(kT1, "c")}));
  store.reset();
  stores.reopen();
  store = stores.open(event_table());
  const auto later =
      stores.write(*store, batch_of(layout, {event(kT1, "a"), event(kT1, "b"), event(kT1, "c")}));

  CHECK(first->rows == 2);
  CHECK(first->duplicates == 1);
  CHECK(again->rows == 1);
  CHECK(again->duplicates == 1);
  CHECK(later->rows == 0);
  CHECK(later->duplicates == 3);
  CHECK(stores.query(
            "Events",
            "SELECT value FROM _harrier_meta WHERE key IN ('rows', 'duplicates') ORDER BY key") ==
        std::vector<std::string>{"5", "3"});
}

TEST_CASE("Rows without a time are stored once too", "[storage][write]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  const TestRow timeless = {std::monostate(), "x"s, std::int64_t{1}, std::monostate(),
                            std::monostate()};

  CHECK(stores.write(*store, batch_of(layout, {timeless, timeless}))->rows == 1);
  stores.reopen();
  const auto again = stores.open(event_table());
  CHECK(stores.write(*again, batch_of(layout, {timeless}))->rows == 0);
}

TEST_CASE("NUL characters in a text survive", "[storage][write]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());

  REQUIRE(stores.write(*store, batch_of(layout, {event(kT1, "a\0b"s), event(kT1, "a")}))->rows ==
          2);

  CHECK(stores.query("Events",
                     "SELECT hex(Name), length(CAST(Name AS BLOB)) FROM Events ORDER BY 2 DESC") ==
        std::vector<std::string>{"610062|3", "61|1"});
}

TEST_CASE("A page is not visible before its commit, nor ever when it is dropped",
          "[storage][write]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());

  REQUIRE(stores.run(append_and_drop(*store, batch_of(layout, {event(kT1, "a")}))).has_value());
  const auto stats = stores.write(*store, batch_of(layout, {event(kT1, "b")}));

  CHECK(stats->rows == 1);
  CHECK(stores.query("Events", "SELECT Name FROM Events") == std::vector<std::string>{"b"});
  // Nothing of the dropped page is taken for stored.
  CHECK(stores.write(*store, batch_of(layout, {event(kT1, "a")}))->rows == 1);
}

TEST_CASE("More batches than the queue holds are all stored", "[storage][write]") {
  Stores stores;
  const auto store = stores.open(event_table());

  const auto stats = stores.run(write_many(*store, layout_for(store->schema()), 20, 100));

  REQUIRE(stats.has_value());
  CHECK(stats->rows == 2000);
}

TEST_CASE("Marks, cursors and quarantine become durable with the rows", "[storage][write]") {
  Stores stores;
  auto store = stores.open(event_table());
  PageCommit what;
  what.marks.emplace_back("s", window("2026-11-24T08:00:00Z", "2026-11-24T10:00:00Z"),
                          WindowState::pending);
  what.marks.emplace_back("s", window("2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"),
                          WindowState::done);
  what.cursors = {{"delta", "token"}, {"gone", ""}};
  QuarantinedRecord bad;
  bad.table = "Events";
  bad.reason = "no object";
  bad.record = "[1]";
  what.quarantine = {bad};

  REQUIRE(stores.write(*store, batch_of(layout_for(store->schema()), {event(kT1, "a")}), what)
              .has_value());
  REQUIRE(stores.write(*store, batch_of(layout_for(store->schema()), {}), what).has_value());
  store.reset();
  stores.reopen();
  store = stores.open(event_table());

  const auto ledger = stores.run(store->ledger("s"));
  REQUIRE(ledger.has_value());
  REQUIRE(ledger->entries().size() == 2);
  CHECK(ledger->entries()[0].window == window("2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"));
  CHECK(ledger->entries()[0].state == WindowState::done);
  CHECK(ledger->entries()[1].state == WindowState::pending);
  CHECK(stores.run(store->ledger("other"))->empty());
  CHECK(*stores.run(store->cursor("delta")) == "token");
  CHECK_FALSE(stores.run(store->cursor("gone"))->has_value());
  CHECK(
      stores.query("_harrier", "SELECT \"table\", reason, CAST(record AS TEXT) FROM quarantine") ==
      std::vector<std::string>{"Events|no object|[1]"});
}

TEST_CASE("The stored ledger is what the model's ledger would be", "[storage][write]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const Instant base = at("2026-11-24T00:00:00Z");
  Ledger expected;
  PageCommit extend;
  const auto hour = [&](std::int64_t n) { return base + Ticks(n * 3600 * kTicksPerSecond); };
  std::uint32_t random = 7;
  const auto next = [&](std::uint32_t bound) {
    return static_cast<std::int64_t>((random = random * 1664525U + 1013904223U) >> 8) % bound;
  };
  for (int i = 0; i < 60; ++i) {
    const std::int64_t from = next(40);
    const Window marked{hour(from), hour(from + 1 + next(8))};
    const auto state = static_cast<WindowState>(next(4));
    expected.mark(marked, state, state == WindowState::lost ? "expired" : "");
    PageCommit what;
    what.marks.emplace_back("s", marked, state, state == WindowState::lost ? "expired" : "");
    REQUIRE(stores.write(*store, batch_of(layout_for(store->schema()), {}), what).has_value());
  }

  CHECK(stores.run(store->ledger("s"))->entries() == expected.entries());
}

TEST_CASE("New rows of a re-read window count as late", "[storage][write]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  REQUIRE(stores.write(*store, batch_of(layout, {event(kT1, "a")})).has_value());
  PageCommit late;
  late.late = true;

  const auto stats =
      stores.write(*store, batch_of(layout, {event(kT1, "a"), event(kT1, "b")}), late);

  CHECK(stats->late == 1);
  CHECK(stores.query("Events", "SELECT value FROM _harrier_meta WHERE key = 'late'") ==
        std::vector<std::string>{"1"});
}
