// Queries over stores: pushed predicates, parallel scans, aliases, limits, and a writer at work
// meanwhile.
#include "query/format.hpp"
#include "storage/connection.hpp"
#include "storage/directory.hpp"
#include "storage/inspect.hpp"
#include "storage/table_file.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include "compare.hpp"

#include <fmt/format.h>

#include <atomic>
#include <sstream>
#include <thread>

using namespace harrier;
using namespace harrier::query;
using harrier::query::test::CollectingSink;
using harrier::query::test::Rows;
using model::ScalarType;

namespace {

class FixedClock final : public Clock {
 public:
  Instant now() const noexcept override { return *parse_instant("2026-11-24T10:00:00Z"); }
};

model::TableSchema event_table() {
  model::TableSchema table;
  table.name = "TestEvents";
  table.kind = model::TableKind::event;
  table.time_column = "Timestamp";
  table.columns = {{"Timestamp", ScalarType::datetime}, {"DeviceName", ScalarType::string},
                   {"Command", ScalarType::string},     {"Size", ScalarType::long_},
                   {"IsRemote", ScalarType::boolean},   {"Fields", ScalarType::dynamic}};
  return table;
}

/// A store whose row k is k seconds after 2026-11-24T00:00:00Z.
class Store {
 public:
  Store() : catalog_(model::Catalog::of({event_table()})) {
    auto table = std::make_shared<model::TableSchema>(event_table());
    auto file = storage::TableFile::open(folder_.path(), table, clock_);
    REQUIRE(file.has_value());
    file_ = std::move(*file);
    auto opened = storage::Connection::open(file_->file(), storage::OpenMode::write);
    REQUIRE(opened.has_value());
    connection_ = std::move(*opened);
  }

  void add(int from, int count) { REQUIRE(try_to_add(from, count)); }

  // Catch2's assertions belong to the main thread.
  [[nodiscard]] bool try_to_add(int from, int count) {
    bool all = connection_.execute("BEGIN IMMEDIATE").has_value();
    for (int k = from; k < from + count; ++k) {
      const std::string time = format_instant(Instant{start_.ticks + k * kTicksPerSecond});
      const std::string sql = fmt::format(
          "INSERT INTO TestEvents (Timestamp, DeviceName, Command, Size, IsRemote, Fields, "
          "_Ingested, _harrier_key) "
          "VALUES ('{}', {}, 'run program{} --fast', {}, {}, '{{\"n\":{}}}', '{}', x'{:08x}')",
          time, k % 5 == 0 ? "NULL" : fmt::format("'host{}'", k % 5), k, k, k % 2, k, time, k);
      all = connection_.execute(sql).has_value() && all;
    }
    return connection_.execute("COMMIT").has_value() && all;
  }

  [[nodiscard]] QueryService service(Limits limits = {}) const {
    ServiceOptions options;
    options.stores = folder_.path();
    options.limits = limits;
    return QueryService(catalog_, clock_, options);
  }

  [[nodiscard]] Rows run(std::string_view text, std::optional<Ticks> timespan = {}) const {
    CollectingSink sink;
    const auto summary = service().run(text, timespan, sink);
    INFO(text);
    if (summary.has_error()) FAIL(summary.error().message);
    return sink.result;
  }

  [[nodiscard]] std::string first(std::string_view text) const {
    const Rows rows = run(text);
    return rows.rows.empty() ? "(no row)" : rows.rows[0][0];
  }

  void fill_columnstore(const std::vector<std::string>& columns) {
    while (true) {
      const auto more = file_->fill_columnstore(columns);
      REQUIRE(more.has_value());
      if (!*more) return;
    }
  }

  void execute(const std::string& sql) { REQUIRE(connection_.execute(sql).has_value()); }

  void flag(std::int64_t id, std::string_view note) {
    REQUIRE(storage::flag_event(folder_.path(), "TestEvents", id, note, clock_).has_value());
  }

 private:
  harrier::test::TempDir folder_;
  model::Catalog catalog_;
  FixedClock clock_;
  std::unique_ptr<storage::TableFile> file_;
  Instant start_ = *parse_instant("2026-11-24T00:00:00Z");
  storage::Connection connection_;
};

}  // namespace

TEST_CASE("A table without a store has no rows", "[store]") {
  const harrier::test::TempDir folder;
  const model::Catalog catalog = model::Catalog::of({event_table()});
  const FixedClock clock;
  ServiceOptions options;
  options.stores = folder.path();
  const QueryService service(catalog, clock, options);
  CollectingSink sink;
  REQUIRE(service.run("TestEvents | count", std::nullopt, sink).has_value());
  CHECK(sink.result.rows == std::vector<std::vector<std::string>>{{"0"}});
}

TEST_CASE("Filters, projections and aggregates over a store", "[store]") {
  Store store;
  store.add(0, 1000);
  CHECK(store.first("TestEvents | count") == "1000");
  CHECK(store.first("TestEvents | where DeviceName == 'host1' | count") == "200");
  CHECK(store.first("TestEvents | where isempty(DeviceName) | count") == "200");
  CHECK(store.first("TestEvents | where DeviceName != 'host1' | count") == "800");
  CHECK(store.first("TestEvents | where DeviceName in ('host1', 'host2') and Size < 10 | count") ==
        "4");
  CHECK(store.first("TestEvents | where Timestamp >= datetime(2026-11-24 00:10:00) | count") ==
        "400");
  CHECK(store.first("TestEvents | where TimeGenerated < datetime(2026-11-24 00:00:10) | count") ==
        "10");
  CHECK(store.first("TestEvents | where Command has 'program7' | project Size") == "7");
  CHECK(store.first("TestEvents | where IsRemote | count") == "500");
  CHECK(store.first("TestEvents | summarize sum(Size)") == "499500");
  CHECK(store.first("TestEvents | where Fields.n == 42 | project Command") ==
        "\"run program42 --fast\"");
  CHECK(store.first("TestEvents | summarize dcount(DeviceName)") == "5");
  CHECK(store.first("TestEvents | top 1 by Size desc | project Timestamp") ==
        "\"2026-11-24T00:16:39.0000000Z\"");
  CHECK(store.run("TestEvents | take 7").rows.size() == 7);
  CHECK(store.run("TestEvents", Ticks(kTicksPerDay)).rows.size() == 1000);
  CHECK(store.run("TestEvents", Ticks(kTicksPerSecond)).rows.empty());
}

TEST_CASE("Flags of events are columns", "[store]") {
  Store store;
  store.add(0, 100);
  CHECK(store.first("TestEvents | where _Flagged | count") == "0");
  store.flag(6, "odd one");
  store.flag(43, "");
  CHECK(store.first("TestEvents | where _Flagged | count") == "2");
  CHECK(store.first("TestEvents | where not(_Flagged) | count") == "98");
  CHECK(store.first("TestEvents | where _Flagged == true and Size < 10 | project _Id") == "6");
  CHECK(store.first("TestEvents | where _FlagNote has 'odd' | project _FlagNote") == "\"odd one\"");
  CHECK(store.first("TestEvents | summarize n = countif(_Flagged) by DeviceName | summarize "
                    "sum(n)") == "2");
  CHECK(store.first("TestEvents | join kind=inner (TestEvents | where _Flagged | project Size) "
                    "on Size | count") == "2");
  CHECK(store.run("TestEvents | evaluate bag_unpack(Fields)").names.back() == "n");
  CHECK(store.run("TestEvents | evaluate pivot(IsRemote)").rows.size() == 100);
  CHECK(store.first("TestEvents | evaluate bag_unpack(Fields) | where n == 42 | project Size") ==
        "42");
  CHECK(store.run("TestEvents | take 1 | extend F = _Flagged").names.back() == "F");
  CHECK(store.run("TestEvents | take 1").names.size() == 6);
  CHECK(store.first("TestEvents | take 3 | where _Flagged | count") == "0");
  const Rows flagged = store.run(
      "TestEvents | where _Flagged | where Timestamp > datetime(2026-11-24) | project _Id, "
      "_Flagged");
  REQUIRE(flagged.rows.size() == 2);
  CHECK(flagged.rows[0] == std::vector<std::string>{"6", "true"});
  CHECK(flagged.rows[1] == std::vector<std::string>{"43", "true"});
  CHECK(store.first("TestEvents | where _Flagged | take 1 | project _Id") == "6");
  CHECK(store.first("TestEvents | where _Flagged | where Command has 'program42' | project _Id") ==
        "43");
  const auto plan = store.service().explain("TestEvents | where _Flagged", std::nullopt);
  REQUIRE(plan.has_value());
  CHECK(plan->find("store TestEvents: 6 columns, flagged events by id\n") != std::string::npos);
}

TEST_CASE("The first rows of a sort are those of the whole sort", "[store]") {
  Store store;
  store.add(0, 70'000);
  // More rows than are kept at once, ties, and nulls.
  const std::string sorted =
      "TestEvents | project Size, K = iff(Size % 7 == 0, long(null), Size % 3), DeviceName "
      "| sort by K ";
  for (const char* order :
       {"asc nulls last, DeviceName desc", "desc nulls first", "asc, Size desc"}) {
    const Rows all = store.run(sorted + order);
    const Rows first = store.run(sorted + order + " | take 1000");
    REQUIRE(all.rows.size() == 70'000);
    REQUIRE(first.rows.size() == 1000);
    CHECK(std::equal(first.rows.begin(), first.rows.end(), all.rows.begin()));
  }
}

TEST_CASE("A join's rows are made as they are asked for", "[store]") {
  Store store;
  store.add(0, 20'000);
  const std::string all =
      "TestEvents | project K = 1, Size | join kind=inner (TestEvents | project "
      "K = 1, Command) on K";
  Limits limits;
  limits.memory_bytes = 16 << 20;
  CollectingSink sink;
  const auto kept = store.service(limits).run(all + " | sort by Command asc", std::nullopt, sink);
  REQUIRE(kept.has_error());
  CHECK(kept.error().code == Errc::limit);
  CHECK(kept.error().message.find("16 MiB of memory") != std::string::npos);

  CollectingSink few;
  limits.result_rows = 100'000;
  const auto cut = store.service(limits).run(all, std::nullopt, few);
  REQUIRE(cut.has_value());
  CHECK(cut->truncated);
  CHECK(few.result.rows.size() == 100'000);

  limits.deadline = std::chrono::milliseconds(500);
  const auto late = store.service(limits).run(all + " | count", std::nullopt, sink);
  REQUIRE(late.has_error());
  CHECK(late.error().message.find("ran longer than") != std::string::npos);
}

TEST_CASE("A parallel scan sees every row once, in the order of ids", "[store]") {
  Store store;
  store.add(0, 100'000);
  const Rows rows = store.run("TestEvents | project Size | where Size % 10 == 3");
  REQUIRE(rows.rows.size() == 10'000);
  for (std::size_t k = 0; k < rows.rows.size(); ++k) {
    if (rows.rows[k][0] != std::to_string(10 * k + 3))
      FAIL("row " << k << " is " << rows.rows[k][0]);
  }
  CHECK(store.first("TestEvents | summarize count() by Size | count") == "100000");
  CHECK(store.run("TestEvents | summarize n = count() by DeviceName").rows.size() == 5);
}

TEST_CASE("A scan reads no further ahead than its query's memory allows", "[store]") {
  Store store;
  store.add(0, 200'000);
  store.execute("UPDATE TestEvents SET Command = Command || printf('%.*c', 300, 'x')");
  const std::string text = "TestEvents | project Timestamp, Command";
  Limits limits;
  limits.threads = 8;
  limits.memory_bytes = 40 << 20;  // a piece of the scan takes 13
  CollectingSink all;
  const auto read = store.service(limits).run(text, std::nullopt, all);
  REQUIRE(read.has_value());
  CHECK(all.result.rows.size() == 200'000);

  limits.memory_bytes = 8 << 20;
  CollectingSink none;
  const auto refused = store.service(limits).run(text, std::nullopt, none);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::limit);
}

TEST_CASE("Column copies give the answers that the rows give", "[store][columnstore]") {
  Store store;
  store.add(0, 70'000);
  store.execute("DELETE FROM TestEvents WHERE _Id % 1000 = 7");
  store.execute("UPDATE TestEvents SET Fields = 'null' WHERE _Id % 50 = 3");
  store.execute("UPDATE TestEvents SET Size = NULL, IsRemote = NULL WHERE _Id % 60 = 3");
  store.execute("UPDATE TestEvents SET DeviceName = '' WHERE _Id % 70 = 3");
  const std::vector<std::string> queries = {
      "TestEvents | count",
      "TestEvents | summarize n = count() by DeviceName | sort by DeviceName asc",
      "TestEvents | summarize n = count(), sum(Size) by DeviceName, IsRemote | sort by DeviceName "
      "asc, IsRemote asc nulls first",
      "TestEvents | summarize dcount(Command), count() by bin(Timestamp, 1h) | sort by Timestamp "
      "asc",
      "TestEvents | where DeviceName == 'host2' | summarize count(), min(Size), max(Timestamp)",
      "TestEvents | where DeviceName != 'host2' | summarize count(), min(Size), max(Timestamp)",
      "TestEvents | where DeviceName in ('host1', 'host3', 'nohost') | project Size, DeviceName",
      "TestEvents | where DeviceName =~ 'HOST2' | count",
      "TestEvents | where isempty(DeviceName) | count",
      "TestEvents | where isnull(Size) | count",
      "TestEvents | where isnotnull(IsRemote) and IsRemote | summarize sum(Size)",
      "TestEvents | where Size between (100 .. 40000) | summarize count(), dcount(Command)",
      "TestEvents | where TimeGenerated between (datetime(2026-11-24 02:00) .. datetime(2026-11-24 "
      "11:00)) | summarize count(), min(Timestamp), max(Timestamp)",
      "TestEvents | where Timestamp > datetime(2026-11-24 09:00) and DeviceName has 'host4' | "
      "project "
      "Timestamp, Command",
      "TestEvents | where isnull(Fields) | count",
      "TestEvents | extend n = tolong(Fields.n) | summarize sum(n), countif(isnull(Fields))",
      "TestEvents | where Command has 'program65000' | project Timestamp, Size, Fields",
      "TestEvents | join kind=inner (TestEvents | where Size < 3 | project Command, S = Size) on "
      "Command | project Size, S, DeviceName | sort by Size asc",
      "TestEvents | top 5 by Size desc | project Size, Command",
      "TestEvents | distinct DeviceName | sort by DeviceName asc",
      "TestEvents | take 3 | project Size",
  };
  std::vector<Rows> plain;
  for (const std::string& query : queries) plain.push_back(store.run(query));

  for (const auto& columns : std::vector<std::vector<std::string>>{
           {"DeviceName", "Command", "Size", "IsRemote", "Fields"}, {"DeviceName"}, {"Size"}}) {
    store.fill_columnstore(columns);
    for (std::size_t k = 0; k < queries.size(); ++k) {
      CAPTURE(queries[k], columns);
      CHECK(store.run(queries[k]).rows == plain[k].rows);
    }
  }
}

TEST_CASE("Column copies are read where they serve, and the rows where not",
          "[store][columnstore]") {
  Store store;
  store.add(0, 40'000);
  store.fill_columnstore({"DeviceName"});
  // Behind the copies' back, so that the answer tells what was read.
  store.execute("UPDATE TestEvents SET DeviceName = 'changed' WHERE _Id IN (1, 39000)");
  const std::string changed = "TestEvents | where DeviceName == 'changed' | ";
  CHECK(store.first(changed + "count") == "1");                    // of the newest rows
  CHECK(store.first(changed + "summarize max(Size)") == "38999");  // Size has no copies

  store.execute("UPDATE _harrier_columnstore SET cells = x'0101' WHERE \"column\" = 'DeviceName'");
  CHECK(store.first(changed + "count") == "2");
  const auto plan = store.service().explain("TestEvents | summarize by DeviceName", std::nullopt);
  REQUIRE(plan.has_value());
  INFO(*plan);
  CHECK(plan->find("store TestEvents: 1 columns, every row, from the columnstore\n") !=
        std::string::npos);
}

TEST_CASE("Scans tell how far they are", "[store]") {
  Store store;
  store.add(0, 40'000);
  const auto progress = std::make_shared<ScanProgress>();
  CollectingSink sink;
  const std::string text = "TestEvents | where DeviceName == 'host1' | summarize count()";
  REQUIRE(store.service().run(text, std::nullopt, sink, {}, progress).has_value());
  CHECK(progress->expected() == 40'000);
  CHECK(progress->done() == 40'000);
}

TEST_CASE("Queries agree with themselves while a writer is at work", "[store]") {
  Store store;
  store.add(0, 2000);
  std::atomic<bool> stop{false};
  std::atomic<bool> all_written{true};
  std::thread writer([&] {
    for (int at = 2000; !stop; at += 50) {
      if (!store.try_to_add(at, 50)) all_written = false;
    }
  });
  for (int round = 0; round < 10; ++round) {
    const Rows rows =
        store.run("TestEvents | summarize n = count(), top = max(Size) | extend ok = n == top + 1");
    CHECK(rows.rows[0][2] == "true");
  }
  stop = true;
  writer.join();
  CHECK(all_written);
}

TEST_CASE("Limits end a query with a sentence that names the remedy", "[store]") {
  Store store;
  store.add(0, 5000);
  CollectingSink sink;
  Limits small;
  small.memory_bytes = 50'000;
  const auto memory =
      store.service(small).run("TestEvents | sort by Command asc", std::nullopt, sink);
  REQUIRE(memory.has_error());
  CHECK(memory.error().code == Errc::limit);
  CHECK(memory.error().message.find("narrow its time span") != std::string::npos);

  Limits brief;
  brief.deadline = std::chrono::milliseconds(-1);
  const auto late = store.service(brief).run("TestEvents | count", std::nullopt, sink);
  REQUIRE(late.has_error());
  CHECK(late.error().code == Errc::limit);

  CancelToken cancel;
  cancel.cancel();
  const auto cancelled = store.service().run("TestEvents | count", std::nullopt, sink, cancel);
  REQUIRE(cancelled.has_error());
  CHECK(cancelled.error().code == Errc::cancelled);

  Limits few;
  few.result_rows = 10;
  CollectingSink cut;
  const auto summary = store.service(few).run("TestEvents", std::nullopt, cut);
  REQUIRE(summary.has_value());
  CHECK(summary->truncated);
  CHECK(cut.result.rows.size() == 10);
}

TEST_CASE("An error in the text names its place", "[store]") {
  Store store;
  CollectingSink sink;
  const auto failed = store.service().run("TestEvents\n| where Nope == 1", std::nullopt, sink);
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == Errc::query);
  CHECK(failed.error().message.rfind("2:9:", 0) == 0);
}

TEST_CASE("explain tells what a store is asked", "[store]") {
  Store store;
  const auto plan = store.service().explain(
      "TestEvents | where Timestamp > ago(1h) and DeviceName == 'x' | project Command",
      std::nullopt);
  REQUIRE(plan.has_value());
  CHECK(plan->find("store TestEvents") != std::string::npos);
  CHECK(plan->find("\"DeviceName\" = ?") != std::string::npos);
}

TEST_CASE("Formats", "[format]") {
  const auto formatted = [](OutputFormat format) {
    const model::Catalog catalog = model::Catalog::of({});
    const FixedClock clock;
    const QueryService service(catalog, clock, ServiceOptions{});
    std::ostringstream out;
    const auto sink = make_formatter(format, out);
    const auto done = service.run(
        "print a = 1, b = 'x,\"y', c = datetime(2020-01-01), d = 1d, e = dynamic({\"k\":[1]}), f = "
        "int(null), g = true, h = 1.0",
        std::nullopt, *sink);
    REQUIRE(done.has_value());
    return out.str();
  };
  CHECK(formatted(OutputFormat::jsonl) ==
        "{\"a\":1,\"b\":\"x,\\\"y\",\"c\":\"2020-01-01T00:00:00.0000000Z\",\"d\":\"1.00:00:00\","
        "\"e\":{\"k\":[1]},"
        "\"f\":null,\"g\":true,\"h\":1.0}\n");
  CHECK(formatted(OutputFormat::csv) ==
        "a,b,c,d,e,f,g,h\n1,\"x,\"\"y\",2020-01-01T00:00:00.0000000Z,1.00:00:00,\"{\"\"k\"\":[1]}"
        "\",,true,1.0\n");
  const std::string json = formatted(OutputFormat::json);
  CHECK(json.rfind("{\"columns\":[{\"name\":\"a\",\"type\":\"long\"},", 0) == 0);
  CHECK(json.find("\"rows\":[\n[1,") != std::string::npos);
  CHECK(formatted(OutputFormat::table).find("(1 row") != std::string::npos);
}
