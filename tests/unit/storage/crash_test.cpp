#include "storage/inspect.hpp"
#include "storage/steps.hpp"

#include "fixture.hpp"

#include <array>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace harrier;
using namespace harrier::model;
using namespace harrier::test;
using namespace std::string_literals;

namespace {

namespace fs = std::filesystem;

std::array<char, 32> fatal_step{};

void die_at(std::string_view step) {
  if (step == std::string_view(fatal_step.data())) ::kill(::getpid(), SIGKILL);
}

std::vector<TestRow> hour_rows(int hour) {
  std::vector<TestRow> rows;
  for (int i = 0; i < 500; ++i) {
    CivilTime civil = to_civil(parse_instant("2026-11-24T00:00:00Z").value());
    civil.hour = hour;
    civil.second = i % 60;
    rows.push_back({format_instant(from_civil(civil).value()), "row"s, std::int64_t{i}});
  }
  return rows;
}

Window hour_window(int hour) {
  const Instant from = at("2026-11-24T00:00:00Z") + Ticks(hour * 3600 * kTicksPerSecond);
  return Window{from, from + Ticks(3600 * kTicksPerSecond)};
}

Result<WriteStats> write_hour(Stores& stores, TableStore& store, int hour) {
  PageCommit what;
  what.marks.emplace_back("s", hour_window(hour), WindowState::done);
  QuarantinedRecord bad;
  bad.table = "Events";
  bad.record = "bad " + std::to_string(hour);
  what.quarantine.push_back(bad);
  return stores.write(store, batch_of(layout_for(store.schema()), hour_rows(hour)), what);
}

// A process that stores one hour, then dies at `step` of the next.
void crash_in(const fs::path& directory, const std::string& step) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Stores stores(directory);
    const auto store = stores.open(event_table());
    static_cast<void>(write_hour(stores, *store, 0));
    step.copy(fatal_step.data(), fatal_step.size() - 1);
    storage::step_hook = &die_at;
    static_cast<void>(write_hour(stores, *store, 1));
    ::_exit(1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
}

}  // namespace

TEST_CASE("A process killed at any step of a page leaves rows and ledger in step",
          "[storage][crash]") {
  const std::string step = GENERATE("begin"s, "rows"s, "quarantine"s, "marks"s, "committed"s);
  CAPTURE(step);
  TempDir dir;
  crash_in(dir.path(), step);

  Stores stores(dir.path());
  const auto store = stores.open(event_table());
  const auto ledger = stores.run(store->ledger("s"));
  REQUIRE(ledger.has_value());
  REQUIRE(ledger->entries().size() == 1);
  const bool second_done = ledger->end() == hour_window(1).to;
  CHECK(second_done == (step == "committed"));
  CHECK(stores.query("Events", "SELECT count(*) FROM Events") ==
        std::vector<std::string>{second_done ? "1000" : "500"});

  // The window is read again: every row once, the bad record once.
  REQUIRE(write_hour(stores, *store, 1).has_value());
  CHECK(stores.query(
            "Events",
            "SELECT count(*), (SELECT value FROM _harrier_meta WHERE key = 'rows') FROM Events") ==
        std::vector<std::string>{"1000|1000"});
  CHECK(storage::list_quarantine(dir.path())->size() == 2);
  CHECK(storage::verify_store(dir.path(), "Events", true)->empty());
}
