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

namespace harrier::ingest {

namespace {

static_assert(kJsonPadding >= simdjson::SIMDJSON_PADDING);
static_assert(kJsonPadding >= RowText::kSlack);

/// Larger records are read without simdjson, whose index of them would be larger than they are.
constexpr std::size_t kMaxIndexed = 1024 * 1024;
/// Texts can be longer than they were sent: times in their full form.
constexpr std::size_t kExtraText = 256;

std::string_view without_space_behind(std::string_view raw) noexcept {
  while (!raw.empty() &&
         (raw.back() == ' ' || raw.back() == '\n' || raw.back() == '\r' || raw.back() == '\t'))
    raw.remove_suffix(1);
  return raw;
}

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
    if (map) mapping_ = std::make_unique<RecordMapping>(std::move(map), *layout_);
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

  enum class Read : std::uint8_t { done, broken, invalid_utf8 };

  Read read(std::string_view record);
  Read read_indexed(std::string_view record);
  Read read_walking(std::string_view record);
  Read read_mapped(std::string_view record);
  bool take_value(simdjson::ondemand::value& value, std::string_view& raw);
  bool put(const char* key, const char* end, std::string_view raw);
  bool put_column(int column, std::string_view key, std::string_view raw, bool exact);
  bool put_other(std::string_view quoted_key, std::string_view raw);
  Result<> finish(model::Batch& batch);
  std::string_view padded(std::string text);

  model::KeyHasher hasher_;
  RecordFields fields_;
  std::vector<Seen> seen_;
  std::unique_ptr<RecordMapping> mapping_;
  int other_index_;
  int ingested_index_;
  simdjson::ondemand::parser parser_;
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
  return result;
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
  std::fill(cells_.begin(), cells_.end(), model::Cell());
  other_.clear();
  fields_.rewind();
  problem_ = "its syntax is wrong";
  if (mapping_) return read_mapped(record);
  return record.size() > kMaxIndexed ? read_walking(record) : read_indexed(record);
}

Normalizer::Impl::Read Normalizer::Impl::read_indexed(std::string_view record) {
  namespace od = simdjson::ondemand;
  od::document document;
  const simdjson::padded_string_view view(record.data(), record.size(),
                                          record.size() + kJsonPadding);
  const auto error = parser_.iterate(view).get(document);
  if (error == simdjson::UTF8_ERROR) return Read::invalid_utf8;
  od::object object;
  if (error || document.get_object().get(object)) return Read::broken;
  const char* const end = record.data() + record.size();
  for (auto item : object) {
    od::field field;
    if (std::move(item).get(field)) return Read::broken;
    const char* const key = field.key().raw();
    std::string_view raw;
    if (!take_value(field.value(), raw) || !put(key, end, raw)) return Read::broken;
  }
  // Nothing may follow the object.
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? Read::done : Read::broken;
}

// Steps over a value and tells its bytes.
bool Normalizer::Impl::take_value(simdjson::ondemand::value& value, std::string_view& raw) {
  raw = value.raw_json_token();
  if (raw.front() == '{') {
    simdjson::ondemand::object object;
    if (value.get_object().get(object) || object.raw_json().get(raw)) return false;
  } else if (raw.front() == '[') {
    simdjson::ondemand::array array;
    if (value.get_array().get(array) || array.raw_json().get(raw)) return false;
  } else if (raw.front() == '"') {
    simdjson::ondemand::raw_json_string
        string;  // left alone, the iterator would take it for a key before a colon
    if (value.get_raw_json_string().get(string)) return false;
  }
  raw = without_space_behind(raw);
  return !raw.empty() && (raw.front() != '"' || (raw.size() > 1 && raw.back() == '"'));
}

Normalizer::Impl::Read Normalizer::Impl::read_walking(std::string_view record) {
  if (!simdjson::validate_utf8(record)) return Read::invalid_utf8;
  JsonObjectReader members(record);
  while (members.next()) {
    const std::string_view key = members.key();
    if (!put(key.data(), key.data() + key.size() + 1, members.value())) return Read::broken;
  }
  return members.ok() ? Read::done : Read::broken;
}

Normalizer::Impl::Read Normalizer::Impl::read_mapped(std::string_view record) {
  if (!simdjson::validate_utf8(record)) return Read::invalid_utf8;
  const auto column = [this](int index, std::string_view path, std::string_view raw) {
    return put_column(index, path, raw, true);
  };
  const auto other = [this](std::string_view quoted_key, std::string_view raw) {
    return put_other(quoted_key, raw);
  };
  return mapping_->read(record, column, other) ? Read::done : Read::broken;
}

// `key` begins behind its quote and ends, with a quote, before `end`.
bool Normalizer::Impl::put(const char* key, const char* end, std::string_view raw) {
  const RecordFields::Field& field = fields_.match(key, end);
  const std::size_t size = field.key.size() - 1;
  if (field.column >= 0) return put_column(field.column, {key, size}, raw, field.exact);
  if (field.column == RecordFields::kDrop) return check_json_value(raw).size == raw.size();
  return put_other({key - 1, size + 2}, raw);
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
  seen = {row_number_, key, raw, exact};
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
  if (quoted_key.find('\\') != std::string_view::npos &&
      check_json_value(quoted_key).size != quoted_key.size())
    return false;
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
  batch.set_key(hasher_.hash(cells_));
  return {};
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
