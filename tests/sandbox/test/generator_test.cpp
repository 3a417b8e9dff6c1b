#include "sandbox/generator.hpp"

#include "sandbox/hunting.hpp"
#include "sandbox/render.hpp"
#include "sandbox/truth.hpp"
#include "support/catch.hpp"

#include <set>

using namespace harrier;
using namespace harrier::sandbox;

namespace {

Options small_tenant() {
  Options options;
  options.start = *parse_instant("2026-11-24T12:00:00Z");
  options.events = 200;
  return options;
}

struct Model {
  explicit Model(const Options& options)
      : catalog(*model::Catalog::load_embedded()), world(options), hunting(world, catalog) {}

  const TableGenerator& table(std::string_view name) const { return *hunting.find(name); }

  model::Catalog catalog;
  World world;
  Hunting hunting;
};

std::string value(const TableGenerator& table, std::uint64_t index, std::string_view column) {
  return stored_row(table, index)[static_cast<std::size_t>(table.column_index(column))];
}

}  // namespace

TEST_CASE("The same seed makes the same events, another seed others") {
  const Model a(small_tenant());
  const Model b(small_tenant());
  auto options = small_tenant();
  options.seed = 2;
  const Model other(options);

  for (const auto& [name, table] : a.hunting.tables()) {
    INFO(name);
    CHECK(stored_row(*table, 17) == stored_row(b.table(name), 17));
    CHECK(stored_row(*table, 17) != stored_row(other.table(name), 17));
  }
}

TEST_CASE("All hunting tables of the catalog fill with distinct rows") {
  const Model tenant(small_tenant());

  CHECK(tenant.hunting.tables().size() >= 65);
  for (const auto& [name, table] : tenant.hunting.tables()) {
    INFO(name);
    std::set<RowHash> hashes;
    for (std::uint64_t i = 0; i < 200; ++i) hashes.insert(hash_row(stored_row(*table, i)));
    CHECK(hashes.size() == 200);
  }
}

TEST_CASE("Index and ingestion time map onto each other") {
  auto options = small_tenant();
  options.bursts["DeviceInfo"] = Burst{50, 0.5};
  options.rate = 10;
  const Timeline timeline(options, "DeviceInfo");

  for (std::uint64_t i = 0; i < 400; ++i) {
    const auto time = timeline.ingestion(i);
    CHECK(timeline.count_before(time) <= i);
    CHECK(timeline.count_before(time + Ticks(1)) > i);
    if (i > 0) CHECK(timeline.ingestion(i - 1) <= time);
  }
  CHECK(timeline.ingestion(100) == timeline.ingestion(149));
}

TEST_CASE("Shards tile a table") {
  const Model tenant(small_tenant());
  const auto now = *parse_instant("2026-11-24T12:00:00Z");
  std::uint64_t rows = 0;

  for (int i = 0; i < 3; ++i) {
    const auto query = fmt::format("DeviceInfo | where hash(tostring(pack_all()), 3) == {}", i);
    rows += tenant.hunting.run(query, "P30D", now, {}).rows;
  }

  CHECK(rows == 200);
}

TEST_CASE("A network connection belongs to a process that exists") {
  const Model tenant(small_tenant());
  const auto& network = tenant.table("DeviceNetworkEvents");
  const auto& processes = tenant.table("DeviceProcessEvents");
  std::set<std::string> known;
  for (std::uint64_t i = 0; i < 200; ++i) known.insert(value(processes, i, "ProcessUniqueId"));

  for (std::uint64_t i = 20; i < 200; ++i) {
    CHECK(known.contains(value(network, i, "InitiatingProcessUniqueId")));
    CHECK(value(network, i, "InitiatingProcessCreationTime") <= value(network, i, "Timestamp"));
  }
}

TEST_CASE("Rows worth hunting are planted") {
  const Model tenant(small_tenant());
  int passwords = 0;
  int downloads = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    if (value(tenant.table("DeviceRegistryEvents"), i, "RegistryValueName") == "DefaultPassword")
      ++passwords;
    const auto line = value(tenant.table("DeviceProcessEvents"), i, "ProcessCommandLine");
    if (line.find("DownloadString('http://") != std::string::npos) ++downloads;
  }
  CHECK(passwords == 4);
  CHECK(downloads > 0);
}

TEST_CASE("A result at the row cap is cut silently, one beyond the size cap is refused") {
  auto options = small_tenant();
  options.max_rows = 50;
  const Model rows(options);
  options.max_rows = 1000;
  options.max_bytes = 20'000;
  const Model bytes(options);

  const auto cut = rows.hunting.run("DeviceInfo", "P30D", options.start, {});
  const auto refused = bytes.hunting.run("DeviceInfo", "P30D", options.start, {});

  CHECK(cut.status == 200);
  CHECK(cut.rows == 50);
  CHECK(refused.status == 400);
  CHECK(refused.body.find("exceeded the allowed result size") != std::string::npos);
}

TEST_CASE("An unknown table is a semantic error") {
  const Model tenant(small_tenant());

  const auto answer = tenant.hunting.run("NoSuchTable | take 0", "P30D", small_tenant().start, {});

  CHECK(answer.status == 400);
  CHECK(answer.body.find("Failed to resolve table or column expression named 'NoSuchTable'") !=
        std::string::npos);
}

TEST_CASE("Times lose the trailing zeros of their fraction on the wire") {
  std::string out;
  append_wire_time(out, *parse_instant("2026-11-24T09:58:40.1200000Z"));
  append_wire_time(out, *parse_instant("2026-11-24T09:58:40Z"));

  CHECK(out == "\"2026-11-24T09:58:40.12Z\"\"2026-11-24T09:58:40Z\"");
}
