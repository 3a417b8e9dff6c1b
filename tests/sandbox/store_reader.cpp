#include "sandbox/store_reader.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <set>

namespace harrier::sandbox {
namespace {

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

Result<Statement> prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    return Error(Errc::storage, fmt::format("{}: {}", sqlite3_errmsg(database), sql));
  }
  return Statement(statement, &sqlite3_finalize);
}

std::string value_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_FLOAT:
      return fmt::format("{}", sqlite3_column_double(statement, column));
    default: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
    }
  }
}

Result<std::set<std::string>> columns_of(sqlite3* database, const std::string& table) {
  HARRIER_TRY(const auto statement,
              prepare(database, fmt::format("PRAGMA table_xinfo({})", quoted(table))));
  std::set<std::string> names;
  while (sqlite3_step(statement.get()) == SQLITE_ROW) names.insert(value_of(statement.get(), 1));
  return names;
}

Result<Database> open(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file))
    return Error(Errc::not_found, fmt::format("there is no {}", file.string()));
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
  Database database(raw, &sqlite3_close);
  if (code != SQLITE_OK)
    return Error(Errc::storage,
                 fmt::format("cannot open {}: {}", file.string(), sqlite3_errmsg(raw)));
  sqlite3_busy_timeout(raw, 10'000);
  return database;
}

}  // namespace

Result<std::uint64_t> count_rows(const std::filesystem::path& file, const std::string& table) {
  HARRIER_TRY(const auto database, open(file));
  HARRIER_TRY(const auto statement,
              prepare(database.get(), "SELECT count(*) FROM " + quoted(table)));
  if (sqlite3_step(statement.get()) != SQLITE_ROW)
    return Error(Errc::storage, sqlite3_errmsg(database.get()));
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), 0));
}

Result<std::vector<std::string>> read_store(const std::filesystem::path& file,
                                            const std::string& table,
                                            std::span<const std::string> columns,
                                            const std::function<void(const StoredRow&)>& visit) {
  HARRIER_TRY(const auto database, open(file));
  sqlite3* raw = database.get();
  HARRIER_TRY(const auto existing, columns_of(raw, table));
  if (existing.empty())
    return Error(Errc::storage, fmt::format("{} has no table {}", file.string(), table));

  std::vector<std::string> absent;
  const auto term = [&](const std::string& column) {
    if (existing.contains(column)) return quoted(column);
    absent.push_back(column);
    return std::string("NULL");
  };
  std::string sql = fmt::format("SELECT {}, {}", term("_Id"), term("_Ingested"));
  for (const auto& column : columns) sql += ", " + term(column);
  sql += " FROM " + quoted(table);
  HARRIER_TRY(const auto statement, prepare(raw, sql));
  StoredRow row;
  row.values.resize(columns.size());
  int step = 0;
  while ((step = sqlite3_step(statement.get())) == SQLITE_ROW) {
    row.id = sqlite3_column_int64(statement.get(), 0);
    row.ingested = value_of(statement.get(), 1);
    for (std::size_t i = 0; i < columns.size(); ++i)
      row.values[i] = value_of(statement.get(), static_cast<int>(i) + 2);
    visit(row);
  }
  if (step != SQLITE_DONE)
    return Error(Errc::storage, fmt::format("{}: {}", file.string(), sqlite3_errmsg(raw)));
  return absent;
}

}  // namespace harrier::sandbox
