#include "ingest/record_fields.hpp"

#include "base/text.hpp"
#include "ingest/compact_json.hpp"

namespace harrier::ingest {

namespace {

constexpr std::size_t kMaxFields = 4096;
constexpr std::size_t kMaxKey = 256;

// Columns that Harrier fills itself: a property of that name is not one of them.
bool is_own_column(const model::RowLayout& layout, std::string_view name) {
  return name.starts_with("_") && name != "_Ingested" && layout.table->find(name) == nullptr;
}

}  // namespace

RecordFields::RecordFields(const model::RowLayout& layout) : fields_(2) {
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const model::Column& column = layout.columns[i];
    if (is_own_column(layout, column.name)) continue;
    exact_.emplace(column.source_name, static_cast<int>(i));
    const auto [at, fresh] = folded_.emplace(to_lower(column.source_name), static_cast<int>(i));
    if (!fresh) at->second = kOther;
  }
}

RecordFields::Field& RecordFields::match(const JsonObjectReader& members) {
  if (!members.as_expected()) fields_[previous_].next = look_up(members.key());
  previous_ = fields_[previous_].next;
  return fields_[previous_];
}

std::uint32_t RecordFields::look_up(std::string_view key) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) return known->second;
  Field field;
  field.key = key;
  field.key += '"';
  const std::string name =
      key.find('\\') == std::string_view::npos ? std::string(key) : unescaped(key);
  field.column = is_odata_annotation(name) ? kDrop : resolve(name, field.exact);
  if (key.size() > kMaxKey || fields_.size() == kMaxFields) {
    fields_[1] = std::move(field);
    return 1;
  }
  fields_.push_back(std::move(field));
  const auto index = static_cast<std::uint32_t>(fields_.size() - 1);
  by_key_.emplace(key, index);
  return index;
}

int RecordFields::resolve(std::string_view name, bool& exact) const {
  const auto found = exact_.find(name);
  exact = found != exact_.end();
  if (exact) return found->second;
  if (!name.empty() && name.front() >= 'a' && name.front() <= 'z') {
    std::string pascal(name);
    pascal.front() = static_cast<char>(pascal.front() - 32);
    if (const auto at = exact_.find(pascal); at != exact_.end()) return at->second;
  }
  const auto folded = folded_.find(to_lower(name));
  return folded == folded_.end() ? kOther : folded->second;
}

}  // namespace harrier::ingest
