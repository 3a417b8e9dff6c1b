// From a JSON value to a cell of a column's type, by INTERFACE section 6 "Conversions".
#pragma once

#include "base/time.hpp"
#include "model/batch.hpp"
#include "model/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harrier::ingest {

/// Room for the texts of one row in a batch's arena: taken once, given back as far as it was not
/// used.
class RowText {
 public:
  /// Bytes behind `reserve`'s that may be overwritten.
  static constexpr std::size_t kSlack = 16;

  /// `expected`: bytes that the row will most likely need.
  RowText(model::Arena& arena, std::size_t expected);

  /// At least `size` writable bytes; valid until the next `reserve`.
  [[nodiscard]] char* reserve(std::size_t size) {
    if (static_cast<std::size_t>(end_ - next_) < size + kSlack) grow(size);
    return next_;
  }

  /// Keeps what was written between the last `reserve` and `end`.
  std::string_view keep(const char* end) noexcept {
    const std::string_view text(next_, static_cast<std::size_t>(end - next_));
    next_ += text.size();
    return text;
  }

  std::string_view copy(std::string_view text);

  /// Gives the unused room back. Nothing else may have used the arena since.
  void release() noexcept { arena_.shrink(static_cast<std::size_t>(end_ - next_)); }

 private:
  void grow(std::size_t size);

  model::Arena& arena_;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

enum class Conversion : std::uint8_t {
  done,    ///< the cell holds the value, or NULL where the value stands for nothing
  failed,  ///< the value does not fit the column's type: the cell is NULL and the value belongs
           ///< into `_Other`
  broken,  ///< the value is no JSON: the record does not parse
};

/// Converts values. Keeps buffers between calls; not thread-safe.
class Converter {
 public:
  /// `raw` is one JSON value in valid UTF-8 without white space around it, followed by
  /// `RowText::kSlack` readable bytes.
  [[nodiscard]] Conversion convert(model::ScalarType type, std::string_view raw, RowText& text,
                                   model::Cell& cell);

 private:
  Conversion to_text(std::string_view raw, RowText& text, model::Cell& cell);
  Conversion to_dynamic(std::string_view raw, RowText& text, model::Cell& cell);
  Conversion to_typed(model::ScalarType type, std::string_view raw, RowText& text,
                      model::Cell& cell);

  std::string value_;
  std::string json_;
};

/// Parses the forms of time beside ISO 8601 that services send: `3/24/2022 2:42:35 PM` (month
/// first, with seconds and AM or PM, a comma behind the date allowed), `/Date(1658751973240)/`,
/// Unix milliseconds of 13 digits and an hour of one digit.
[[nodiscard]] std::optional<Instant> parse_other_time(std::string_view text);

/// Ticks of `[-][d.]hh:mm:ss[.f{1,7}]` or of an ISO 8601 duration of days and smaller units
/// (`PT5M`, `P1DT2H`).
[[nodiscard]] std::optional<std::int64_t> parse_timespan(std::string_view text) noexcept;

}  // namespace harrier::ingest
