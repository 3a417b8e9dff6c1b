#include "support/ask_store.hpp"

#include <sqlite3.h>

namespace harrier::test {

std::string ask_store(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  std::string answer = "no store";
  if (sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    sqlite3_stmt* statement = nullptr;
    answer = "no row";
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      answer = sqlite3_errmsg(db);
    if (statement != nullptr && sqlite3_step(statement) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      answer = text == nullptr ? "NULL" : text;
    }
    sqlite3_finalize(statement);
  }
  sqlite3_close(db);
  return answer;
}

}  // namespace harrier::test
