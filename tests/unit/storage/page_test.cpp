#include "storage/known_keys.hpp"
#include "storage/slot.hpp"

#include "fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>

#include <set>

using namespace harrier;
using namespace harrier::model;
using namespace harrier::test;
using namespace std::string_literals;

namespace {

const std::string kTime = "2026-11-24T09:00:00.0000000Z";

TestRow event(const std::string& name) {
  return {kTime, name, std::int64_t{1}, 0.5, "{}"s};
}

Task<> write_named(TableStore& store, LayoutPtr layout, std::string name,
                   std::vector<std::string>& order) {
  HARRIER_CO_TRY(const auto page, co_await store.open_page());
  order.push_back("open " + name);
  for (int i = 0; i < 3; ++i) {
    Batch batch = batch_of(layout, {event(name + std::to_string(i))});
    HARRIER_CO_TRYV(co_await page->append(std::move(batch)));
  }
  PageCommit what;
  order.push_back("commit " + name);
  HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  co_return Result<>();
}

Task<> hold_page(TableStore& store, std::unique_ptr<PageWriter>& held) {
  HARRIER_CO_TRY(held, co_await store.open_page());
  co_return Result<>();
}

Task<> commit_page(PageWriter& page) {
  PageCommit what;
  HARRIER_CO_TRYV(co_await page.commit(std::move(what)));
  co_return Result<>();
}

// Before the outcome of the batch is known.
Task<> append_and_submit(PageWriter& page, Batch batch) {
  HARRIER_CO_TRYV(co_await page.append(std::move(batch)));
  PageCommit what;
  co_return co_await page.submit(std::move(what));
}

Task<> append_to(PageWriter& page, Batch batch) {
  co_return co_await page.append(std::move(batch));
}

}  // namespace

TEST_CASE("A second page of a store waits for the end of the first", "[storage][page]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  std::vector<std::string> order;
  int finished = 0;
  for (const char* name : {"a", "b", "c"}) {
    asio::co_spawn(stores.context, write_named(*store, layout, name, order),
                   [&](std::exception_ptr thrown, Result<> result) {
                     CHECK(thrown == nullptr);
                     CHECK(result.has_value());
                     ++finished;
                   });
  }
  stores.context.restart();
  stores.context.run();

  CHECK(finished == 3);
  CHECK(order ==
        std::vector<std::string>{"open a", "commit a", "open b", "commit b", "open c", "commit c"});
  CHECK(stores.query("Events", "SELECT count(*) FROM Events") == std::vector<std::string>{"9"});
}

TEST_CASE("A page that waits can be cancelled, and the next one still gets its turn",
          "[storage][page]") {
  Stores stores;
  const auto store = stores.open(event_table());
  std::unique_ptr<PageWriter> first;
  std::unique_ptr<PageWriter> second;
  std::unique_ptr<PageWriter> third;
  REQUIRE(stores.run(hold_page(*store, first)).has_value());
  asio::cancellation_signal signal;
  std::exception_ptr cancelled;
  asio::co_spawn(
      stores.context, hold_page(*store, second),
      asio::bind_cancellation_slot(
          signal.slot(), [&](std::exception_ptr thrown, Result<>) { cancelled = thrown; }));
  asio::co_spawn(stores.context, hold_page(*store, third), [](std::exception_ptr, Result<>) {});
  stores.context.restart();
  stores.context.poll();

  signal.emit(asio::cancellation_type::terminal);
  stores.context.poll();
  CHECK(third == nullptr);
  first.reset();
  stores.context.run();

  REQUIRE(cancelled != nullptr);
  CHECK_THROWS_AS(std::rethrow_exception(cancelled), boost::system::system_error);
  CHECK(second == nullptr);
  CHECK(third != nullptr);
  CHECK(stores.run(commit_page(*third)).has_value());
}

TEST_CASE("An error of a queued batch surfaces at the commit, and the page leaves nothing",
          "[storage][page]") {
  Stores stores;
  const auto store = stores.open(event_table());
  std::unique_ptr<PageWriter> page;
  REQUIRE(stores.run(hold_page(*store, page)).has_value());
  REQUIRE(stores.run(append_to(*page, batch_of(layout_for(store->schema()), {event("a")})))
              .has_value());
  // A name that no column can have.
  const auto bad = layout_for(store->schema(), {Column("a\0b"s, ScalarType::string)});
  static_cast<void>(stores.run(append_to(*page, batch_of(bad, {event("b")}))));

  CHECK(stores.run(commit_page(*page)).has_error());
  page.reset();

  CHECK(stores.write(*store, batch_of(layout_for(store->schema()), {event("c")}))->rows == 1);
  CHECK(stores.query("Events", "SELECT Name FROM Events") == std::vector<std::string>{"c"});
}

TEST_CASE("The next page is written behind a commit that was handed over, whatever becomes of it",
          "[storage][page]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  const bool fails = GENERATE(false, true);
  std::unique_ptr<PageWriter> first;
  std::unique_ptr<PageWriter> second;
  REQUIRE(stores.run(hold_page(*store, first)).has_value());
  REQUIRE(stores.run(append_to(*first, batch_of(layout, {event("first")}))).has_value());
  // A name that no column can have.
  const auto more =
      fails ? layout_for(store->schema(), {Column("a\0b"s, ScalarType::string)}) : layout;
  REQUIRE(stores.run(append_and_submit(*first, batch_of(more, {event("more")}))).has_value());

  REQUIRE(stores.run(hold_page(*store, second)).has_value());
  REQUIRE(stores.run(append_to(*second, batch_of(layout, {event("second")}))).has_value());
  CHECK(stores.run(first->committed()).has_value() != fails);
  first.reset();
  CHECK(stores.run(commit_page(*second)).has_value());

  CHECK(stores.query("Events", "SELECT group_concat(Name) FROM Events") ==
        std::vector<std::string>{fails ? "second" : "first,more,second"});
}

TEST_CASE("A log of many pages goes into the file beside the writer", "[storage][page]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  constexpr std::uintmax_t kLog = std::uintmax_t{4'000} * 16'384;
  std::uintmax_t written = 0;
  for (int page = 0; written < 3 * kLog; ++page) {
    std::vector<TestRow> rows;
    for (int i = 0; i < 100; ++i) {
      TestRow row = event(std::to_string(page) + "." + std::to_string(i));
      row[4] = "\"" + std::string(100'000, 'x') + "\"";
      rows.push_back(std::move(row));
    }
    REQUIRE(stores.write(*store, batch_of(layout, rows))->rows == 100);
    written += 100 * 100'000;
    const auto log = std::filesystem::file_size(stores.file("Events").string() + "-wal");
    REQUIRE(log < kLog);
  }
  CHECK(std::filesystem::file_size(stores.file("Events")) > kLog);
}

TEST_CASE("Another process that writes the store for a moment does not fail a page",
          "[storage][page]") {
  Stores stores;
  const auto store = stores.open(event_table());
  auto other = storage::Connection::open(stores.file("Events"), storage::OpenMode::write);
  REQUIRE(other.has_value());
  REQUIRE(other->execute("BEGIN IMMEDIATE; INSERT INTO _harrier_meta VALUES ('x', 1); COMMIT")
              .has_value());

  CHECK(stores.write(*store, batch_of(layout_for(store->schema()), {event("a")}))->rows == 1);
}

TEST_CASE("Known keys are exact and bounded", "[storage][keys]") {
  storage::KnownKeys known(1000);
  std::set<RowKey> added;
  std::uint64_t random = 7;
  const auto next = [&] {
    RowKey key{};
    for (auto& byte : key) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      byte = static_cast<std::byte>(random >> 56);
    }
    return key;
  };
  for (int i = 0; i < 10'000; ++i) {
    const RowKey key = next();
    REQUIRE_FALSE(known.contains(key));
    known.add(key);
    REQUIRE(known.contains(key));
    added.insert(key);
  }
  std::size_t remembered = 0;
  for (const auto& key : added) remembered += known.contains(key) ? 1U : 0U;
  CHECK(remembered >= 1000);
  CHECK(remembered <= 2000);
  known.add(RowKey{});
  CHECK_FALSE(known.contains(RowKey{}));
  known.clear();
  CHECK_FALSE(known.contains(*added.begin()));
}
