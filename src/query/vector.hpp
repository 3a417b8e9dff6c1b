// Typed column vectors: what operators and functions pass on, about 2,048 rows at a time.
#pragma once

#include "model/types.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace harrier::query {

using model::ScalarType;

/// Rows of a full chunk.
inline constexpr std::size_t kChunkRows = 2048;

/// How the cells of a type are kept.
enum class Layout : std::uint8_t {
  integer,  ///< bool, int, long, datetime and timespan (100 ns ticks)
  real,
  text,  ///< string; guid (lower case); decimal (canonical digits); dynamic (JSON text, always
         ///< encoded)
};

[[nodiscard]] constexpr Layout layout_of(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::real:
      return Layout::real;
    case ScalarType::string:
    case ScalarType::guid:
    case ScalarType::decimal:
    case ScalarType::dynamic:
      return Layout::text;
    case ScalarType::boolean:
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::datetime:
    case ScalarType::timespan:
      break;
  }
  return Layout::integer;
}

/// Bytes that text cells point into. Grows in blocks; earlier texts never move.
class StringHeap {
 public:
  /// Room for `size` bytes.
  [[nodiscard]] char* allocate(std::size_t size);
  /// A copy of `text` that lives as long as the heap.
  std::string_view add(std::string_view text);

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

/// One cell. Text is borrowed from whoever made the value. A null string does not exist: it is the
/// empty string.
struct Value {
  ScalarType type = ScalarType::string;
  bool null = true;
  std::int64_t i = 0;
  double r = 0;
  std::string_view s;

  [[nodiscard]] static Value of_null(ScalarType type) noexcept;
  [[nodiscard]] static Value of_int(ScalarType type, std::int64_t value) noexcept;

  [[nodiscard]] static Value of_bool(bool value) noexcept {
    return of_int(ScalarType::boolean, value ? 1 : 0);
  }

  [[nodiscard]] static Value of_long(std::int64_t value) noexcept {
    return of_int(ScalarType::long_, value);
  }

  [[nodiscard]] static Value of_real(double value) noexcept;
  [[nodiscard]] static Value of_text(ScalarType type, std::string_view value) noexcept;

  [[nodiscard]] static Value of_string(std::string_view value) noexcept {
    return of_text(ScalarType::string, value);
  }
};

/// The hash by which texts are grouped and joined.
[[nodiscard]] std::uint64_t hash_text(std::string_view text) noexcept;

/// Distinct texts that many cells share.
struct TextDictionary {
  std::vector<std::string_view> texts;
  std::vector<std::uint64_t> hashes;  ///< of each text
  std::shared_ptr<const void> owner;  ///< of what `texts` points into
};

/// A column of a chunk. Immutable once shared.
struct Vector {
  ScalarType type = ScalarType::string;
  bool constant = false;  ///< the one cell stands for every row
  std::vector<std::int64_t> ints;
  std::vector<double> reals;
  std::vector<std::string_view> texts;
  std::vector<std::uint8_t> nulls;                  ///< empty: no cell is null; else 1 where null
  std::vector<std::shared_ptr<const void>> owners;  ///< keep what `texts` points into alive
  /// Where cells come from a dictionary: `texts[row]` is its text number `codes[row]`. Cells of one
  /// code are all null or none is.
  std::shared_ptr<const TextDictionary> dictionary;
  std::vector<std::uint16_t> codes;

  [[nodiscard]] bool is_null(std::size_t row) const noexcept {
    return !nulls.empty() && nulls[constant ? 0 : row] != 0;
  }

  [[nodiscard]] Value at(std::size_t row) const noexcept;
  [[nodiscard]] std::size_t cells() const noexcept;
};

using VectorPtr = std::shared_ptr<const Vector>;

/// Fills a vector cell by cell.
class VectorBuilder {
 public:
  explicit VectorBuilder(ScalarType type, std::size_t rows = 0);

  void push(const Value& value, bool copy_text = true);
  void push_null();
  void push_int(std::int64_t value);
  void push_real(double value);
  /// A copy in the vector's own heap.
  void push_text(std::string_view value);
  /// Borrowed: the caller adds what owns it.
  void push_view(std::string_view value);

  void own(std::shared_ptr<const void> owner) { vector_->owners.push_back(std::move(owner)); }

  void own_all(const Vector& other);
  [[nodiscard]] StringHeap& heap();

  [[nodiscard]] ScalarType type() const noexcept { return vector_->type; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] std::shared_ptr<Vector> finish();

 private:
  void mark_null();

  std::shared_ptr<Vector> vector_;
  std::shared_ptr<StringHeap> heap_;
  std::size_t size_ = 0;
};

/// Rows of an operator's output; every column has `rows` cells or is constant.
struct Chunk {
  std::vector<VectorPtr> columns;
  std::size_t rows = 0;
};

/// A vector of one constant cell; its text is copied.
[[nodiscard]] VectorPtr constant_vector(const Value& value);
/// Row numbers where a bool vector is true.
[[nodiscard]] std::vector<std::uint32_t> true_rows(const Vector& vector, std::size_t rows);
/// The given rows, in that order.
[[nodiscard]] VectorPtr gather(const VectorPtr& vector, const std::vector<std::uint32_t>& rows);
[[nodiscard]] Chunk gather(const Chunk& chunk, const std::vector<std::uint32_t>& rows);
/// Rows `[from, from + count)`.
[[nodiscard]] Chunk slice(const Chunk& chunk, std::size_t from, std::size_t count);

/// A column's cells for a loop: `data[row * stride]`; stride 0 for a constant.
template <class T>
struct Cells {
  const T* data = nullptr;
  std::size_t stride = 1;

  const T& operator[](std::size_t row) const noexcept { return data[row * stride]; }
};

[[nodiscard]] inline Cells<std::int64_t> int_cells(const Vector& v) noexcept {
  return {v.ints.data(), v.constant ? 0U : 1U};
}

[[nodiscard]] inline Cells<double> real_cells(const Vector& v) noexcept {
  return {v.reals.data(), v.constant ? 0U : 1U};
}

[[nodiscard]] inline Cells<std::string_view> text_cells(const Vector& v) noexcept {
  return {v.texts.data(), v.constant ? 0U : 1U};
}

/// The null marks of `args` joined, for functions that are null where an argument is. Empty: none.
[[nodiscard]] std::vector<std::uint8_t> joined_nulls(const Vector& a, const Vector& b,
                                                     std::size_t rows);

}  // namespace harrier::query
