// Rows on their way into a store: typed cells of 16 bytes over an arena that owns the bytes.
#pragma once

#include "base/time.hpp"
#include "model/schema.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::model {

enum class CellTag : std::uint8_t { null, integer, real, text };

/// One value. `text` points into its batch's arena.
class Cell {
 public:
  constexpr Cell() noexcept : integer_(0) {}

  static constexpr Cell of_integer(std::int64_t value) noexcept {
    Cell cell;
    cell.integer_ = value;
    cell.tag_ = CellTag::integer;
    return cell;
  }

  static constexpr Cell of_real(double value) noexcept {
    Cell cell;
    cell.real_ = value;
    cell.tag_ = CellTag::real;
    return cell;
  }

  static constexpr Cell of_text(std::string_view value) noexcept {
    Cell cell;
    cell.text_ = value.data();
    cell.size_ = static_cast<std::uint32_t>(value.size());
    cell.tag_ = CellTag::text;
    return cell;
  }

  [[nodiscard]] constexpr CellTag tag() const noexcept { return tag_; }

  [[nodiscard]] constexpr bool is_null() const noexcept { return tag_ == CellTag::null; }

  [[nodiscard]] constexpr std::int64_t integer() const noexcept { return integer_; }

  [[nodiscard]] constexpr double real() const noexcept { return real_; }

  [[nodiscard]] constexpr std::string_view text() const noexcept { return {text_, size_}; }

 private:
  union {
    std::int64_t integer_;
    double real_;
    const char* text_;
  };

  std::uint32_t size_ = 0;
  CellTag tag_ = CellTag::null;
};

static_assert(sizeof(Cell) == 16);

/// Bytes with stable addresses, freed together.
class Arena {
 public:
  /// `size` writable bytes that live as long as the arena.
  [[nodiscard]] char* allocate(std::size_t size);
  [[nodiscard]] std::string_view copy(std::string_view text);

  /// Gives back the last `size` bytes of the latest allocation (a value that turned out shorter).
  void shrink(std::size_t size) noexcept { used_ -= size; }

  [[nodiscard]] std::size_t bytes() const noexcept { return total_; }

  /// Forgets all allocations and keeps one block for reuse.
  void clear() noexcept;

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // in the last block
  std::size_t total_ = 0;
};

/// 128-bit identity of a row: XXH3 of its canonical form.
using RowKey = std::array<std::byte, 16>;

/// The columns that the rows of a batch have, in cell order. Shared by all batches of a page and
/// immutable, so that a store can keep its prepared statement by the layout's address.
struct RowLayout {
  std::shared_ptr<const TableSchema> table;
  std::vector<Column>
      columns;  ///< store columns, `_Ingested`, `_Other` and `_Removed` included where they are set
  int time_index = -1;  ///< cell of the table's time column; -1 where it has none

  /// Cell index of a stored column name, or -1.
  [[nodiscard]] int index_of(std::string_view column) const noexcept;
};

using LayoutPtr = std::shared_ptr<const RowLayout>;

/// Rows of one table. Move-only; not thread-safe; may move between threads.
class Batch {
 public:
  explicit Batch(LayoutPtr layout) : layout_(std::move(layout)) {}

  [[nodiscard]] const LayoutPtr& layout() const noexcept { return layout_; }

  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

  [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }

  [[nodiscard]] Arena& arena() noexcept { return arena_; }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return arena_.bytes() + cells_.size() * sizeof(Cell);
  }

  /// Appends a row of nulls and returns its cells for filling; invalidated by the next `add_row`.
  std::span<Cell> add_row();
  /// Takes back the row added last (it turned out not to be storable).
  void drop_last_row() noexcept;

  /// Sets the identity of the row added last.
  void set_key(const RowKey& key) noexcept { keys_.back() = key; }

  [[nodiscard]] std::span<const Cell> row(std::size_t index) const noexcept;

  [[nodiscard]] const RowKey& key(std::size_t index) const noexcept { return keys_[index]; }

  /// Row indices in ascending order of the time column (nulls first): the order in which a store
  /// inserts.
  [[nodiscard]] std::vector<std::uint32_t> time_order() const;

 private:
  LayoutPtr layout_;
  std::vector<Cell> cells_;
  std::vector<RowKey> keys_;
  Arena arena_;
};

/// Computes `RowKey`s: XXH3-128 over the columns that are neither null nor empty, ordered by name,
/// with name, type tag and value.
/// `_Ingested` and other service columns of Harrier except `_Other` and `_Removed` take no part.
class KeyHasher {
 public:
  explicit KeyHasher(const RowLayout& layout);
  [[nodiscard]] RowKey hash(std::span<const Cell> row);

 private:
  struct Part {
    std::size_t index = 0;
    std::uint64_t name_hash = 0;
  };

  std::vector<Part> parts_;
  std::string scratch_;
};

}  // namespace harrier::model
