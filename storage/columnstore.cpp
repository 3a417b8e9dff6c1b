#include "storage/columnstore.hpp"

#include "base/time.hpp"

#include <sqlite3.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace harrier::storage {

namespace {

constexpr std::byte kVersion{1};

template <class T>
void put(std::vector<std::byte>& out, T value, std::size_t width = sizeof(T)) {
  for (std::size_t k = 0; k < width; ++k)
    out.push_back(static_cast<std::byte>((static_cast<std::uint64_t>(value) >> (8 * k)) & 0xFF));
}

template <class T>
T number(const std::byte* at) noexcept {
  std::uint64_t value = 0;
  for (std::size_t k = 0; k < sizeof(T); ++k) value |= static_cast<std::uint64_t>(at[k]) << (8 * k);
  return static_cast<T>(value);
}

/// Bytes that hold every number up to `largest`.
std::size_t width_of(std::uint64_t largest) noexcept {
  if (largest <= std::numeric_limits<std::uint8_t>::max()) return 1;
  if (largest <= std::numeric_limits<std::uint16_t>::max()) return 2;
  return largest <= std::numeric_limits<std::uint32_t>::max() ? 4 : 8;
}

/// What is left of a copy; `take` is null where it ends too early.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> left) : left_(left) {}

  const std::byte* take(std::size_t count) {
    if (count > left_.size()) return nullptr;
    const std::byte* at = left_.data();
    left_ = left_.subspan(count);
    return at;
  }

  /// `count` values of `width` bytes.
  const std::byte* take(std::size_t count, std::size_t width) {
    return count > left_.size() / width ? nullptr : take(count * width);
  }

  [[nodiscard]] bool empty() const noexcept { return left_.empty(); }

 private:
  std::span<const std::byte> left_;
};

template <class Code>
bool read_codes(const std::byte* at, ColumnSegment& out) {
  constexpr Code null = std::numeric_limits<Code>::max();
  const std::size_t known = out.texts.size();
  bool sound = true;
  for (std::size_t row = 0; row < out.rows; ++row) {
    const Code code = number<Code>(at + row * sizeof(Code));
    sound = sound && (code == null || code < known);
    out.codes[row] = code == null ? ColumnSegment::kNull : code;
  }
  return sound;
}

bool read_texts(Bytes& bytes, std::size_t width, ColumnSegment& out) {
  const std::byte* at = bytes.take(4);
  if (at == nullptr) return false;
  const auto count = number<std::uint32_t>(at);
  if (count > static_cast<std::uint32_t>(kSegmentRows)) return false;
  const std::byte* lengths = bytes.take(count, 4);
  if (lengths == nullptr) return false;
  std::uint64_t total = 0;
  for (std::size_t k = 0; k < count; ++k) total += number<std::uint32_t>(lengths + 4 * k);
  const std::byte* text = bytes.take(total);
  if (text == nullptr) return false;
  out.bytes.assign(reinterpret_cast<const char*>(text), total);
  out.texts.reserve(count);
  std::string_view left = out.bytes;
  for (std::size_t k = 0; k < count; ++k) {
    out.texts.push_back(left.substr(0, number<std::uint32_t>(lengths + 4 * k)));
    left.remove_prefix(out.texts.back().size());
  }
  const std::byte* codes = bytes.take(out.rows, width);
  if (codes == nullptr) return false;
  out.codes.resize(out.rows);
  return width == 1 ? read_codes<std::uint8_t>(codes, out) : read_codes<std::uint16_t>(codes, out);
}

template <class Offset>
void add_offsets(const std::byte* at, std::uint64_t base, std::vector<std::int64_t>& out) {
  for (std::size_t row = 0; row < out.size(); ++row)
    out[row] = static_cast<std::int64_t>(base + number<Offset>(at + row * sizeof(Offset)));
}

bool read_integers(Bytes& bytes, std::size_t width, ColumnSegment& out) {
  const std::byte* at = bytes.take(8);
  if (at == nullptr) return false;
  const auto base = number<std::uint64_t>(at);
  const std::byte* offsets = bytes.take(out.rows, width);
  if (offsets == nullptr) return false;
  out.integers.resize(out.rows);
  if (width == 1) add_offsets<std::uint8_t>(offsets, base, out.integers);
  if (width == 2) add_offsets<std::uint16_t>(offsets, base, out.integers);
  if (width == 4) add_offsets<std::uint32_t>(offsets, base, out.integers);
  if (width == 8) add_offsets<std::uint64_t>(offsets, base, out.integers);
  return true;
}

bool read_reals(Bytes& bytes, ColumnSegment& out) {
  const std::byte* at = bytes.take(out.rows, 8);
  if (at == nullptr) return false;
  out.reals.resize(out.rows);
  for (std::size_t row = 0; row < out.rows; ++row)
    out.reals[row] = std::bit_cast<double>(number<std::uint64_t>(at + 8 * row));
  return true;
}

bool read_cells(Bytes& bytes, ColumnSegment& out) {
  const std::byte* head = bytes.take(8);
  if (head == nullptr || head[0] != kVersion) return false;
  const auto form = number<std::uint8_t>(head + 1);
  const auto width = number<std::uint8_t>(head + 2);
  const bool nulls = head[3] != std::byte{0};
  if (form > static_cast<std::uint8_t>(SegmentForm::real)) return false;
  out.form = static_cast<SegmentForm>(form);
  out.rows = number<std::uint32_t>(head + 4);
  if (out.rows > static_cast<std::size_t>(kSegmentRows)) return false;
  const bool short_width = width == 1 || width == 2;
  switch (out.form) {
    case SegmentForm::none:
      return true;
    case SegmentForm::text:
      return short_width && read_texts(bytes, width, out);
    case SegmentForm::integer:
    case SegmentForm::instant:
      if (!(short_width || width == 4 || width == 8) || !read_integers(bytes, width, out))
        return false;
      break;
    case SegmentForm::real:
      if (!read_reals(bytes, out)) return false;
      break;
  }
  if (!nulls) return true;
  const std::byte* at = bytes.take(out.rows);
  if (at == nullptr) return false;
  out.nulls.resize(out.rows);
  for (std::size_t row = 0; row < out.rows; ++row) out.nulls[row] = at[row] == std::byte{0} ? 0 : 1;
  return true;
}

}  // namespace

SegmentForm segment_form(model::ScalarType type) noexcept {
  switch (type) {
    case model::ScalarType::string:
    case model::ScalarType::guid:
    case model::ScalarType::decimal:
    case model::ScalarType::dynamic:
      return SegmentForm::text;
    case model::ScalarType::datetime:
      return SegmentForm::instant;
    case model::ScalarType::real:
      return SegmentForm::real;
    case model::ScalarType::boolean:
    case model::ScalarType::int_:
    case model::ScalarType::long_:
    case model::ScalarType::timespan:
      break;
  }
  return SegmentForm::integer;
}

Result<std::shared_ptr<const ColumnSegment>> read_segment(std::span<const std::byte> blob) {
  auto out = std::make_shared<ColumnSegment>();
  Bytes bytes(blob);
  if (!read_cells(bytes, *out) || !bytes.empty())
    return Error(Errc::storage_corrupt, "a column copy is damaged");
  return std::shared_ptr<const ColumnSegment>(std::move(out));
}

std::size_t SegmentBuilder::Hash::operator()(std::string_view text) const noexcept {
  return XXH3_64bits(text.data(), text.size());
}

void SegmentBuilder::add_text(std::string_view text) {
  auto found = known_.find(text);
  if (found == known_.end()) {
    found = known_.emplace(std::string(text), static_cast<std::uint16_t>(texts_.size())).first;
    texts_.push_back(found->first);
  }
  codes_.push_back(found->second);
}

bool SegmentBuilder::add_value(const Statement& statement, int column) {
  const int type = statement.column_type(column);
  switch (form_) {
    case SegmentForm::none:
      return false;
    case SegmentForm::text:
      if (type != SQLITE_TEXT) return false;
      add_text(statement.text(column));
      return true;
    case SegmentForm::integer:
      if (type != SQLITE_INTEGER) return false;
      integers_.push_back(statement.integer(column));
      return true;
    case SegmentForm::instant: {
      if (type != SQLITE_TEXT) return false;
      const auto time = parse_instant(statement.text(column));
      if (!time || format_instant(*time) != statement.text(column)) return false;
      integers_.push_back(time->ticks);
      return true;
    }
    case SegmentForm::real:
      if (type != SQLITE_FLOAT) return false;
      reals_.push_back(statement.real(column));
      return true;
  }
  return false;
}

void SegmentBuilder::add(const Statement& statement, int column) {
  if (form_ == SegmentForm::none) return;
  const bool null = statement.is_null(column);
  if (!null && !add_value(statement, column)) {
    form_ = SegmentForm::none;
    return;
  }
  if (null) {
    null_ = true;
    if (form_ == SegmentForm::text) codes_.push_back(ColumnSegment::kNull);
    if (form_ == SegmentForm::real) reals_.push_back(0);
    // Near the others, so that it does not widen them.
    if (form_ == SegmentForm::integer || form_ == SegmentForm::instant)
      integers_.push_back(integers_.empty() ? 0 : integers_.back());
  }
  if (form_ != SegmentForm::text) nulls_.push_back(null ? 1 : 0);
  ++rows_;
}

std::vector<std::byte> SegmentBuilder::finish() const {
  std::int64_t smallest = 0;
  std::size_t width = 8;
  if (form_ == SegmentForm::text) width = texts_.size() < 0xFF ? 1 : 2;
  if (!integers_.empty()) {
    const auto [low, high] = std::minmax_element(integers_.begin(), integers_.end());
    smallest = *low;
    width = width_of(static_cast<std::uint64_t>(*high) - static_cast<std::uint64_t>(*low));
  }
  const bool none = form_ == SegmentForm::none;
  const bool with_nulls = null_ && form_ != SegmentForm::text;
  std::vector<std::byte> out;
  out.push_back(kVersion);
  put(out, static_cast<std::uint8_t>(form_));
  put(out, static_cast<std::uint8_t>(width));
  put(out, static_cast<std::uint8_t>(with_nulls ? 1 : 0));
  put(out, static_cast<std::uint32_t>(none ? 0 : rows_));
  switch (form_) {
    case SegmentForm::none:
      return out;
    case SegmentForm::text:
      put(out, static_cast<std::uint32_t>(texts_.size()));
      for (const std::string_view text : texts_) put(out, static_cast<std::uint32_t>(text.size()));
      for (const std::string_view text : texts_) {
        const auto bytes = std::as_bytes(std::span(text));
        out.insert(out.end(), bytes.begin(), bytes.end());
      }
      for (const std::uint16_t code : codes_) put(out, code, width);
      return out;
    case SegmentForm::integer:
    case SegmentForm::instant:
      put(out, smallest);
      for (const std::int64_t value : integers_) {
        put(out, static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(smallest), width);
      }
      break;
    case SegmentForm::real:
      for (const double value : reals_) put(out, std::bit_cast<std::uint64_t>(value));
      break;
  }
  if (with_nulls) {
    for (const std::uint8_t null : nulls_) put(out, null);
  }
  return out;
}

}  // namespace harrier::storage
