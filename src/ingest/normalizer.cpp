#include "ingest/normalizer.hpp"

#include "base/text.hpp"
#include "ingest/compact_json.hpp"
#include "ingest/conversions.hpp"
#include "ingest/json_walk.hpp"
#include "ingest/record_fields.hpp"
#include "ingest/record_map.hpp"
#include "ingest/row_splitter.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace harrier::ingest {

namespace {

static_assert(kJsonPadding >= RowText::kSlack);

constexpr std::size_t kLargeRecord = 1024 * 1024;
/// Texts can be longer than they were sent: times in their full form.
constexpr std::size_t kExtraText = 256;

Error not_json(std::string_view what) {
  return Error(Errc::parse, fmt::format("the record does not parse: {}", what));
}

}  // namespace

class Normalizer::Impl {
 public:
  Impl(model::LayoutPtr layout, std::shared_ptr<const RecordMap> map)
      : layout_(std::move(layout)),
        hasher_(*layout_),
        fields_(*layout_),
        seen_(layout_->columns.size()),
        other_index_(layout_->index_of("_Other")),
        ingested_index_(layout_->index_of("_Ingested")) {
    if (!map) return;
    mapping_ = std::make_unique<RecordMapping>(std::move(map), *layout_);
    for (std::size_t i = 0; i < layout_->columns.size(); ++i) {
      if (layout_->columns[i].type == model::ScalarType::dynamic) nested_.push_back({i, {}});
    }
  }

  Result<> add(std::string_view record, model::Batch& batch);
  Result<> add_copy(std::string_view record, model::Batch& batch);

  model::LayoutPtr layout_;
  std::string ingested_;

 private:
  // A value that a column of the current row already has.
  struct Seen {
    std::uint64_t row = 0;
    std::string_view key;
    std::string_view raw;
    bool exact = false;
  };

  // A column of JSON, and the text that stands for it in the row's identity.
  struct Nested {
    std::size_t index = 0;
    std::string ordered;
  };

  enum class Read : std::uint8_t { done, broken, invalid_utf8 };

  Read read(std::string_view record);
  Read read_mapped(std::string_view record);
  bool put(const JsonObjectReader& members);
  bool put_column(int column, std::string_view key, std::string_view raw, bool exact);
  bool put_other(std::string_view quoted_key, std::string_view raw);
  Result<> finish(model::Batch& batch);
  model::RowKey key_of_row();
  void forget_buffers();
  std::string_view padded(std::string text);

  model::KeyHasher hasher_;
  RecordFields fields_;
  std::vector<Seen> seen_;
  std::unique_ptr<RecordMapping> mapping_;
  std::vector<Nested> nested_;
  std::vector<model::Cell> identity_;
  int other_index_;
  int ingested_index_;
  Converter converter_;
  std::string scratch_;
  std::string copy_;

  // The row being built.
  std::uint64_t row_number_ = 0;
  std::span<model::Cell> cells_;
  RowText* text_ = nullptr;
  std::string other_;
  const char* problem_ = "";
};

Result<> Normalizer::Impl::add(std::string_view record, model::Batch& batch) {
  cells_ = batch.add_row();
  RowText text(batch.arena(), record.size() + kExtraText);
  text_ = &text;
  Read outcome = read(record);
  if (outcome == Read::invalid_utf8) outcome = read(padded(to_valid_utf8(record)));
  Result<> result = outcome == Read::done ? finish(batch) : Result<>(not_json(problem_));
  text.release();
  if (!result) batch.drop_last_row();
  if (record.size() > kLargeRecord) forget_buffers();
  return result;
}

// Buffers grow to the largest record; a rare huge one must not keep its memory for ever.
void Normalizer::Impl::forget_buffers() {
  converter_ = Converter();
  other_ = std::string();
  scratch_ = std::string();
  copy_ = std::string();
  for (Nested& nested : nested_) nested.ordered = std::string();
  if (mapping_) mapping_->forget_buffers();
}

Result<> Normalizer::Impl::add_copy(std::string_view record, model::Batch& batch) {
  return add(padded(std::string(record)), batch);
}

// Keeps a text with padding behind it.
std::string_view Normalizer::Impl::padded(std::string text) {
  const std::size_t size = text.size();
  copy_ = std::move(text);
  copy_.resize(size + kJsonPadding, ' ');
  return std::string_view(copy_).substr(0, size);
}

Normalizer::Impl::Read Normalizer::Impl::read(std::string_view record) {
  ++row_number_;
  other_.clear();
  fields_.rewind();
  problem_ = "its syntax is wrong";
  if (!simdjson::validate_utf8(record)) return Read::invalid_utf8;
  if (mapping_) return read_mapped(record);
  JsonObjectReader members(record);
  while (members.next(fields_.expected())) {
    if (!put(members)) return Read::broken;
  }
  return members.ok() ? Read::done : Read::broken;
}

Normalizer::Impl::Read Normalizer::Impl::read_mapped(std::string_view record) {
  const auto column = [this](int index, std::string_view path, std::string_view raw) {
    return put_column(index, path, raw, true);
  };
  const auto other = [this](std::string_view quoted_key, std::string_view raw) {
    return put_other(quoted_key, raw);
  };
  return mapping_->read(record, column, other) ? Read::done : Read::broken;
}

bool Normalizer::Impl::put(const JsonObjectReader& members) {
  const RecordFields::Field& field = fields_.match(members);
  if (field.column >= 0)
    return put_column(field.column, members.key(), members.value(), field.exact);
  if (field.column == RecordFields::kDrop) return true;
  return put_other({members.key().data() - 1, members.key().size() + 2}, members.value());
}

// `key`: the property's raw name.
bool Normalizer::Impl::put_column(int column, std::string_view key, std::string_view raw,
                                  bool exact) {
  const auto index = static_cast<std::size_t>(column);
  Seen& seen = seen_[index];
  if (seen.row == row_number_ && seen.raw != raw) {
    const bool keeps = seen.exact && !exact;
    const std::string_view loser_key = keeps ? key : seen.key;
    const std::string_view loser = keeps ? raw : seen.raw;
    if (!put_other({loser_key.data() - 1, loser_key.size() + 2}, loser)) return false;
    if (keeps) return true;
  }
  // One by one: put together on the stack first, they would be read back before they are written.
  seen.row = row_number_;
  seen.key = key;
  seen.raw = raw;
  seen.exact = exact;
  const model::Column& target = layout_->columns[index];
  switch (converter_.convert(target.type, raw, *text_, cells_[index])) {
    case Conversion::done:
      return true;
    case Conversion::broken:
      return false;
    case Conversion::failed:
      break;
  }
  scratch_.clear();
  append_json_string(scratch_, target.name);
  return put_other(scratch_, raw);
}

// What stands for nothing is not kept: a property that is null or empty must not make another row.
bool Normalizer::Impl::put_other(std::string_view quoted_key, std::string_view raw) {
  if (raw == "null" || raw == "\"\"") return true;
  const std::size_t before = other_.size();
  other_ += before == 0 ? '{' : ',';
  other_ += quoted_key;
  other_ += ':';
  return append_compact_json(other_, raw);
}

Result<> Normalizer::Impl::finish(model::Batch& batch) {
  if (!other_.empty()) {
    if (other_index_ < 0)
      return Error(Errc::limit,
                   "the record has properties without a column, and the table has no _Other");
    other_ += '}';
    cells_[static_cast<std::size_t>(other_index_)] = model::Cell::of_text(text_->copy(other_));
  }
  if (ingested_index_ >= 0 && !ingested_.empty()) {
    model::Cell& cell = cells_[static_cast<std::size_t>(ingested_index_)];
    if (cell.is_null()) cell = model::Cell::of_text(text_->copy(ingested_));
  }
  batch.set_key(key_of_row());
  return {};
}

// The services that are mapped send the members of the same object in any order; hunting rows have
// theirs as text. Putting huge values in order would take more memory than they do themselves.
model::RowKey Normalizer::Impl::key_of_row() {
  if (nested_.empty()) return hasher_.hash(cells_);
  identity_.assign(cells_.begin(), cells_.end());
  for (Nested& nested : nested_) {
    model::Cell& cell = identity_[nested.index];
    if (cell.tag() != model::CellTag::text || cell.text().size() > kLargeRecord) continue;
    nested.ordered.clear();
    append_ordered_json(nested.ordered, cell.text());
    cell = model::Cell::of_text(nested.ordered);
  }
  return hasher_.hash(identity_);
}

Normalizer::Normalizer(model::LayoutPtr layout, std::shared_ptr<const RecordMap> map)
    : impl_(std::make_unique<Impl>(std::move(layout), std::move(map))) {}

Normalizer::Normalizer(Normalizer&&) noexcept = default;
Normalizer& Normalizer::operator=(Normalizer&&) noexcept = default;
Normalizer::~Normalizer() = default;

const model::LayoutPtr& Normalizer::layout() const noexcept {
  return impl_->layout_;
}

void Normalizer::set_ingested(std::optional<Instant> instant) {
  impl_->ingested_ = instant ? format_instant(*instant) : std::string();
}

Result<> Normalizer::add(std::string_view record, model::Batch& batch) {
  return impl_->add(record, batch);
}

Result<> Normalizer::add_copy(std::string_view record, model::Batch& batch) {
  return impl_->add_copy(record, batch);
}

}  // namespace harrier::ingest
