#include "fixture.hpp"

#include <fmt/format.h>

namespace harrier::test {

using model::Column;
using model::ScalarType;

model::TablePtr event_table() {
  model::TableSchema table;
  table.name = "Events";
  table.time_column = "Timestamp";
  table.columns = {{"Timestamp", ScalarType::datetime},
                   {"Name", ScalarType::string},
                   {"Count", ScalarType::long_},
                   {"Ratio", ScalarType::real},
                   {"Extra", ScalarType::dynamic}};
  return std::make_shared<model::TableSchema>(std::move(table));
}

model::TablePtr entity_table() {
  model::TableSchema table;
  table.name = "Things";
  table.kind = model::TableKind::entity;
  table.time_column = "TimeGenerated";
  table.keys = {"Id"};
  table.version_column = "Version";
  table.has_latest = true;
  table.columns = {{"TimeGenerated", ScalarType::datetime},
                   {"Id", ScalarType::string},
                   {"Version", ScalarType::datetime},
                   {"Name", ScalarType::string}};
  return std::make_shared<model::TableSchema>(std::move(table));
}

model::TablePtr snapshot_table() {
  model::TableSchema table;
  table.name = "Inventory";
  table.kind = model::TableKind::snapshot;
  table.keys = {"Id"};
  table.columns = {{"Id", ScalarType::string}, {"Name", ScalarType::string}};
  return std::make_shared<model::TableSchema>(std::move(table));
}

model::LayoutPtr layout_for(const model::TablePtr& table, std::vector<Column> more) {
  auto layout = std::make_shared<model::RowLayout>();
  layout->table = table;
  layout->columns = table->columns;
  for (auto& column : more) layout->columns.push_back(std::move(column));
  layout->time_index = layout->index_of(table->time_column);
  return layout;
}

model::Batch batch_of(const model::LayoutPtr& layout, const std::vector<TestRow>& rows) {
  model::Batch batch(layout);
  model::KeyHasher hasher(*layout);
  for (const auto& row : rows) {
    const auto cells = batch.add_row();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (const auto* integer = std::get_if<std::int64_t>(&row[i]))
        cells[i] = model::Cell::of_integer(*integer);
      if (const auto* real = std::get_if<double>(&row[i])) cells[i] = model::Cell::of_real(*real);
      if (const auto* text = std::get_if<std::string>(&row[i]))
        cells[i] = model::Cell::of_text(batch.arena().copy(*text));
    }
    batch.set_key(hasher.hash(cells));
  }
  return batch;
}

Instant at(std::string_view text) {
  return parse_instant(text).value();
}

model::Window window(std::string_view from, std::string_view to) {
  return model::Window{at(from), at(to)};
}

void Stores::reopen() {
  set.reset();
  auto opened = storage::open_store_set(directory, clock);
  REQUIRE(opened.has_value());
  set = *std::move(opened);
}

std::shared_ptr<model::TableStore> Stores::open(const model::TablePtr& table) {
  auto opened = run(set->open(table));
  if (opened.has_error()) FAIL(opened.error().message);
  return *opened;
}

Result<model::WriteStats> Stores::write(model::TableStore& store, model::Batch batch,
                                        model::PageCommit what, std::optional<Instant> pass) {
  struct Write {
    static Task<model::WriteStats> run(model::TableStore& store, model::Batch batch,
                                       model::PageCommit what, std::optional<Instant> pass) {
      HARRIER_CO_TRY(const auto page, co_await store.open_page(pass));
      HARRIER_CO_TRYV(co_await page->append(std::move(batch)));
      co_return co_await page->commit(std::move(what));
    }
  };

  return run(Write::run(store, std::move(batch), std::move(what), pass));
}

std::vector<std::string> Stores::query(std::string_view table, const std::string& sql) const {
  auto connection = storage::Connection::open(file(table), storage::OpenMode::read);
  REQUIRE(connection.has_value());
  auto statement = connection->prepare(sql);
  if (statement.has_error()) FAIL(statement.error().message);
  std::vector<std::string> rows;
  while (true) {
    const auto row = statement->step();
    if (row.has_error()) FAIL(row.error().message);
    if (!*row) return rows;
    std::string text;
    for (int i = 0; i < statement->column_count(); ++i) {
      if (i > 0) text += '|';
      text += statement->is_null(i) ? std::string("-") : std::string(statement->text(i));
    }
    rows.push_back(std::move(text));
  }
}

}  // namespace harrier::test
