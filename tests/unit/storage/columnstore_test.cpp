#include "storage/columnstore.hpp"

#include "storage/reader.hpp"
#include "storage/table_file.hpp"

#include "fixture.hpp"

#include <fmt/format.h>

#include <limits>
#include <random>

using namespace harrier;
using namespace harrier::model;
using namespace harrier::storage;
using namespace harrier::test;
using namespace std::string_literals;

namespace {

using Lines = std::vector<std::string>;

constexpr const char* kCopies =
    "SELECT segment, \"column\" FROM _harrier_columnstore ORDER BY segment, \"column\"";

/// A copy of the cells that SQL expressions give.
std::vector<std::byte> copy_of(SegmentForm form, const std::string& values) {
  const TempDir dir;
  auto connection = Connection::open(dir.path() / "cells.db", OpenMode::write);
  REQUIRE(connection.has_value());
  auto statement = connection->prepare("VALUES " + values);
  REQUIRE(statement.has_value());
  SegmentBuilder builder(form);
  while (statement->step().value()) builder.add(*statement, 0);
  return builder.finish();
}

std::shared_ptr<const ColumnSegment> unpacked(const std::vector<std::byte>& copy) {
  auto segment = read_segment(copy);
  REQUIRE(segment.has_value());
  return *segment;
}

std::vector<TestRow> rows_at(std::string_view time, int count, const std::string& name) {
  std::vector<TestRow> rows;
  for (int i = 0; i < count; ++i)
    rows.push_back({std::string(time), name + std::to_string(i % 300), std::int64_t{i}});
  return rows;
}

std::int64_t fill(Stores& stores, TableStore& store, std::vector<std::string> columns) {
  const auto filled = stores.run(store.fill_columnstore(std::move(columns)));
  REQUIRE(filled.has_value());
  return *filled;
}

}  // namespace

TEST_CASE("A copy gives back the cells of its column", "[storage][columnstore]") {
  const auto texts = unpacked(copy_of(SegmentForm::text, "('b'), (NULL), (''), ('b'), ('a')"));
  CHECK(texts->texts == std::vector<std::string_view>{"b", "", "a"});
  CHECK(texts->codes == std::vector<std::uint16_t>{0, ColumnSegment::kNull, 1, 0, 2});

  const auto numbers = unpacked(
      copy_of(SegmentForm::integer, "(-9223372036854775808), (9223372036854775807), (NULL)"));
  CHECK(numbers->integers[0] == std::numeric_limits<std::int64_t>::min());
  CHECK(numbers->integers[1] == std::numeric_limits<std::int64_t>::max());
  CHECK(numbers->nulls == std::vector<std::uint8_t>{0, 0, 1});
  for (const std::int64_t step :
       std::vector<std::int64_t>{1, 100, 1'000, 1'000'000, 10'000'000'000}) {
    const auto few = unpacked(
        copy_of(SegmentForm::integer, fmt::format("(-5), ({}), ({})", step - 5, 2 * step - 5)));
    CHECK(few->integers == std::vector<std::int64_t>{-5, step - 5, 2 * step - 5});
    CHECK(few->nulls.empty());
  }

  const auto times = unpacked(
      copy_of(SegmentForm::instant,
              "('2026-11-24T09:58:41.1203977Z'), (NULL), ('2026-11-24T09:58:40.0000000Z')"));
  CHECK(times->integers[0] == at("2026-11-24T09:58:41.1203977Z").ticks);
  CHECK(times->integers[2] == at("2026-11-24T09:58:40Z").ticks);
  CHECK(times->nulls == std::vector<std::uint8_t>{0, 1, 0});

  const auto reals = unpacked(copy_of(SegmentForm::real, "(1.5), (-0.25)"));
  CHECK(reals->reals == std::vector<double>{1.5, -0.25});
}

TEST_CASE("More distinct texts than a byte tells apart are told apart", "[storage][columnstore]") {
  for (const int distinct : {254, 255, 256, 32'768}) {
    CAPTURE(distinct);
    std::string values;
    for (int k = 0; k < distinct; ++k) values += fmt::format("{}('t{}')", k == 0 ? "" : ", ", k);
    const auto copy = unpacked(copy_of(SegmentForm::text, values));
    bool same = copy->rows == static_cast<std::size_t>(distinct);
    for (std::size_t k = 0; same && k < copy->rows; ++k)
      same = copy->texts[copy->codes[k]] == fmt::format("t{}", k);
    CHECK(same);
  }
}

TEST_CASE("Cells that are not of their column's type are left to the rows",
          "[storage][columnstore]") {
  CHECK(unpacked(copy_of(SegmentForm::text, "('a'), (1)"))->form == SegmentForm::none);
  CHECK(unpacked(copy_of(SegmentForm::integer, "(1), ('a')"))->form == SegmentForm::none);
  CHECK(unpacked(copy_of(SegmentForm::real, "(1)"))->form == SegmentForm::none);
  CHECK(unpacked(copy_of(SegmentForm::instant, "('2026-11-24T09:58:41Z')"))->form ==
        SegmentForm::none);
}

TEST_CASE("A damaged copy is an error, and never more than its bytes are read",
          "[storage][columnstore]") {
  const std::vector<std::vector<std::byte>> copies = {
      copy_of(SegmentForm::text, "('one'), ('two'), (NULL), ('three')"),
      copy_of(SegmentForm::integer, "(1), (NULL), (70000)"),
      copy_of(SegmentForm::real, "(1.5), (NULL)")};
  std::mt19937 random(7);
  for (const auto& copy : copies) {
    for (std::size_t size = 0; size < copy.size(); ++size)
      CHECK(read_segment(std::span(copy).first(size)).has_error());
    for (int round = 0; round < 2'000; ++round) {
      auto damaged = copy;
      damaged[random() % damaged.size()] = static_cast<std::byte>(random());
      const auto read = read_segment(damaged);
      if (read.has_error()) continue;
      for (const std::uint16_t code : (*read)->codes)
        REQUIRE((code == ColumnSegment::kNull || code < (*read)->texts.size()));
    }
  }
}

TEST_CASE("Full segments are copied, the newest rows are not", "[storage][columnstore]") {
  Stores stores;
  const auto store = stores.open(event_table());
  REQUIRE(stores
              .write(*store, batch_of(layout_for(store->schema()),
                                      rows_at("2026-11-24T00:00:00.0000000Z", 70'000, "n")))
              .has_value());

  CHECK(fill(stores, *store, {"Name", "Unknown"}) == 2);
  CHECK(stores.query("Events", kCopies) ==
        Lines{"0|Name", "0|Timestamp", "0|_Id", "1|Name", "1|Timestamp", "1|_Id"});
  CHECK(fill(stores, *store, {"Name"}) == 0);

  stores.reopen();
  const auto again = stores.open(event_table());
  CHECK(fill(stores, *again, {"Name"}) == 0);
  CHECK(fill(stores, *again, {"Count"}) == 3);  // one to drop the names
  CHECK(stores.query("Events", kCopies) ==
        Lines{"0|Count", "0|Timestamp", "0|_Id", "1|Count", "1|Timestamp", "1|_Id"});
  CHECK(fill(stores, *again, {}) == 1);
  CHECK(stores.query("Events", kCopies).empty());
}

TEST_CASE("Retention takes the copies of the rows it deletes", "[storage][columnstore]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema());
  REQUIRE(stores.write(*store, batch_of(layout, rows_at("2026-10-01T00:00:00.0000000Z", 10, "old")))
              .has_value());
  REQUIRE(
      stores.write(*store, batch_of(layout, rows_at("2026-11-24T00:00:00.0000000Z", 70'000, "new")))
          .has_value());
  CHECK(fill(stores, *store, {"Name"}) == 2);

  REQUIRE(stores.run(store->retain(at("2026-11-01T00:00:00Z"))).has_value());

  CHECK(stores.query("Events", kCopies) == Lines{"1|Name", "1|Timestamp", "1|_Id"});
  CHECK(fill(stores, *store, {"Name"}) == 1);
  auto reader = ReadConnection::open(stores.directory, "Events");
  REQUIRE(reader.has_value());
  const auto copies = reader->read_copies(0, {"Name"});
  REQUIRE(copies.has_value());
  REQUIRE(copies->has_value());
  CHECK((**copies)[0]->rows == 32'758);
  CHECK(reader->copied_columns().value().contains("Timestamp"));
}

TEST_CASE("Copies that do not belong together are not read", "[storage][columnstore]") {
  Stores stores;
  const auto store = stores.open(event_table());
  REQUIRE(stores
              .write(*store, batch_of(layout_for(store->schema()),
                                      rows_at("2026-11-24T00:00:00.0000000Z", 33'000, "n")))
              .has_value());
  CHECK(fill(stores, *store, {"Name"}) == 1);
  stores.close();
  const auto reads = [&] {
    auto reader = ReadConnection::open(stores.directory, "Events");
    REQUIRE(reader.has_value());
    const auto copies = reader->read_copies(0, {"Name", "Timestamp"});
    REQUIRE(copies.has_value());
    return copies->has_value();
  };
  CHECK(reads());
  auto connection = Connection::open(stores.file("Events"), OpenMode::write);
  REQUIRE(connection.has_value());
  const auto one = copy_of(SegmentForm::text, "('x')");
  auto update =
      connection->prepare("UPDATE _harrier_columnstore SET cells = ?1 WHERE \"column\" = 'Name'");
  REQUIRE(update.has_value());
  update->bind_blob(1, one);
  REQUIRE(update->run().has_value());
  CHECK_FALSE(reads());
  REQUIRE(connection->execute("DELETE FROM _harrier_columnstore WHERE \"column\" = 'Name'")
              .has_value());
  CHECK_FALSE(reads());
}

TEST_CASE("Only events have copies", "[storage][columnstore]") {
  Stores stores;
  for (const auto& table : {entity_table(), snapshot_table()}) {
    const auto store = stores.open(table);
    CHECK(fill(stores, *store, {"Name"}) == 0);
  }
}
