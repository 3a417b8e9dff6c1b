// Rows that an operator keeps: growing columns with their own text.
#pragma once

#include "query/context.hpp"
#include "query/vector.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace harrier::query {

inline constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();

/// A column store. Appending copies cells and text, so nothing else is kept alive.
class Table {
 public:
  explicit Table(const std::vector<ScalarType>& types);

  /// Errors: limit (more rows than can be numbered).
  [[nodiscard]] Result<> append(const Chunk& chunk);
  void append_row(const std::vector<VectorPtr>& columns, std::size_t row);

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

  [[nodiscard]] std::uint64_t bytes() const noexcept;
  /// All rows as one chunk that shares the columns; only when no more rows are appended.
  [[nodiscard]] Chunk all() const;

  [[nodiscard]] const Vector& column(std::size_t index) const noexcept { return *columns_[index]; }

  [[nodiscard]] Value at(std::size_t column, std::size_t row) const noexcept {
    return columns_[column]->at(row);
  }

 private:
  void append_cell(Vector& to, const Vector& from, std::size_t row);

  std::vector<std::shared_ptr<Vector>> columns_;
  std::shared_ptr<StringHeap> heap_;
  std::size_t rows_ = 0;
};

/// The given rows; kNoRow gives null (or "").
[[nodiscard]] VectorPtr gather_outer(const VectorPtr& vector,
                                     const std::vector<std::uint32_t>& rows);

/// Numbers the distinct rows of some key columns from 0 on. Null is a value like any other.
class GroupTable {
 public:
  explicit GroupTable(const std::vector<ScalarType>& types);

  /// The number of every row's group; new groups are added.
  void insert(const std::vector<VectorPtr>& keys, std::size_t rows,
              std::vector<std::uint32_t>& ids);
  /// The same without adding: kNoRow where there is no such group.
  void find(const std::vector<VectorPtr>& keys, std::size_t rows,
            std::vector<std::uint32_t>& ids) const;

  [[nodiscard]] std::size_t groups() const noexcept { return keys_.rows(); }

  [[nodiscard]] const Table& keys() const noexcept { return keys_; }

  [[nodiscard]] std::uint64_t bytes() const noexcept;

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t group = kNoRow;
  };

  [[nodiscard]] std::uint32_t lookup(const std::vector<VectorPtr>& keys, std::size_t row,
                                     std::uint64_t hash, std::size_t& slot) const;
  std::uint32_t insert_row(const std::vector<VectorPtr>& keys, std::size_t row, std::uint64_t hash);
  void insert_codes(const std::vector<VectorPtr>& keys, std::size_t rows,
                    std::vector<std::uint32_t>& ids);
  void grow();

  Table keys_;
  std::vector<Slot> slots_;
  // The groups of a dictionary's texts, as far as they were met.
  std::shared_ptr<const TextDictionary> dictionary_;
  std::vector<std::uint32_t> groups_of_codes_;
};

/// A hash of a row's keys.
[[nodiscard]] std::uint64_t hash_row(const std::vector<VectorPtr>& keys, std::size_t row);
/// The same of every row.
void hash_rows(const std::vector<VectorPtr>& keys, std::size_t rows,
               std::vector<std::uint64_t>& out);
/// Equality of cells of one type; nulls are equal, NaN equals NaN.
[[nodiscard]] bool same_cell(const Vector& a, std::size_t row_a, const Vector& b,
                             std::size_t row_b);
/// Order of cells of one type that are not null: negative, zero, positive. NaN is smallest.
[[nodiscard]] int order_cells(const Value& a, const Value& b);

}  // namespace harrier::query
