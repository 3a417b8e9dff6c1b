// What the sources of the state file share: its writing transaction and its statements.
#pragma once

#include "storage/state_file.hpp"

#include <cstddef>
#include <span>

namespace harrier::storage {

inline void bind_value(Statement& statement, int index, std::string_view value) {
  statement.bind(index, value);
}

inline void bind_value(Statement& statement, int index, std::int64_t value) {
  statement.bind(index, value);
}

inline void bind_value(Statement& statement, int index, std::span<const std::byte> value) {
  statement.bind_blob(index, value);
}

// Calls `take` for every row.
template <class Take>
Result<> for_each(Statement& statement, Take take) {
  while (true) {
    HARRIER_TRY(const bool row, statement.step());
    if (!row) return {};
    take(statement);
  }
}

template <class... Args>
Result<> StateFile::run(std::string_view sql, const Args&... args) {
  HARRIER_TRY(Statement statement, connection_.prepare(sql));
  int index = 0;
  (bind_value(statement, ++index, args), ...);
  return statement.run();
}

template <class F>
auto StateFile::write(F work) -> decltype(work()) {
  HARRIER_TRYV(recover());
  HARRIER_TRYV(connection_.execute("BEGIN IMMEDIATE"));
  auto result = work();
  if (result.has_value()) {
    if (auto committed = connection_.execute("COMMIT"); committed.has_error())
      result = committed.error();
  }
  if (result.has_error() && result.error().code == Errc::storage_corrupt) damaged_ = true;
  if (connection_.in_transaction()) static_cast<void>(connection_.execute("ROLLBACK"));
  return result;
}

}  // namespace harrier::storage
