#include "model/batch.hpp"

#include "support/catch.hpp"

using namespace harrier;
using namespace harrier::model;

namespace {

LayoutPtr layout_of(std::vector<Column> columns) {
  auto table = std::make_shared<TableSchema>();
  table->name = "T";
  for (const auto& column : columns) {
    if (!column.name.starts_with("_")) table->columns.push_back(column);
  }
  auto layout = std::make_shared<RowLayout>();
  layout->table = table;
  layout->columns = std::move(columns);
  return layout;
}

RowKey key_of(const LayoutPtr& layout, std::vector<Cell> cells) {
  return KeyHasher(*layout).hash(cells);
}

}  // namespace

TEST_CASE("A row's key does not depend on column order, empty columns or ingestion time",
          "[model][batch]") {
  const auto ab = layout_of({{"A", ScalarType::string}, {"B", ScalarType::long_}});
  const auto wide = layout_of({{"_Ingested", ScalarType::datetime},
                               {"B", ScalarType::long_},
                               {"New", ScalarType::string},
                               {"Z", ScalarType::string},
                               {"A", ScalarType::string}});

  const RowKey narrow = key_of(ab, {Cell::of_text("x"), Cell::of_integer(5)});

  CHECK(narrow == key_of(wide, {Cell::of_text("now"), Cell::of_integer(5), Cell(),
                                Cell::of_text(""), Cell::of_text("x")}));
  CHECK(narrow != key_of(ab, {Cell::of_text("x"), Cell::of_integer(6)}));
  CHECK(narrow != key_of(ab, {Cell::of_text("x"), Cell()}));
}

TEST_CASE("Values do not leak between neighbouring columns in a key", "[model][batch]") {
  const auto layout = layout_of({{"A", ScalarType::string}, {"B", ScalarType::string}});
  CHECK(key_of(layout, {Cell::of_text("ab"), Cell::of_text("c")}) !=
        key_of(layout, {Cell::of_text("a"), Cell::of_text("bc")}));
  CHECK(key_of(layout, {Cell::of_text("a"), Cell()}) !=
        key_of(layout, {Cell(), Cell::of_text("a")}));
}

TEST_CASE("time_order sorts rows by the time column", "[model][batch]") {
  auto layout = std::make_shared<RowLayout>(*layout_of({{"Timestamp", ScalarType::datetime}}));
  layout->time_index = 0;
  Batch batch(layout);
  for (const char* text : {"2026-02", "2026-01", "2026-03"})
    batch.add_row()[0] = Cell::of_text(batch.arena().copy(text));

  CHECK(batch.time_order() == std::vector<std::uint32_t>{1, 0, 2});
}

TEST_CASE("time_order keeps the order of equal times, whatever their form", "[model][batch]") {
  auto layout = std::make_shared<RowLayout>(*layout_of({{"Timestamp", ScalarType::datetime}}));
  layout->time_index = 0;
  const auto order = [&](const std::vector<const char*>& times) {
    Batch batch(layout);
    for (const char* text : times)
      batch.add_row()[0] = text == nullptr ? Cell() : Cell::of_text(batch.arena().copy(text));
    return batch.time_order();
  };
  using Order = std::vector<std::uint32_t>;

  CHECK(order({"2026-11-24T10:00:00.0000002Z", "2026-11-24T10:00:00.0000001Z",
               "2026-11-24T10:00:00.0000002Z", "2025-12-31T23:59:59.9999999Z"}) ==
        Order{3, 1, 0, 2});
  CHECK(order({"2026-11-24T10:00:00.0000002Z", "1999-11-24T10:00:00.0000001Z",
               "2126-11-24T10:00:00.0000001Z", nullptr}) == Order{3, 1, 0, 2});
  CHECK(order({"2099-12-31T23:59:59.9999999Z", "2000-01-01T00:00:00.0000000Z"}) == Order{1, 0});
  CHECK(order({}) == Order{});
}

TEST_CASE("Names that differ only in case get a suffix", "[model][schema]") {
  const auto table = parse_table_file("T.toml", R"(
name = "T"
doc = "A table."
connector = "microsoft365_defender"
time = "Timestamp"
columns = [["Timestamp", "datetime"], ["LogonId", "long"], ["LogonID", "long"]]
)");
  REQUIRE(table.has_value());
  CHECK(table->columns[2].name == "LogonID_1");
  CHECK(table->columns[2].source_name == "LogonID");
  CHECK(table->time_aliases() == std::vector<std::string>{"TimeGenerated"});
}

TEST_CASE("An unsound table file is an error that names the file", "[model][schema]") {
  const auto table = parse_table_file(
      "Bad.toml", "name = \"T\"\ndoc = \"x\"\nconnector = \"c\"\ncolumns = [[\"A\", \"varchar\"]]");
  REQUIRE(table.has_error());
  CHECK(table.error().message.find("Bad.toml") != std::string::npos);
  CHECK(table.error().message.find("varchar") != std::string::npos);
}
