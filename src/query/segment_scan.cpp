#include "query/segment_scan.hpp"

#include <xxhash.h>

#include <algorithm>
#include <numeric>

namespace harrier::query {

namespace {

using storage::ColumnSegment;
using Copy = std::shared_ptr<const ColumnSegment>;
using Rows = std::vector<std::uint32_t>;

/// A text's view and code in a batch, its code in the copy; a number takes less.
constexpr std::uint64_t kBytesOfCell = sizeof(std::string_view) + 2 * sizeof(std::uint16_t);

bool is_comparable(ScalarType type) {
  switch (type) {
    case ScalarType::string:
    case ScalarType::guid:
    case ScalarType::boolean:
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::datetime:
      return true;
    case ScalarType::real:
    case ScalarType::decimal:
    case ScalarType::dynamic:
    case ScalarType::timespan:
      break;
  }
  return false;
}

/// What the store's SQL says of a cell that is not null.
template <class T>
bool holds(kql::ScanOp op, const T& cell, const std::vector<T>& values) {
  switch (op) {
    case kql::ScanOp::eq:
      return cell == values[0];
    case kql::ScanOp::ne:
      return cell != values[0];
    case kql::ScanOp::lt:
      return cell < values[0];
    case kql::ScanOp::le:
      return cell <= values[0];
    case kql::ScanOp::gt:
      return cell > values[0];
    case kql::ScanOp::ge:
      return cell >= values[0];
    case kql::ScanOp::in:
      return std::find(values.begin(), values.end(), cell) != values.end();
    case kql::ScanOp::not_null:
      return true;
  }
  return false;
}

/// The same of a null cell: a missing text is the empty one, which sorts before every other.
bool holds_null(const kql::ScanPredicate& predicate) {
  if (predicate.op == kql::ScanOp::ne) return true;
  return predicate.type == ScalarType::string &&
         (predicate.op == kql::ScanOp::lt || predicate.op == kql::ScanOp::le);
}

template <class Keep>
void keep_if(Rows& rows, Keep keep) {
  rows.erase(
      std::remove_if(rows.begin(), rows.end(), [&](std::uint32_t row) { return !keep(row); }),
      rows.end());
}

void filter(const kql::ScanPredicate& predicate, const ColumnSegment& copy, Rows& rows) {
  const bool null = holds_null(predicate);
  if (copy.form == storage::SegmentForm::text) {
    std::vector<std::string_view> values;
    for (const kql::Value& value : predicate.values) values.emplace_back(value.text());
    std::vector<std::uint8_t> truth;
    for (const std::string_view text : copy.texts)
      truth.push_back(holds(predicate.op, text, values) ? 1 : 0);
    return keep_if(rows, [&](std::uint32_t row) {
      const std::uint16_t code = copy.codes[row];
      return code == ColumnSegment::kNull ? null : truth[code] != 0;
    });
  }
  std::vector<std::int64_t> values;
  for (const kql::Value& value : predicate.values)
    values.push_back(value.type() == ScalarType::boolean ? (value.boolean() ? 1 : 0)
                                                         : value.integer());
  keep_if(rows, [&](std::uint32_t row) {
    if (!copy.nulls.empty() && copy.nulls[row] != 0) return null;
    return holds(predicate.op, copy.integers[row], values);
  });
}

/// Makes the vectors of one column of a segment.
class SegmentColumn {
 public:
  SegmentColumn(Copy copy, ScalarType type) : copy_(std::move(copy)), type_(type) {
    if (copy_->form != storage::SegmentForm::text) return;
    auto dictionary = std::make_shared<TextDictionary>();
    dictionary->owner = copy_;
    dictionary->texts = copy_->texts;
    for (const std::string_view text : copy_->texts) {
      dictionary->hashes.push_back(hash_text(text));
      nulls_.push_back(type_ == ScalarType::dynamic && (text.empty() || text == "null") ? 1 : 0);
    }
    null_code_ = static_cast<std::uint16_t>(dictionary->texts.size());
    dictionary->texts.emplace_back();
    dictionary->hashes.push_back(hash_text({}));
    nulls_.push_back(type_ == ScalarType::string ? 0 : 1);
    dictionary_ = std::move(dictionary);
  }

  [[nodiscard]] VectorPtr take(const std::uint32_t* rows, std::size_t count) const {
    auto out = std::make_shared<Vector>();
    out->type = type_;
    if (dictionary_) {
      take_texts(rows, count, *out);
    } else {
      take_numbers(rows, count, *out);
    }
    const bool any =
        std::any_of(out->nulls.begin(), out->nulls.end(), [](auto n) { return n != 0; });
    if (!any) out->nulls.clear();
    return out;
  }

 private:
  void take_texts(const std::uint32_t* rows, std::size_t count, Vector& out) const {
    out.owners.push_back(dictionary_);
    out.dictionary = dictionary_;
    out.codes.resize(count);
    out.texts.resize(count);
    for (std::size_t k = 0; k < count; ++k) {
      const std::uint16_t code = copy_->codes[rows[k]];
      out.codes[k] = code == ColumnSegment::kNull ? null_code_ : code;
      out.texts[k] = dictionary_->texts[out.codes[k]];
    }
    if (type_ == ScalarType::string) return;
    out.nulls.resize(count);
    for (std::size_t k = 0; k < count; ++k) out.nulls[k] = nulls_[out.codes[k]];
  }

  void take_numbers(const std::uint32_t* rows, std::size_t count, Vector& out) const {
    if (copy_->form == storage::SegmentForm::real) {
      out.reals.resize(count);
      for (std::size_t k = 0; k < count; ++k) out.reals[k] = copy_->reals[rows[k]];
    } else {
      out.ints.resize(count);
      for (std::size_t k = 0; k < count; ++k) out.ints[k] = copy_->integers[rows[k]];
    }
    if (copy_->nulls.empty()) return;
    out.nulls.resize(count);
    for (std::size_t k = 0; k < count; ++k) out.nulls[k] = copy_->nulls[rows[k]];
  }

  Copy copy_;
  ScalarType type_;
  std::shared_ptr<const TextDictionary> dictionary_;
  std::vector<std::uint8_t> nulls_;  // of each text of the dictionary
  std::uint16_t null_code_ = 0;
};

}  // namespace

Result<std::optional<SegmentScan>> SegmentScan::make(const kql::TableScan& scan,
                                                     const std::vector<ScalarType>& types,
                                                     storage::ReadConnection& connection,
                                                     std::int64_t last_id) {
  HARRIER_TRY(const auto copied, connection.copied_columns());
  if (copied.empty()) return std::optional<SegmentScan>();
  SegmentScan out(scan, types);
  const std::string& time = connection.time_column();
  for (const std::string& column : scan.columns) out.outputs_.push_back(out.place(column, time));
  for (const kql::ScanPredicate& predicate : scan.predicates) {
    if (!is_comparable(predicate.type)) return std::optional<SegmentScan>();
    out.predicates_.push_back(out.place(predicate.column, time));
  }
  if (out.columns_.empty()) out.columns_.emplace_back("_Id");  // counts the rows
  for (const std::string& column : out.columns_) {
    if (!copied.contains(column)) return std::optional<SegmentScan>();
  }
  out.end_ = last_id / storage::kSegmentRows;
  return std::optional(std::move(out));
}

std::size_t SegmentScan::place(const std::string& column, const std::string& time_column) {
  const auto aliases = scan_->table->time_aliases();
  const bool alias = std::find(aliases.begin(), aliases.end(), column) != aliases.end();
  const std::string& stored = alias ? time_column : column;
  const auto found = std::find(columns_.begin(), columns_.end(), stored);
  if (found != columns_.end()) return static_cast<std::size_t>(found - columns_.begin());
  columns_.push_back(stored);
  return columns_.size() - 1;
}

Result<bool> SegmentScan::read(storage::ReadConnection& connection, std::int64_t segment,
                               std::uint64_t& bytes,
                               const std::function<Result<>(Chunk&)>& take) const {
  HARRIER_TRY(const auto copies, connection.read_copies(segment, columns_));
  if (!copies) return false;
  const auto serves = [&](std::size_t place, ScalarType type) {
    return (*copies)[place]->form == storage::segment_form(type);
  };
  for (std::size_t c = 0; c < outputs_.size(); ++c)
    if (!serves(outputs_[c], types_[c])) return false;
  for (std::size_t p = 0; p < predicates_.size(); ++p)
    if (!serves(predicates_[p], scan_->predicates[p].type)) return false;

  Rows rows((*copies)[0]->rows);
  std::iota(rows.begin(), rows.end(), 0U);
  for (std::size_t p = 0; p < predicates_.size(); ++p)
    filter(scan_->predicates[p], *(*copies)[predicates_[p]], rows);
  if (rows.empty()) return true;
  std::vector<SegmentColumn> columns;
  for (std::size_t c = 0; c < outputs_.size(); ++c) {
    const Copy& copy = (*copies)[outputs_[c]];
    columns.emplace_back(copy, types_[c]);
    bytes += copy->bytes.size() + copy->rows * kBytesOfCell;
  }
  for (std::size_t from = 0; from < rows.size(); from += kChunkRows) {
    Chunk chunk;
    chunk.rows = std::min(kChunkRows, rows.size() - from);
    for (const SegmentColumn& column : columns)
      chunk.columns.push_back(column.take(rows.data() + from, chunk.rows));
    HARRIER_TRYV(take(chunk));
  }
  return true;
}

}  // namespace harrier::query
