// Reads a store of Harrier with nothing but SQLite.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace harrier::sandbox {

/// One stored row: values by the wanted columns, empty for NULL and for columns the store lacks.
struct StoredRow {
  std::int64_t id = 0;
  std::string ingested;
  std::vector<std::string> values;
};

/// Reads all rows of `table` in `file`, calling `visit` for each. `columns` are stored names.
/// Returns the wanted columns that the store does not have. Errors: not_found, storage.
[[nodiscard]] Result<std::vector<std::string>> read_store(
    const std::filesystem::path& file, const std::string& table,
    std::span<const std::string> columns, const std::function<void(const StoredRow&)>& visit);

/// The number of rows of a table or view. Errors: not_found, storage.
[[nodiscard]] Result<std::uint64_t> count_rows(const std::filesystem::path& file,
                                               const std::string& table);

}  // namespace harrier::sandbox
