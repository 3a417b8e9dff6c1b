// The events of one table: event i is a pure function of (seed, table, i), so nothing is
// remembered.
#pragma once

#include "model/catalog.hpp"
#include "sandbox/event.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

/// One event with its true values. Datetimes are ticks, booleans 0/1, dynamics compact JSON.
/// Reusable.
struct Row {
  std::uint64_t index = 0;  ///< the delivery
  std::uint64_t content =
      0;                    ///< the event it delivers; differs from `index` when it is a repetition
  Instant ingested;         ///< of this delivery
  std::vector<Cell> cells;  ///< by `TableGenerator::columns()`
  model::Arena arena;
};

/// Makes the rows of one table. Immutable, so free to share between threads.
class TableGenerator {
 public:
  TableGenerator(const World& world, model::TablePtr table);

  [[nodiscard]] const model::TableSchema& table() const noexcept { return *table_; }

  /// What the service answers with: the documented columns, then any it has beyond them.
  [[nodiscard]] const std::vector<model::Column>& columns() const noexcept { return columns_; }

  /// Index by the service's spelling, or -1.
  [[nodiscard]] int column_index(std::string_view name) const noexcept;

  [[nodiscard]] int time_index() const noexcept { return time_index_; }

  [[nodiscard]] const Timeline& timeline() const noexcept { return timeline_; }

  /// True when ingestion_time() is null for all rows.
  [[nodiscard]] bool is_ingestion_null() const noexcept { return ingestion_null_; }

  [[nodiscard]] bool has_time() const noexcept { return time_index_ >= 0; }

  /// The event that delivery `index` carries.
  [[nodiscard]] std::uint64_t content_of(std::uint64_t index) const noexcept;
  [[nodiscard]] Instant event_time(std::uint64_t index) const;
  void make(std::uint64_t index, Row& row) const;
  /// One column only, for filters. The bytes live in `arena`.
  [[nodiscard]] Cell cell(std::uint64_t index, std::size_t column, model::Arena& arena) const;
  /// True when the service sends this delivery as something that does not parse.
  [[nodiscard]] bool is_malformed(std::uint64_t index) const noexcept;

 private:
  struct Filler {
    Fill fill = nullptr;  // null: the generic one
    bool is_time = false;
    bool is_free_text = false;
  };

  [[nodiscard]] Cell fill(Event& event, std::size_t column) const;
  [[nodiscard]] Cell decorate(Event& event, std::size_t column, Cell cell) const;

  const World& world_;
  model::TablePtr table_;
  Timeline timeline_;
  std::vector<model::Column> columns_;
  std::vector<Filler> fillers_;
  Tie tie_ = Tie::none;
  int time_index_ = -1;
  int wide_column_ = -1;  // takes padding and the huge text
  std::uint64_t pad_ = 0;
  std::uint64_t big_ = 0;
  std::uint64_t big_index_ = 0;
  std::vector<std::uint64_t> malformed_;
  bool ingestion_null_ = false;
};

/// All columns with a filler of their own.
[[nodiscard]] FillMap all_fills();
/// True when Harrier's advanced hunting connector collects the table.
[[nodiscard]] bool is_hunting_table(const model::TableSchema& table);

}  // namespace harrier::sandbox
