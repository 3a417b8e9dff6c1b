// Reading a scan's columns from their copies (storage/columnstore.hpp) instead of from the rows.
#pragma once

#include "kql/bound.hpp"
#include "query/vector.hpp"
#include "storage/reader.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query {

/// Reads the rows of full segments. Used by several threads, each with a connection of its own.
class SegmentScan {
 public:
  /// nullopt where the copies cannot serve the scan: a column has none, or a predicate is of a type
  /// that only the store compares. `last_id`: of the rows that the scan is to see. `scan` must
  /// outlive it. Errors: storage, storage_corrupt.
  [[nodiscard]] static Result<std::optional<SegmentScan>> make(const kql::TableScan& scan,
                                                               const std::vector<ScalarType>& types,
                                                               storage::ReadConnection& connection,
                                                               std::int64_t last_id);

  /// Whether every row of the segment was there when the scan began.
  [[nodiscard]] bool covers(std::int64_t segment) const noexcept { return segment < end_; }

  /// Hands the rows that meet the scan's predicates to `take`, in the order of their ids. False,
  /// and nothing was handed on: the rows are to be read.
  [[nodiscard]] Result<bool> read(storage::ReadConnection& connection, std::int64_t segment,
                                  std::uint64_t& bytes,
                                  const std::function<Result<>(Chunk&)>& take) const;

 private:
  SegmentScan(const kql::TableScan& scan, const std::vector<ScalarType>& types)
      : scan_(&scan), types_(types) {}

  /// Where the column's copy is in `columns_`.
  [[nodiscard]] std::size_t place(const std::string& column, const std::string& time_column);

  const kql::TableScan* scan_;
  std::vector<ScalarType> types_;
  std::vector<std::string> columns_;     // whose copies are read
  std::vector<std::size_t> outputs_;     // of each result column, its place in `columns_`
  std::vector<std::size_t> predicates_;  // of each predicate
  std::int64_t end_ = 0;
};

}  // namespace harrier::query
