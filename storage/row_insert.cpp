#include "storage/row_insert.hpp"

#include "storage/sql.hpp"

#include <fmt/format.h>

namespace harrier::storage {

using model::Cell;
using model::CellTag;

namespace {

// What follows the values. `confirm` and `snapshot` touch a row once in a pass.
std::string conflict_clause(WriteMode mode, int complete_parameter) {
  switch (mode) {
    case WriteMode::plain:
      return "ON CONFLICT DO NOTHING";
    case WriteMode::confirm:
      return "ON CONFLICT DO UPDATE SET \"_harrier_seen\" = excluded.\"_harrier_seen\" "
             "WHERE \"_harrier_seen\" IS NOT excluded.\"_harrier_seen\"";
    case WriteMode::snapshot:
      return fmt::format(
          "ON CONFLICT DO UPDATE SET \"_harrier_previous\" = CASE WHEN \"_LastSeen\" = ?{} THEN "
          "\"_LastSeen\" "
          "ELSE \"_harrier_previous\" END, \"_LastSeen\" = excluded.\"_LastSeen\" "
          "WHERE \"_LastSeen\" IS NOT excluded.\"_LastSeen\"",
          complete_parameter);
  }
  return {};
}

}  // namespace

Result<RowInsert> RowInsert::prepare(Connection& connection, const model::LayoutPtr& layout,
                                     WriteMode mode) {
  RowInsert out;
  out.layout_ = layout;
  out.mode_ = mode;
  out.ingested_cell_ = layout->index_of("_Ingested");
  std::string names;
  std::string values;
  int parameter = 0;
  const auto add = [&](std::string_view name, int number) {
    names += (names.empty() ? "" : ", ") + identifier(name);
    values += fmt::format("{}?{}", values.empty() ? "" : ", ", number);
  };
  for (const auto& column : layout->columns) add(column.name, ++parameter);
  if (out.ingested_cell_ < 0) {
    out.ingested_parameter_ = ++parameter;
    add("_Ingested", parameter);
  } else {
    out.ingested_parameter_ = out.ingested_cell_ + 1;
  }
  out.key_parameter_ = ++parameter;
  add("_harrier_key", parameter);
  if (mode != WriteMode::plain) out.pass_parameter_ = ++parameter;
  if (mode == WriteMode::confirm) add("_harrier_seen", out.pass_parameter_);
  if (mode == WriteMode::snapshot) {
    add("_FirstSeen", out.pass_parameter_);
    add("_LastSeen", out.pass_parameter_);
    out.complete_parameter_ = ++parameter;
  }
  const std::string sql =
      fmt::format("INSERT INTO {} ({}) VALUES ({}) {}", identifier(layout->table->name), names,
                  values, conflict_clause(mode, out.complete_parameter_));
  HARRIER_TRY(out.statement_, connection.prepare(sql, true));
  return out;
}

void RowInsert::bind_page(const PageTexts& texts) noexcept {
  ingested_ = texts.ingested;
  if (ingested_cell_ < 0) statement_.bind(ingested_parameter_, ingested_);
  if (pass_parameter_ > 0) statement_.bind(pass_parameter_, texts.pass);
  if (complete_parameter_ > 0) {
    if (texts.complete_snapshot.empty())
      statement_.bind_null(complete_parameter_);
    else
      statement_.bind(complete_parameter_, texts.complete_snapshot);
  }
}

Result<bool> RowInsert::insert(Connection& connection, std::span<const Cell> row,
                               const model::RowKey& key) {
  int parameter = 0;
  for (const Cell& cell : row) {
    ++parameter;
    switch (cell.tag()) {
      case CellTag::null:
        statement_.bind_null(parameter);
        break;
      case CellTag::integer:
        statement_.bind(parameter, cell.integer());
        break;
      case CellTag::real:
        statement_.bind(parameter, cell.real());
        break;
      case CellTag::text:
        statement_.bind(parameter, cell.text());
        break;
    }
  }
  if (ingested_cell_ >= 0 && row[static_cast<std::size_t>(ingested_cell_)].is_null())
    statement_.bind(ingested_parameter_, ingested_);
  statement_.bind_blob(key_parameter_, key);
  // An upsert that updates counts as a change too; only a new row has a new id.
  connection.set_last_insert_id(0);
  HARRIER_TRYV(statement_.step());
  return connection.last_insert_id() != 0;
}

}  // namespace harrier::storage
