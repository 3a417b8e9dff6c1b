#include "query/mapping.hpp"

#include "base/text.hpp"
#include "query/convert.hpp"
#include "query/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <mutex>

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

namespace {

constexpr std::array<std::string_view, 2> kGeoFiles = {"geo_ipv4.csv", "geo_ipv6.csv"};

/// When each of the files was written; nothing where it is not there.
using GeoTimes = std::array<std::optional<fs::file_time_type>, kGeoFiles.size()>;

GeoTimes geo_times(const fs::path& folder) {
  GeoTimes times;
  for (std::size_t i = 0; i < kGeoFiles.size(); ++i) {
    std::error_code error;
    const auto written = fs::last_write_time(folder / kGeoFiles[i], error);
    if (!error) times[i] = written;
  }
  return times;
}

std::string place_json(const std::vector<std::string>& header,
                       const std::vector<std::string>& fields) {
  std::string out = "{";
  for (const std::string_view name : {"country", "state", "city", "latitude", "longitude"}) {
    const auto column = std::find(header.begin(), header.end(), name);
    if (column == header.end()) continue;
    const auto at = static_cast<std::size_t>(column - header.begin());
    if (at >= fields.size() || fields[at].empty()) continue;
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    out += ':';
    const auto number = name == "latitude" || name == "longitude" ? parse_real(fields[at])
                                                                  : std::optional<double>();
    append_json(out, number ? Value::of_real(*number) : Value::of_string(fields[at]));
  }
  return out + "}";
}

}  // namespace

Result<std::shared_ptr<const GeoMapping>> GeoMapping::of(const fs::path& folder) {
  static std::mutex mutex;
  static std::map<fs::path, std::pair<GeoTimes, std::shared_ptr<const GeoMapping>>> known;
  if (folder.empty()) return std::shared_ptr<const GeoMapping>();
  const std::lock_guard lock(mutex);
  const GeoTimes written = geo_times(folder);
  auto& kept = known[folder];
  if (kept.second && kept.first == written) return kept.second;
  std::shared_ptr<GeoMapping> out;
  for (const std::string_view name : kGeoFiles) {
    HARRIER_TRY(const std::optional<std::string> text, read_mapping_file(folder, name));
    if (!text) continue;
    if (!out) out = std::make_shared<GeoMapping>();
    out->add(*text);
  }
  kept = {written, out};
  return kept.second;
}

void GeoMapping::add(std::string_view csv) {
  DelimitedReader reader(csv, ',');
  std::vector<std::string> header;
  std::vector<std::string> fields;
  if (!reader.next(header)) return;
  const auto column = std::find(header.begin(), header.end(), "network");
  const auto network = static_cast<std::size_t>(column - header.begin());
  while (reader.next(fields)) {
    if (network >= fields.size()) continue;
    networks_.add(fields[network], static_cast<std::uint32_t>(places_.size()));
    places_.push_back(place_json(header, fields));
  }
}

const std::string* GeoMapping::find(std::string_view address) const {
  const auto* rows = networks_.find(address);
  return rows == nullptr ? nullptr : &places_[rows->front()];
}

}  // namespace harrier::query
