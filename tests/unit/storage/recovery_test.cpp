#include "fixture.hpp"

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace harrier;
using namespace harrier::model;
using namespace harrier::test;
using namespace std::string_literals;

namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

const std::string kOld = "2026-08-01T00:00:00.0000000Z";
const std::string kNew = "2026-11-24T09:00:00.0000000Z";

std::vector<TestRow> rows(const std::string& time, int count, const std::string& name = "n") {
  std::vector<TestRow> out;
  for (int i = 0; i < count; ++i) out.push_back({time, name, std::int64_t{i}});
  return out;
}

void overwrite(const fs::path& file, std::streamoff at, const std::string& bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(at);
  stream << bytes;
}

Lines set_aside_files(const fs::path& directory) {
  Lines names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const auto name = entry.path().filename().string();
    if (name.find(".damaged-") != std::string::npos && !name.ends_with("-wal") &&
        !name.ends_with("-shm"))
      names.push_back(name);
  }
  return names;
}

// Pages of old and new rows, one after the other.
Task<> write_pages(TableStore& store, int pages) {
  for (int i = 0; i < pages; ++i) {
    auto batch_rows = rows(kOld, 100, "old" + std::to_string(i));
    for (auto& row : rows(kNew, 100, "new" + std::to_string(i))) batch_rows.push_back(row);
    HARRIER_CO_TRY(const auto page, co_await store.open_page(std::nullopt));
    HARRIER_CO_TRYV(co_await page->append(batch_of(layout_for(store.schema()), batch_rows)));
    PageCommit what;
    HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  }
  co_return Result<>();
}

Task<> retain_often(TableStore& store, int times) {
  for (int i = 0; i < times; ++i)
    HARRIER_CO_TRYV(co_await store.retain(at("2026-11-01T00:00:00Z")));
  co_return Result<>();
}

}  // namespace

TEST_CASE("A store with a destroyed header is set aside and begun anew with ids of its own",
          "[storage][recovery]") {
  Stores stores;
  auto store = stores.open(event_table());
  REQUIRE(stores.write(*store, batch_of(layout_for(store->schema()), rows(kNew, 10))).has_value());
  store.reset();
  stores.close();
  overwrite(stores.file("Events"), 0, std::string(100, 'x'));
  stores.reopen();

  store = stores.open(event_table());
  const auto stats = stores.write(*store, batch_of(layout_for(store->schema()), rows(kNew, 10)));

  REQUIRE(stats.has_value());
  CHECK(stats->rows == 10);
  CHECK(set_aside_files(stores.dir.path()) == Lines{"Events.db.damaged-20261124T100000Z"});
  CHECK(stores.query("Events", "SELECT min(_Id) > 10, count(*) FROM Events") == Lines{"1|10"});
}

TEST_CASE("A store with a destroyed page in its middle is set aside", "[storage][recovery]") {
  Stores stores;
  auto store = stores.open(event_table());
  REQUIRE(
      stores.write(*store, batch_of(layout_for(store->schema()), rows(kNew, 5000))).has_value());
  store.reset();
  stores.close();
  overwrite(stores.file("Events"), 16384 * 8, std::string(16384, 'x'));
  stores.reopen();

  store = stores.open(event_table());

  CHECK(set_aside_files(stores.dir.path()).size() == 1);
  CHECK(stores.run(store->ledger("s"))->empty());
}

TEST_CASE("Damage is never overwritten by later damage", "[storage][recovery]") {
  TempDir dir;
  for (int i = 0; i < 3; ++i) {
    dir.write("T.db", "text " + std::to_string(i));
    REQUIRE(storage::set_aside(dir.path() / "T.db", at("2026-11-24T10:00:00Z")).has_value());
  }
  CHECK(set_aside_files(dir.path()).size() == 3);
}

TEST_CASE("A foreign database in a store's place is refused and left alone",
          "[storage][recovery]") {
  Stores stores;
  {
    auto foreign = storage::Connection::open(stores.file("Events"), storage::OpenMode::write);
    REQUIRE(foreign->execute("CREATE TABLE theirs (a)").has_value());
  }

  const auto opened = stores.run(stores.set->open(event_table()));

  REQUIRE(opened.has_error());
  CHECK(opened.error().code == Errc::storage);
  CHECK(opened.error().message.find("not made by Harrier") != std::string::npos);
  CHECK(set_aside_files(stores.dir.path()).empty());
}

TEST_CASE("Retention deletes what is older than the horizon, and only that",
          "[storage][retention]") {
  Stores stores;
  const auto store = stores.open(event_table());
  auto batch_rows = rows(kOld, 25'000, "old");
  for (auto& row : rows(kNew, 10, "new")) batch_rows.push_back(row);
  REQUIRE(stores.write(*store, batch_of(layout_for(store->schema()), batch_rows)).has_value());

  const auto deleted = stores.run(store->retain(at("2026-11-01T00:00:00Z")));

  REQUIRE(deleted.has_value());
  CHECK(*deleted == 25'000);
  CHECK(stores.query("Events", "SELECT Name, count(*) FROM Events") == Lines{"new|10"});
  CHECK(stores.query("Events", "SELECT value FROM _harrier_meta WHERE key = 'rows'") ==
        Lines{"10"});
}

TEST_CASE("Retention takes turns with pages: no new row goes, no old one stays",
          "[storage][retention]") {
  Stores stores;
  const auto store = stores.open(event_table());
  std::optional<Result<>> retained;
  asio::co_spawn(stores.context, retain_often(*store, 60),
                 [&](std::exception_ptr, Result<> outcome) { retained = std::move(outcome); });

  REQUIRE(stores.run(write_pages(*store, 40)).has_value());

  REQUIRE(retained);
  CHECK(retained->has_value());
  REQUIRE(stores.run(store->retain(at("2026-11-01T00:00:00Z"))).has_value());
  CHECK(stores.query("Events", "SELECT min(Timestamp), count(*) FROM Events") ==
        Lines{kNew + "|4000"});
  CHECK(stores.query("Events", "SELECT value FROM _harrier_meta WHERE key = 'rows'") ==
        Lines{"4000"});
}

TEST_CASE("Ids are not given twice, even when every row was deleted", "[storage][retention]") {
  Stores stores;
  auto store = stores.open(event_table());
  REQUIRE(stores.write(*store, batch_of(layout_for(store->schema()), rows(kOld, 5))).has_value());
  REQUIRE(stores.run(store->retain(at("2026-11-01T00:00:00Z"))).has_value());
  store.reset();
  stores.reopen();
  store = stores.open(event_table());

  const auto again = stores.write(*store, batch_of(layout_for(store->schema()), rows(kOld, 2)));

  CHECK(again->rows == 2);
  CHECK(stores.query("Events", "SELECT _Id FROM Events ORDER BY _Id") == Lines{"6", "7"});
}

TEST_CASE("A deleted row that is sent again is stored again", "[storage][retention]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  REQUIRE(stores.write(*store, batch_of(layout, rows(kOld, 5))).has_value());
  REQUIRE(stores.run(store->retain(at("2026-11-01T00:00:00Z"))).has_value());

  CHECK(stores.write(*store, batch_of(layout, rows(kOld, 5)))->rows == 5);
}

TEST_CASE("A full disk is told from other errors, and nothing is lost when there is room again",
          "[storage][recovery]") {
  Stores stores;
  auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  REQUIRE(stores.write(*store, batch_of(layout, rows(kNew, 10))).has_value());

  // A file size limit is as near to a full disk as an unprivileged test gets.
  struct rlimit before {};

  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct rlimit small = before;
  small.rlim_cur = 128 * 1024;
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto full = stores.write(*store, batch_of(layout, rows(kNew, 50'000)));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, handler);

  REQUIRE(full.has_error());
  CAPTURE(full.error().message);
  CHECK(full.error().code == Errc::storage_full);
  const auto again = stores.write(*store, batch_of(layout, rows(kNew, 50'000)));
  REQUIRE(again.has_value());
  CHECK(again->rows == 49'990);
}

TEST_CASE("A folder is locked by one process at a time, and the message names it",
          "[storage][lock]") {
  TempDir dir;
  {
    const auto lock = storage::lock_directory(dir.path() / "stores");
    REQUIRE(lock.has_value());

    struct stat info {};

    REQUIRE(::stat((dir.path() / "stores").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0750);

    const auto second = storage::lock_directory(dir.path() / "stores");

    REQUIRE(second.has_error());
    CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
  }
  CHECK(storage::lock_directory(dir.path() / "stores").has_value());
}

TEST_CASE("A store folder that is a file is a clear error", "[storage][recovery]") {
  TempDir dir;
  SetClock clock;
  const auto file = dir.write("file", "x");
  const auto set = storage::open_store_set(file, clock);
  REQUIRE(set.has_error());
  CHECK(set.error().code == Errc::storage);
  CHECK(set.error().message.find(file.string()) != std::string::npos);
}
