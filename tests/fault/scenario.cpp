#include "scenario.hpp"

#include "storage/backup.hpp"
#include "storage/inspect.hpp"

#include <fmt/format.h>

namespace harrier::test {

using namespace harrier::model;

namespace {

namespace fs = std::filesystem;

constexpr const char* kStream = "stream";

TablePtr feed_table() {
  TableSchema table = *event_table();
  table.name = "Feed";
  table.connector = "office365_management";
  return std::make_shared<TableSchema>(std::move(table));
}

Instant hour(int number) {
  return at("2026-11-24T00:00:00Z") + Ticks(number * 3600 * kTicksPerSecond);
}

Batch page_rows(const TablePtr& table, int page) {
  std::vector<TestRow> rows;
  for (int i = 0; i < kRows; ++i)
    rows.push_back({format_instant(hour(page) + Ticks(i * kTicksPerSecond)),
                    std::string(200, static_cast<char>('a' + page)), std::int64_t{i}});
  return batch_of(layout_for(table), rows);
}

// One process: the set, and the thread that uses it.
struct Life {
  Result<> begin(const fs::path& directory) {
    HARRIER_TRY(set, storage::open_store_set(directory, clock));
    HARRIER_TRY(events, run(set->open(event_table())));
    HARRIER_TRY(feed, run(set->open(feed_table())));
    return {};
  }

  template <class T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> outcome;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown, Result<T> result) {
      if (!thrown) outcome.emplace(std::move(result));
    });
    context.restart();
    context.run();
    if (!outcome) return Error(Errc::internal, "a task ended with an exception");
    return std::move(*outcome);
  }

  static Task<WriteStats> write(TableStore& store, Batch batch, PageCommit what) {
    HARRIER_CO_TRY(const auto page, co_await store.open_page());
    HARRIER_CO_TRYV(co_await page->append(std::move(batch)));
    co_return co_await page->commit(std::move(what));
  }

  Result<> write_events(int page) {
    PageCommit what;
    what.marks.emplace_back(kStream, Window{hour(page), hour(page + 1)}, WindowState::done);
    what.cursors.emplace_back("page", std::to_string(page));
    QuarantinedRecord bad;
    bad.table = "Events";
    bad.stream = kStream;
    bad.reason = "it does not parse";
    bad.record = fmt::format("bad record of page {}", page);
    what.quarantine.push_back(bad);
    HARRIER_TRYV(run(write(*events, page_rows(events->schema(), page), std::move(what))));
    return {};
  }

  Result<> find_item(int page) {
    FeedCommit found;
    found.stream = kStream;
    WorkItem item;
    item.stream = kStream;
    item.id = std::to_string(page);
    item.created = hour(page);
    item.expires = hour(page + 100);
    found.found.push_back(item);
    return run(set->state().commit_feed(std::move(found)));
  }

  Result<> write_feed(int page) {
    HARRIER_TRYV(run(write(*feed, page_rows(feed->schema(), page), PageCommit())));
    return {};
  }

  Result<> finish_item(int page) {
    FeedCommit done;
    done.stream = kStream;
    done.finished.push_back(std::to_string(page));
    done.marks.emplace_back(kStream, Window{hour(page), hour(page + 1)}, WindowState::done);
    done.cursors.emplace_back("page", std::to_string(page));
    return run(set->state().commit_feed(std::move(done)));
  }

  SetClock clock;
  asio::io_context context{1};
  std::unique_ptr<StoreSet> set;
  std::shared_ptr<TableStore> events;
  std::shared_ptr<TableStore> feed;
};

struct Teller {
  Told told;
  const std::function<void(const Told&)>& acknowledged;

  // False: the life ends here.
  bool operator()(const Result<>& result, int& counter, int value) {
    if (result.has_error()) {
      told.error = result.error();
      return false;
    }
    counter = std::max(counter, value);
    if (acknowledged) acknowledged(told);
    return true;
  }
};

bool write_pages(Life& life, Teller& tell, int from, int to) {
  int nothing = 0;
  for (int page = from; page < to; ++page) {
    if (!tell(life.write_events(page), tell.told.events, page + 1)) return false;
    if (!tell(life.find_item(page), nothing, 0)) return false;
    if (!tell(life.write_feed(page), tell.told.feed_rows, page + 1)) return false;
    if (!tell(life.finish_item(page), tell.told.feed_marks, page + 1)) return false;
  }
  return true;
}

Result<> retain_and_back_up(Life& life, const fs::path& directory, Told& told) {
  HARRIER_TRYV(life.run(life.events->retain(hour(1))));
  told.retained = true;
  const TempDir target;
  HARRIER_TRYV(storage::backup(directory, target.path() / "copy"));
  return {};
}

std::map<int, int> rows_by_page(const fs::path& file, const std::string& table) {
  auto connection = storage::Connection::open(file, storage::OpenMode::read);
  REQUIRE(connection.has_value());
  auto select = connection->prepare("SELECT unicode(Name) - 97, count(*) FROM " + table +
                                    " GROUP BY 1 ORDER BY 1");
  REQUIRE(select.has_value());
  std::map<int, int> out;
  while (true) {
    const auto row = select->step();
    REQUIRE(row.has_value());
    if (!*row) return out;
    out[static_cast<int>(select->integer(0))] = static_cast<int>(select->integer(1));
  }
}

int hours_done(const Ledger& ledger) {
  int hours = 0;
  for (const auto& entry : ledger.entries()) {
    if (entry.state == WindowState::done)
      hours += static_cast<int>(entry.window.length().count() / (3600 * kTicksPerSecond));
  }
  return hours;
}

int number_or(const std::optional<std::string>& text, int otherwise) {
  return text ? std::stoi(*text) : otherwise;
}

std::string disagreement(const char* table, const std::map<int, int>& rows, int done, int cursor,
                         int hidden) {
  for (const auto& [page, count] : rows) {
    if (count != kRows) return fmt::format("{}: page {} has {} rows", table, page, count);
  }
  if (cursor + 1 != done)
    return fmt::format("{}: the cursor is at {}, {} hours are done", table, cursor, done);
  for (int page = hidden; page < done; ++page) {
    if (!rows.contains(page)) return fmt::format("{}: page {} is done and not there", table, page);
  }
  return {};
}

}  // namespace

Told live(const fs::path& directory, const std::function<void(const Told&)>& acknowledged) {
  Teller tell{{}, acknowledged};
  int nothing = 0;
  {
    Life life;
    if (!tell(life.begin(directory), nothing, 0)) return tell.told;
    if (!write_pages(life, tell, 0, kPages / 2)) return tell.told;
  }
  Life life;
  if (!tell(life.begin(directory), nothing, 0)) return tell.told;
  if (!write_pages(life, tell, kPages / 2, kPages)) return tell.told;
  tell(retain_and_back_up(life, directory, tell.told), nothing, 0);
  return tell.told;
}

Held look(const fs::path& directory) {
  Held held;
  {
    Life life;
    const auto begun = life.begin(directory);
    if (begun.has_error()) FAIL("a new process cannot open the stores: " << begun.error().message);
    held.events_done = hours_done(life.run(life.events->ledger(kStream)).value());
    held.feed_done = hours_done(life.run(life.set->state().feed_ledger(kStream)).value());
    held.events_cursor = number_or(life.run(life.events->cursor("page")).value(), -1);
    held.feed_cursor =
        number_or(life.run(life.set->state().feed_cursor(kStream, "page")).value(), -1);
  }
  held.events = rows_by_page(storage::store_file(directory, "Events"), "Events");
  held.feed = rows_by_page(storage::store_file(directory, "Feed"), "Feed");
  const auto add = [&](const Result<std::vector<storage::StoreFinding>>& findings) {
    REQUIRE(findings.has_value());
    for (const auto& finding : *findings) {
      if (finding.kind == storage::StoreFinding::Kind::set_aside)
        ++held.set_aside;
      else
        held.findings.push_back(finding.detail);
    }
  };
  add(storage::verify_store(directory, "Events", true));
  add(storage::verify_store(directory, "Feed", true));
  add(storage::verify_state(directory));
  const auto quarantined = storage::list_quarantine(directory);
  REQUIRE(quarantined.has_value());
  if (held.set_aside == 0 && static_cast<int>(quarantined->size()) < held.events_done)
    held.findings.push_back(fmt::format("{} pages are done, {} of their bad records are kept",
                                        held.events_done, quarantined->size()));
  return held;
}

std::string broken_promise(const Held& held, const Told& told, bool durable) {
  if (!held.findings.empty()) return "verify: " + held.findings.front();
  // The oldest hour may have been deleted, whether or not its deletion was acknowledged.
  const int hidden = told.events == kPages ? 1 : 0;
  if (told.retained && durable && held.events.contains(0)) return "Events: page 0 is still there";
  // A store that was set aside is begun anew and collected again from what its ledger says.
  if (held.set_aside > 0) {
    for (const auto& [page, count] : held.events) {
      if (count != kRows) return fmt::format("Events: page {} has {} rows", page, count);
    }
    return static_cast<int>(held.events.size()) + hidden < held.events_done
               ? "Events: the ledger is ahead of a store begun anew"
               : "";
  }
  auto broken = disagreement("Events", held.events, held.events_done, held.events_cursor, hidden);
  if (broken.empty()) broken = disagreement("Feed", held.feed, held.feed_done, held.feed_cursor, 0);
  if (!broken.empty()) return broken;
  if (durable && held.events_done < told.events)
    return fmt::format("Events: {} pages were acknowledged, {} are done", told.events,
                       held.events_done);
  if (static_cast<int>(held.feed.size()) < told.feed_rows)
    return fmt::format("Feed: {} pages were acknowledged, {} are there", told.feed_rows,
                       held.feed.size());
  if (held.feed_done < told.feed_marks)
    return fmt::format("Feed: {} items were acknowledged, {} are done", told.feed_marks,
                       held.feed_done);
  return {};
}

}  // namespace harrier::test
