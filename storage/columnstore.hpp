// Chosen columns of a store kept once more, column by column, for queries that read few of them.
//
// A segment is the rows whose ids share `segment_of(id)`. A copy holds the cells of one column of
// one segment in the order of their ids, as a blob in `_harrier_columnstore`. Copies are made of
// segments below the largest id, where no row comes in any more; rows and their copies change in
// the same transaction. They are derived: where a copy is missing or unsound, the rows are read.
//
// A copy's bytes, all numbers little-endian: version, form, bytes per code or number, whether nulls
// follow (one byte each), rows (32 bits); then
//   text     distinct texts (32 bits), the length of each (32 bits), their bytes, a code per row;
//            the largest code of its width is null
//   integer  the smallest (64 bits), what each is larger by
//   instant  the same, of times in ticks
//   real     64 bits each
// and, where nulls are said to follow and the form is not text, one byte a row, 1 for null.
#pragma once

#include "base/result.hpp"
#include "model/types.hpp"
#include "storage/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace harrier::storage {

inline constexpr std::int64_t kSegmentRows = 32'768;

/// The segment of a row.
[[nodiscard]] constexpr std::int64_t segment_of(std::int64_t id) noexcept {
  return (id - 1) / kSegmentRows;
}

enum class SegmentForm : std::uint8_t {
  none,  ///< a cell is not of its column's type: read the rows
  text,
  integer,
  instant,
  real,
};

/// How copies of a column keep its cells.
[[nodiscard]] SegmentForm segment_form(model::ScalarType type) noexcept;

/// A copy, unpacked.
struct ColumnSegment {
  static constexpr std::uint16_t kNull = 0xFFFF;

  SegmentForm form = SegmentForm::none;
  std::size_t rows = 0;
  std::string bytes;                    ///< what `texts` points into
  std::vector<std::string_view> texts;  ///< distinct
  std::vector<std::uint16_t> codes;     ///< text: index in `texts` of each row, or kNull
  std::vector<std::int64_t> integers;   ///< integer; instant: ticks
  std::vector<double> reals;
  std::vector<std::uint8_t> nulls;  ///< integer, instant, real: 1 where null; empty: nowhere

  ColumnSegment() = default;
  ColumnSegment(const ColumnSegment&) = delete;
  ColumnSegment& operator=(const ColumnSegment&) = delete;
};

/// Unpacks a copy. Errors: storage_corrupt.
[[nodiscard]] Result<std::shared_ptr<const ColumnSegment>> read_segment(
    std::span<const std::byte> blob);

/// Packs the cells of one column of a segment.
class SegmentBuilder {
 public:
  explicit SegmentBuilder(SegmentForm form) : form_(form) {}

  SegmentBuilder(const SegmentBuilder&) = delete;
  SegmentBuilder& operator=(const SegmentBuilder&) = delete;
  SegmentBuilder(SegmentBuilder&&) = default;
  SegmentBuilder& operator=(SegmentBuilder&&) = default;

  /// Takes in a cell of a statement's current row.
  void add(const Statement& statement, int column);
  /// The copy.
  [[nodiscard]] std::vector<std::byte> finish() const;

 private:
  struct Hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept;
  };

  bool add_value(const Statement& statement, int column);
  void add_text(std::string_view text);

  SegmentForm form_;
  std::size_t rows_ = 0;
  bool null_ = false;
  std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> known_;
  std::vector<std::string_view> texts_;
  std::vector<std::uint16_t> codes_;
  std::vector<std::int64_t> integers_;
  std::vector<double> reals_;
  std::vector<std::uint8_t> nulls_;
};

}  // namespace harrier::storage
