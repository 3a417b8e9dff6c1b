#include "fixture.hpp"

using namespace harrier;
using namespace harrier::model;
using namespace harrier::test;
using namespace std::string_literals;

namespace {

const std::string kTime = "2026-11-24T09:00:00.0000000Z";

std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.source_name + ">" + column.name);
  return names;
}

// A page with a new column that is then dropped.
Task<> append_and_drop(TableStore& store, Batch batch) {
  HARRIER_CO_TRY(const auto page, co_await store.open_page());
  co_return co_await page->append(std::move(batch));
}

Task<> add_and_drop(TableStore& store, Batch batch, std::vector<Column> columns) {
  HARRIER_CO_TRY(const auto page, co_await store.open_page());
  HARRIER_CO_TRYV(co_await page->append(std::move(batch)));
  HARRIER_CO_TRYV(co_await store.add_columns(std::move(columns)));
  co_return Result<>();
}

}  // namespace

TEST_CASE("A column that the service begins to send is added and kept", "[storage][columns]") {
  Stores stores;
  auto store = stores.open(event_table());

  const auto columns = stores.run(store->add_columns({Column("NewCol", ScalarType::long_)}));

  REQUIRE(columns.has_value());
  CHECK(columns->back() == Column("NewCol", ScalarType::long_));
  const auto layout = layout_for(store->schema(), {Column("NewCol", ScalarType::long_)});
  TestRow row = {kTime, "a"s, std::int64_t{1}, 1.0, "{}"s, std::int64_t{42}};
  REQUIRE(stores.write(*store, batch_of(layout, {row})).has_value());
  CHECK(stores.query("Events", "SELECT NewCol FROM Events") == std::vector<std::string>{"42"});
  store.reset();
  stores.reopen();
  CHECK(stores.open(event_table())->columns().back() == Column("NewCol", ScalarType::long_));
}

TEST_CASE("Names that collide ignoring case get a suffix, the same one every time",
          "[storage][columns]") {
  Stores stores;
  auto store = stores.open(event_table());
  const std::vector<Column> sent = {
      Column("NAME", ScalarType::string), Column("Name", ScalarType::string),
      Column("name", ScalarType::string), Column("TimeGenerated", ScalarType::datetime)};

  const auto first = stores.run(store->add_columns(sent));
  store.reset();
  stores.reopen();
  store = stores.open(event_table());
  const auto again = stores.run(store->add_columns(sent));

  const std::vector<std::string> expected = {
      "Timestamp>Timestamp", "Name>Name",   "Count>Count", "Ratio>Ratio",
      "Extra>Extra",         "NAME>NAME_1", "name>name_2", "TimeGenerated>TimeGenerated_1"};
  CHECK(names_of(*first) == expected);
  CHECK(names_of(*again) == expected);
}

TEST_CASE("Names are quoted, whatever the service sends", "[storage][columns]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const std::string hostile = "x\" TEXT); DROP TABLE Events; --";

  REQUIRE(stores.run(store->add_columns({Column(hostile, ScalarType::string)})).has_value());

  CHECK(stores.query("Events", "SELECT count(*) FROM Events") == std::vector<std::string>{"0"});
  CHECK(stores.run(store->add_columns({Column("", ScalarType::string)})).has_error());
  CHECK(stores.run(store->add_columns({Column("a\0b"s, ScalarType::string)})).has_error());
}

TEST_CASE("A column of a dropped page comes back with the next page that has it",
          "[storage][columns]") {
  Stores stores;
  const auto store = stores.open(event_table());
  const auto layout = layout_for(store->schema(), {Column("NewCol", ScalarType::string)});
  const TestRow row = {kTime, "a"s, std::int64_t{1}, 1.0, "{}"s, "v"s};
  REQUIRE(stores
              .run(add_and_drop(*store, batch_of(layout_for(store->schema()), {{kTime, "b"s}}),
                                {Column("NewCol", ScalarType::string)}))
              .has_value());
  REQUIRE(stores.run(append_and_drop(*store, batch_of(layout, {row}))).has_value());

  const auto stats = stores.write(*store, batch_of(layout, {row}));

  REQUIRE(stats.has_value());
  CHECK(stores.query("Events", "SELECT Name, NewCol FROM Events") ==
        std::vector<std::string>{"a|v"});
  CHECK(store->columns().back().name == "NewCol");
}

TEST_CASE("A newer program adds the columns it documents and keeps the rows",
          "[storage][columns]") {
  Stores stores;
  auto store = stores.open(event_table());
  REQUIRE(stores.run(store->add_columns({Column("Seen", ScalarType::string)})).has_value());
  REQUIRE(stores.write(*store, batch_of(layout_for(store->schema()), {{kTime, "a"s}})).has_value());
  auto newer = std::make_shared<TableSchema>(*event_table());
  newer->columns.emplace_back("Later", ScalarType::real);
  newer->columns.emplace_back("Seen", ScalarType::string);
  store.reset();
  stores.reopen();

  store = stores.open(newer);

  CHECK(store->columns() == newer->columns);
  const auto layout = layout_for(newer);
  REQUIRE(
      stores
          .write(*store, batch_of(layout, {{kTime, "b"s, std::int64_t{1}, 1.0, "{}"s, 2.5, "s"s}}))
          .has_value());
  CHECK(stores.query("Events", "SELECT Name, Later, Seen FROM Events ORDER BY Name") ==
        std::vector<std::string>{"a|-|-", "b|2.5|s"});
}
