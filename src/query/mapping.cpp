#include "query/mapping.hpp"

#include "base/text.hpp"

#include <fstream>
#include <iterator>

namespace harrier::query {

namespace fs = std::filesystem;

bool DelimitedReader::next(std::vector<std::string>& fields) {
  fields.clear();
  if (rest_.empty()) return false;
  std::string field;
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest_.size(); ++at) {
    const char c = rest_[at];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (at + 1 < rest_.size() && rest_[at + 1] == '"') {
        field += '"';
        ++at;
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == delimiter_) {
      fields.push_back(std::move(field));
      field.clear();
    } else if (c == '\n') {
      break;
    } else if (c != '\r' || (at + 1 < rest_.size() && rest_[at + 1] != '\n')) {
      field += c;
    }
  }
  fields.push_back(std::move(field));
  rest_.remove_prefix(std::min(at + 1, rest_.size()));
  return true;
}

Result<std::optional<std::string>> read_mapping_file(const fs::path& folder,
                                                     std::string_view name) {
  if (folder.empty()) return std::optional<std::string>();
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string() != name || !entry.is_regular_file(error)) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.is_open() || file.bad()) {
      return Error(Errc::storage, fmt::format("cannot read {}", entry.path().string()));
    }
    return std::optional<std::string>(std::move(text));
  }
  return std::optional<std::string>();
}

Result<std::shared_ptr<const Mapping>> Mapping::load(const fs::path& folder,
                                                     std::string_view name) {
  HARRIER_TRY(const std::optional<std::string> text,
              read_mapping_file(folder, std::string(name) + ".csv"));
  if (!text) return std::shared_ptr<const Mapping>();
  auto out = std::make_shared<Mapping>();
  DelimitedReader reader(*text, ',');
  std::vector<std::string> fields;
  if (reader.next(fields)) {
    for (std::size_t c = 0; c < fields.size(); ++c) out->columns_[fields[c]] = c;
  }
  while (reader.next(fields)) {
    for (const std::string_view hash : {"SHA1", "SHA256", "MD5"}) {
      const auto column = out->columns_.find(hash);
      if (column == out->columns_.end() || column->second >= fields.size()) continue;
      if (!fields[column->second].empty()) {
        out->by_hash_[to_lower(fields[column->second])] = out->rows_.size();
      }
    }
    out->rows_.push_back(fields);
  }
  return std::shared_ptr<const Mapping>(std::move(out));
}

const std::string* Mapping::find(std::string_view hash, std::string_view column) const {
  const auto row = by_hash_.find(to_lower(hash));
  const auto at = columns_.find(column);
  if (row == by_hash_.end() || at == columns_.end()) return nullptr;
  const std::vector<std::string>& fields = rows_[row->second];
  return at->second < fields.size() ? &fields[at->second] : nullptr;
}

}  // namespace harrier::query
