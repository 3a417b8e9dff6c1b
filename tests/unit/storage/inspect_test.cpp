#include "storage/inspect.hpp"

#include "storage/backup.hpp"
#include "storage/directory.hpp"
#include "storage/reader.hpp"

#include "fixture.hpp"

#include <fstream>
#include <map>
#include <sys/stat.h>

using namespace harrier;
using namespace harrier::model;
using namespace harrier::test;
using namespace std::string_literals;

namespace {

namespace fs = std::filesystem;
using Kind = storage::StoreFinding::Kind;

const std::string kTime = "2026-11-24T09:00:00.0000000Z";
const std::string kLater = "2026-11-24T09:30:00.1234567Z";

TestRow event(const std::string& time, const std::string& name) {
  return {time, name, std::int64_t{1}, 0.5, "{}"s};
}

PageCommit done(std::string_view from, std::string_view to) {
  PageCommit what;
  what.marks.emplace_back("s", window(from, to), WindowState::done);
  return what;
}

// Names and sizes of the files of a folder.
std::map<std::string, std::uintmax_t> listing(const fs::path& directory) {
  std::map<std::string, std::uintmax_t> files;
  for (const auto& entry : fs::directory_iterator(directory))
    files[entry.path().filename().string()] = entry.file_size();
  return files;
}

// A page that stays open while `look` runs.
template <class F>
Task<> while_writing(TableStore& store, Batch batch, F& look) {
  HARRIER_CO_TRY(const auto page, co_await store.open_page());
  HARRIER_CO_TRYV(co_await page->append(std::move(batch)));
  look();
  PageCommit what;
  HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  co_return Result<>();
}

}  // namespace

TEST_CASE("State that is being created is none yet", "[storage][inspect]") {
  TempDir dir;
  const auto expect_nothing = [&] {
    const auto summary = storage::summarize_state(dir.path());
    REQUIRE(summary.has_value());
    CHECK(summary->statuses.empty());
    CHECK(storage::list_flags(dir.path(), "").value().empty());
    CHECK(storage::verify_state(dir.path()).value().empty());
  };
  expect_nothing();
  std::ofstream(storage::state_file(dir.path())).flush();
  expect_nothing();
  // As the daemon leaves it between the switch to a log and the first commit.
  auto writer =
      storage::Connection::open(storage::state_file(dir.path()), storage::OpenMode::write);
  REQUIRE(writer.has_value());
  expect_nothing();
}

TEST_CASE("A table without a store is summarized as such, and nothing is made",
          "[storage][inspect]") {
  TempDir dir;
  const auto summary = storage::summarize(dir.path(), "Events");
  REQUIRE(summary.has_value());
  CHECK_FALSE(summary->exists);
  CHECK(storage::summarize_state(dir.path()).has_value());
  CHECK(storage::list_quarantine(dir.path())->empty());
  CHECK(storage::list_flags(dir.path(), "")->empty());
  CHECK(storage::verify_store(dir.path(), "Events", true)->empty());
  CHECK(storage::verify_state(dir.path())->empty());
  CHECK(listing(dir.path()).empty());
}

TEST_CASE("A store before its first commit is no store yet, and no damage", "[storage][inspect]") {
  TempDir dir;
  const auto file = storage::store_file(dir.path(), "Events");
  auto writer = storage::Connection::open(file, storage::OpenMode::write);
  REQUIRE(writer.has_value());
  REQUIRE(writer->execute("BEGIN IMMEDIATE; CREATE TABLE Events (_Id INTEGER)").has_value());
  REQUIRE(fs::exists(file));

  const auto summary = storage::summarize(dir.path(), "Events");
  REQUIRE(summary.has_value());
  CHECK_FALSE(summary->exists);
  CHECK(storage::ReadConnection::open(dir.path(), "Events").error().code == Errc::not_found);
  CHECK(storage::flag_event(dir.path(), "Events", 1, "", SetClock()).error().code ==
        Errc::not_found);
  const auto findings = storage::verify_store(dir.path(), "Events", true);
  REQUIRE(findings.has_value());
  CHECK(findings->empty());
}

TEST_CASE("A store whose tables were dropped is damaged", "[storage][inspect]") {
  Stores stores;
  auto store = stores.open(event_table());
  REQUIRE(
      stores.write(*store, batch_of(layout_for(store->schema()), {event(kTime, "a")})).has_value());
  store.reset();
  stores.close();
  {
    auto writer = storage::Connection::open(stores.file("Events"), storage::OpenMode::write);
    REQUIRE(writer
                ->execute("DROP TABLE Events; DROP TABLE _harrier_meta; DROP TABLE "
                          "_harrier_ledger; DROP TABLE _harrier_columns; DROP TABLE "
                          "_harrier_columnstore")
                .has_value());
  }

  CHECK_FALSE(storage::summarize(stores.directory, "Events")->exists);
  const auto findings = storage::verify_store(stores.directory, "Events", true);
  REQUIRE(findings->size() == 1);
  CHECK(findings->front().kind == Kind::damaged);
  CHECK(storage::summarize_state(stores.directory)->known_stores.at("Events").rows == 1);
}

TEST_CASE("A summary tells rows, newest event, ledger and cursors, without altering a file",
          "[storage][inspect]") {
  Stores stores;
  auto store = stores.open(event_table());
  auto what = done("2026-11-24T08:00:00Z", "2026-11-24T10:00:00Z");
  what.cursors = {{"delta", "x"}};
  REQUIRE(stores
              .write(*store,
                     batch_of(layout_for(store->schema()),
                              {event(kLater, "a"), event(kTime, "b"), event(kTime, "b")}),
                     what)
              .has_value());
  store.reset();
  stores.close();
  const auto before = listing(stores.directory);

  const auto summary = storage::summarize(stores.directory, "Events");

  REQUIRE(summary.has_value());
  CHECK(summary->exists);
  CHECK(summary->counts.rows == 2);
  CHECK(summary->counts.duplicates == 1);
  CHECK(format_instant(*summary->last_event) == kLater);
  CHECK(format_instant(*summary->last_commit) == "2026-11-24T10:00:00.0000000Z");
  CHECK(summary->bytes > 0);
  REQUIRE(summary->ledgers.size() == 1);
  CHECK(summary->ledgers[0].first == "s");
  CHECK(summary->ledgers[0].second.counts().done == 1);
  CHECK(summary->cursors == std::vector<std::pair<std::string, std::string>>{{"delta", "x"}});
  CHECK(listing(stores.directory) == before);
}

TEST_CASE("Stores are read while a page is being written", "[storage][inspect]") {
  Stores stores;
  const auto store = stores.open(event_table());
  REQUIRE(
      stores.write(*store, batch_of(layout_for(store->schema()), {event(kTime, "a")})).has_value());
  bool looked = false;
  auto look = [&] {
    const auto summary = storage::summarize(stores.directory, "Events");
    REQUIRE(summary.has_value());
    CHECK(summary->counts.rows == 1);
    CHECK(storage::verify_store(stores.directory, "Events", true)->empty());
    CHECK(storage::backup(stores.directory, stores.directory / "copy").has_value());
    looked = true;
  };

  REQUIRE(stores
              .run(while_writing(*store, batch_of(layout_for(store->schema()), {event(kTime, "b")}),
                                 look))
              .has_value());

  CHECK(looked);
  CHECK(storage::summarize(stores.directory, "Events")->counts.rows == 2);
  CHECK(storage::summarize(stores.directory / "copy", "Events")->counts.rows == 1);
}

TEST_CASE("A store is readable by a user who may write neither file nor folder",
          "[storage][inspect]") {
  Stores stores;
  auto store = stores.open(event_table());
  REQUIRE(
      stores.write(*store, batch_of(layout_for(store->schema()), {event(kTime, "a")})).has_value());
  store.reset();
  stores.close();
  const bool with_index = GENERATE(true, false);
  if (!with_index) {
    fs::remove(stores.directory / "Events.db-shm");
    fs::remove(stores.directory / "Events.db-wal");
  }
  for (const auto& [name, size] : listing(stores.directory))
    ::chmod((stores.directory / name).c_str(), 0440);
  ::chmod(stores.directory.c_str(), 0550);

  const auto summary = storage::summarize(stores.directory, "Events");

  ::chmod(stores.directory.c_str(), 0750);
  REQUIRE(summary.has_value());
  CHECK(summary->counts.rows == 1);
}

TEST_CASE("A long statement ends when it is told to", "[storage][inspect]") {
  TempDir folder;
  auto connection = storage::Connection::open(folder.path() / "any.db", storage::OpenMode::write);
  REQUIRE(connection.has_value());
  int asked = 0;
  connection->stop_when([&asked] { return ++asked == 3; });
  const auto endless = connection->query_integer(
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n");
  REQUIRE(endless.has_error());
  CHECK(endless.error().code == Errc::cancelled);
  CHECK(asked == 3);
  CHECK(connection->query_integer("SELECT 7").value() == 7);
}

TEST_CASE("Verification finds damage, holes, files set aside and wrong counters",
          "[storage][verify]") {
  Stores stores;
  auto store = stores.open(event_table());
  std::vector<TestRow> rows;
  for (int i = 0; i < 3000; ++i) rows.push_back(event(kTime, "row " + std::to_string(i)));
  REQUIRE(stores
              .write(*store, batch_of(layout_for(store->schema()), rows),
                     done("2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"))
              .has_value());
  CHECK(storage::verify_store(stores.directory, "Events", true)->empty());
  REQUIRE(stores
              .write(*store, batch_of(layout_for(store->schema()), {}),
                     done("2026-11-24T09:30:00Z", "2026-11-24T10:00:00Z"))
              .has_value());
  store.reset();
  stores.close();

  const auto hole = storage::verify_store(stores.directory, "Events", true);
  REQUIRE(hole->size() == 1);
  CHECK(hole->front().kind == Kind::hole);
  CHECK(hole->front().detail == "s: 2026-11-24T09:00:00.0000000Z to 2026-11-24T09:30:00.0000000Z");

  {
    auto connection = storage::Connection::open(stores.file("Events"), storage::OpenMode::write);
    REQUIRE(
        connection->execute("UPDATE _harrier_meta SET value = 5 WHERE key = 'rows'").has_value());
  }
  const auto miscounted = storage::verify_store(stores.directory, "Events", true);
  CHECK(miscounted->back().kind == Kind::miscounted);

  std::fstream stream(stores.file("Events"), std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(16384 * 8);
  stream << std::string(16384, 'x');
  stream.close();
  const auto damaged = storage::verify_store(stores.directory, "Events", false);
  CHECK(damaged->front().kind == Kind::damaged);

  REQUIRE(storage::set_aside(stores.file("Events"), stores.clock.now()).has_value());
  const auto aside = storage::verify_store(stores.directory, "Events", true);
  REQUIRE(aside->size() == 1);
  CHECK(aside->front().kind == Kind::set_aside);
  const auto state = storage::summarize_state(stores.directory);
  CHECK(state->known_stores.at("Events").rows == 3000);
}

TEST_CASE("A flag stands on its event, survives a new store, and goes with the event",
          "[storage][flags]") {
  Stores stores;
  auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  REQUIRE(
      stores.write(*store, batch_of(layout, {event(kTime, "a"), event(kLater, "b")})).has_value());

  CHECK(storage::flag_event(stores.directory, "Events", 99, "", stores.clock).error().code ==
        Errc::not_found);
  CHECK(storage::flag_event(stores.directory, "Nothing", 1, "", stores.clock).error().code ==
        Errc::not_found);
  REQUIRE(storage::flag_event(stores.directory, "Events", 1, "first", stores.clock).has_value());
  REQUIRE(
      storage::flag_event(stores.directory, "Events", 1, "look here", stores.clock).has_value());
  REQUIRE(storage::flag_event(stores.directory, "Events", 2, "", stores.clock).has_value());
  auto flags = storage::list_flags(stores.directory, "");
  REQUIRE(flags->size() == 2);
  CHECK(flags->at(0).note == "look here");
  CHECK(flags->at(0).event_time == kTime);
  REQUIRE(storage::unflag_event(stores.directory, "Events", 2, stores.clock).has_value());
  CHECK(storage::unflag_event(stores.directory, "Events", 2, stores.clock).error().code ==
        Errc::not_found);

  store.reset();
  stores.close();
  REQUIRE(storage::set_aside(stores.file("Events"), stores.clock.now()).has_value());
  stores.reopen();
  store = stores.open(event_table());
  REQUIRE(stores.write(*store, batch_of(layout, {event(kTime, "a")})).has_value());
  flags = storage::list_flags(stores.directory, "Events");
  REQUIRE(flags->size() == 1);
  CHECK(stores.query("Events", "SELECT _Id FROM Events") ==
        std::vector<std::string>{std::to_string(flags->at(0).event_id)});

  REQUIRE(stores.run(store->retain(at("2026-11-24T09:15:00Z"))).has_value());
  CHECK(storage::list_flags(stores.directory, "")->empty());
}

TEST_CASE("A flag waits for its event until retention would have taken it", "[storage][flags]") {
  Stores stores;
  auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  const TestRow timeless = {std::monostate(), "c"s, std::int64_t{1}, 0.5, "{}"s};
  REQUIRE(stores.write(*store, batch_of(layout, {event(kTime, "a"), event(kLater, "b"), timeless}))
              .has_value());
  for (const std::int64_t id : {1, 2, 3})
    REQUIRE(storage::flag_event(stores.directory, "Events", id, "", stores.clock).has_value());
  store.reset();
  stores.close();
  REQUIRE(storage::set_aside(stores.file("Events"), stores.clock.now()).has_value());
  stores.reopen();
  store = stores.open(event_table());

  REQUIRE(stores.run(store->retain(at("2026-11-24T08:00:00Z"))).has_value());
  auto flags = storage::list_flags(stores.directory, "Events");
  REQUIRE(flags->size() == 3);
  for (const auto& flag : *flags) CHECK_FALSE(flag.in_store);

  REQUIRE(stores.write(*store, batch_of(layout, {event(kLater, "b"), timeless})).has_value());
  REQUIRE(stores.run(store->retain(at("2026-11-24T09:15:00Z"))).has_value());
  flags = storage::list_flags(stores.directory, "Events");
  REQUIRE(flags->size() == 2);
  for (const auto& flag : *flags) {
    CHECK(flag.in_store);
    CHECK(flag.event_time != kTime);
  }

  // The event without a time goes by the time when it was stored.
  REQUIRE(stores.run(store->retain(at("2026-11-24T10:00:01Z"))).has_value());
  CHECK(storage::list_flags(stores.directory, "")->empty());
}

TEST_CASE("A flag on a row without a time of its own is kept and goes with it",
          "[storage][flags]") {
  Stores stores;
  const bool snapshot = GENERATE(true, false);
  TablePtr table = snapshot_table();
  TestRow row = {"x"s, "a"s};
  if (!snapshot) {
    auto stamped = std::make_shared<TableSchema>(*entity_table());
    stamped->stamped = true;
    table = stamped;
    row = {kTime, "x"s, std::monostate(), "a"s};
  }
  const auto store = stores.open(table);
  const Instant pass = at("2026-11-24T09:00:00Z");
  PageCommit what;
  what.completes_snapshot = snapshot;
  REQUIRE(stores
              .write(*store, batch_of(layout_for(table), {row}), what,
                     snapshot ? std::optional(pass) : std::nullopt)
              .has_value());
  REQUIRE(storage::flag_event(stores.directory, table->name, 1, "", stores.clock).has_value());
  CHECK(storage::list_flags(stores.directory, "")->front().event_time == kTime);
  CHECK(storage::summarize(stores.directory, table->name)->last_event == pass);

  REQUIRE(stores.run(store->retain(at("2026-11-24T08:00:00Z"))).has_value());
  CHECK(storage::list_flags(stores.directory, "")->size() == 1);
  if (snapshot) return;  // the newest state is kept whatever its age
  REQUIRE(stores.run(store->retain(at("2026-11-24T09:30:00Z"))).has_value());
  CHECK(stores.query(table->name, "SELECT _Id FROM " + table->name).empty());
  CHECK(storage::list_flags(stores.directory, "")->empty());
}

TEST_CASE("Quarantined records are listed, shown and deleted", "[storage][quarantine]") {
  Stores stores;
  QuarantinedRecord record;
  record.table = "Events";
  record.stream = "s";
  record.reason = "does not parse";
  record.record = "{\"a\":\0\xff"s;
  REQUIRE(stores.run(stores.set->state().quarantine({record, record})).has_value());
  REQUIRE(stores.run(stores.set->state().quarantine({record})).has_value());

  const auto list = storage::list_quarantine(stores.directory);

  REQUIRE(list->size() == 1);
  CHECK(list->front().id == 1);
  CHECK(list->front().bytes == static_cast<std::int64_t>(record.record.size()));
  CHECK(storage::show_quarantined(stores.directory, 1)->record == record.record);
  CHECK(storage::summarize_state(stores.directory)->quarantined.at("Events") == 1);
  REQUIRE(storage::delete_quarantined(stores.directory, 1, stores.clock).has_value());
  CHECK(storage::show_quarantined(stores.directory, 1).error().code == Errc::not_found);
  CHECK(storage::delete_quarantined(stores.directory, 1, stores.clock).error().code ==
        Errc::not_found);
}

TEST_CASE("A queued re-read reaches the daemon and is finished once", "[storage][state]") {
  Stores stores;
  const auto id =
      storage::queue_backfill(stores.directory, "Events",
                              window("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"), stores.clock);
  REQUIRE(id.has_value());

  const auto queued = stores.run(stores.set->state().backfills());

  REQUIRE(queued->size() == 1);
  CHECK(queued->front().id == *id);
  CHECK(queued->front().window == window("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"));
  REQUIRE(stores.run(stores.set->state().finish_backfill(*id)).has_value());
  CHECK(stores.run(stores.set->state().backfills())->empty());
}

TEST_CASE("Statuses are kept per table", "[storage][state]") {
  Stores stores;
  TableStatus status;
  status.table = "Events";
  status.state = "throttled";
  status.reason = "waits 30 s";
  status.next_poll = at("2026-11-24T10:05:00Z");
  REQUIRE(stores.run(stores.set->state().save_status(status)).has_value());
  status.state = "ok";
  status.last_success = at("2026-11-24T10:05:01Z");
  REQUIRE(stores.run(stores.set->state().save_status(status)).has_value());

  const auto summary = storage::summarize_state(stores.directory);

  REQUIRE(summary->statuses.size() == 1);
  const auto& read = summary->statuses.at("Events");
  CHECK(read.state == "ok");
  CHECK(read.reason == "waits 30 s");
  CHECK(read.next_poll == status.next_poll);
  CHECK(read.last_success == status.last_success);
}

TEST_CASE("A feed's items, windows and cursors are committed together", "[storage][state]") {
  Stores stores;
  auto& state = stores.set->state();
  const auto item = [](const std::string& id, std::string_view expires) {
    WorkItem out;
    out.stream = "feed";
    out.id = id;
    out.detail = "{}";
    out.created = at("2026-11-24T08:00:00Z");
    out.expires = at(expires);
    return out;
  };
  FeedCommit found;
  found.stream = "feed";
  found.marks.emplace_back("feed", window("2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"),
                           WindowState::done);
  found.found = {item("late", "2026-12-02T00:00:00Z"), item("soon", "2026-12-01T00:00:00Z"),
                 item("gone", "2026-11-30T00:00:00Z")};
  found.cursors = {{"next", "page2"}};
  REQUIRE(stores.run(state.commit_feed(found)).has_value());
  REQUIRE(stores.run(state.commit_feed(found)).has_value());

  const auto pending = stores.run(state.pending_items("feed", 2));
  REQUIRE(pending->size() == 2);
  CHECK(pending->at(0).id == "gone");
  CHECK(pending->at(1).id == "soon");
  CHECK(*stores.run(state.pending_item_count("feed")) == 3);
  CHECK(*stores.run(state.feed_cursor("feed", "next")) == "page2");
  CHECK_FALSE(stores.run(state.feed_cursor("other", "next"))->has_value());
  CHECK(stores.run(state.feed_ledger("feed"))->entries().size() == 1);

  FeedCommit finished;
  finished.stream = "feed";
  finished.finished = {"soon"};
  finished.lost = {{"gone", "expired"}};
  REQUIRE(stores.run(state.commit_feed(finished)).has_value());
  CHECK(*stores.run(state.pending_item_count("feed")) == 1);
  // What is finished stays known until it is forgotten.
  REQUIRE(stores.run(state.commit_feed(found)).has_value());
  CHECK(*stores.run(state.pending_item_count("feed")) == 1);
  FeedCommit forget;
  forget.stream = "feed";
  forget.forget_before = at("2026-11-24T09:00:00Z");
  REQUIRE(stores.run(state.commit_feed(forget)).has_value());
  CHECK(stores.query("_harrier", "SELECT id FROM work_items") == std::vector<std::string>{"late"});
}

TEST_CASE("A damaged state file is set aside and begun anew", "[storage][state]") {
  Stores stores;
  stores.close();
  std::fstream stream(storage::state_file(stores.directory),
                      std::ios::in | std::ios::out | std::ios::binary);
  stream << std::string(200, 'x');
  stream.close();

  stores.reopen();

  CHECK(stores.run(stores.set->state().backfills())->empty());
  CHECK(storage::verify_state(stores.directory)->front().kind == Kind::set_aside);
}

TEST_CASE("A backup is made of whole stores under their own names and can be opened as such",
          "[storage][backup]") {
  Stores stores;
  auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  REQUIRE(stores
              .write(*store, batch_of(layout, {event(kTime, "a")}),
                     done("2026-11-24T08:00:00Z", "2026-11-24T09:00:00Z"))
              .has_value());
  TempDir target;
  const auto copy = target.path() / "copy";

  const auto first = storage::backup(stores.directory, copy);
  REQUIRE(stores.write(*store, batch_of(layout, {event(kTime, "b")})).has_value());
  const auto second = storage::backup(stores.directory, copy);

  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  REQUIRE(second->size() == 2);
  CHECK(second->at(0).name == "_harrier.db");
  CHECK(second->at(1).name == "Events.db");

  struct stat info {};

  REQUIRE(::stat((copy / "Events.db").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
  CHECK(storage::verify_store(copy, "Events", true)->empty());
  CHECK(listing(copy).size() == 2);
  Stores restored(copy);
  const auto again = restored.open(event_table());
  CHECK(restored
            .write(*again,
                   batch_of(layout, {event(kTime, "a"), event(kTime, "b"), event(kTime, "c")}))
            ->rows == 1);
  CHECK(storage::backup(stores.directory, stores.directory).has_error());
}

TEST_CASE("A reader scans columns of a range of rows with bound parameters", "[storage][reader]") {
  Stores stores;
  const auto store = stores.open(event_table());
  REQUIRE(stores.run(store->add_columns({Column("New", ScalarType::datetime)})).has_value());
  std::vector<TestRow> rows;
  for (int i = 0; i < 100; ++i)
    rows.push_back({kTime, "n" + std::to_string(i % 10), std::int64_t{i}, 0.25, "{}"s});
  REQUIRE(stores.write(*store, batch_of(layout_for(store->schema()), rows)).has_value());

  auto reader = storage::ReadConnection::open(stores.directory, "Events");

  REQUIRE(reader.has_value());
  CHECK(reader->time_column() == "Timestamp");
  CHECK(reader->find("TimeGenerated")->alias);
  CHECK(reader->find("Count")->sqlite_type == "INTEGER");
  CHECK(reader->find("New")->added_type == "datetime");
  CHECK(reader->find("count") == nullptr);
  CHECK_FALSE(reader->has_latest());
  CHECK(*reader->row_count() == 100);
  const auto range = reader->row_range();
  CHECK(range->first == 1);
  CHECK(range->last == 100);
  storage::ScanRequest request;
  request.columns = {"Count", "Ratio", "Name"};
  request.where = "\"Name\" = ?1 AND \"Count\" > ?2";
  request.parameters = {"n3"s, std::int64_t{20}};
  request.rows = storage::RowRange{1, 50};
  auto scan = reader->scan(request);
  REQUIRE(scan.has_value());
  std::vector<std::int64_t> counts;
  while (*scan->step()) {
    counts.push_back(scan->integer(0));
    CHECK(scan->real(1) == 0.25);
    CHECK(scan->text(2) == "n3");
  }
  CHECK(counts == std::vector<std::int64_t>{23, 33, 43});
  request.columns = {"Nothing"};
  CHECK(reader->scan(request).error().code == Errc::not_found);
  CHECK(storage::ReadConnection::open(stores.directory, "Nothing").error().code == Errc::not_found);
}

TEST_CASE("A time bound uses the store's index", "[storage][reader]") {
  Stores stores;
  static_cast<void>(stores.open(event_table()));
  const auto plan = stores.query("Events",
                                 "EXPLAIN QUERY PLAN SELECT Name FROM Events WHERE Timestamp >= "
                                 "'2026' AND Timestamp < '2027'");
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].find("_harrier_row (Timestamp>? AND Timestamp<?)") != std::string::npos);
}
