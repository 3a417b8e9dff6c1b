// Finds where an object or array ends without parsing it: 64 bytes at a time, aware of strings and
// escapes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace harrier::ingest {

/// Readable bytes that must follow every text handed to `RowSplitter::scan` and every record that a
/// `PageReader` delivers: they are read, and ignored, by the wide loads of the scanners.
inline constexpr std::size_t kJsonPadding = 64;

/// Counts brackets outside strings, over as many calls as the value's bytes need.
///
/// It trusts that quotes pair up: where a record's do not, the end it finds is wrong, and the
/// parser of the record says so.
class RowSplitter {
 public:
  /// Begins a value; the next byte scanned is its opening bracket.
  void begin() noexcept { *this = RowSplitter(); }

  /// Scans [data, data + size), which continues what was scanned before, and must be followed by
  /// `kJsonPadding` readable bytes. Returns how many bytes belong to the value; `size` with
  /// `complete()` false when more are needed.
  std::size_t scan(const char* data, std::size_t size) noexcept;

  [[nodiscard]] bool complete() const noexcept { return complete_; }

 private:
  std::uint64_t in_string_ = 0;     // all ones inside a string
  std::uint64_t escape_carry_ = 0;  // 1 when the next byte is escaped
  std::int64_t depth_ = 0;
  bool complete_ = false;
};

}  // namespace harrier::ingest
