// Local tables in place of services: files that an admin puts into the mappings folder.
#pragma once

#include "base/result.hpp"
#include "query/network.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::query {

/// Fields of delimited text, quotes doubled inside quotes as in RFC 4180.
class DelimitedReader {
 public:
  DelimitedReader(std::string_view text, char delimiter) : rest_(text), delimiter_(delimiter) {}

  /// The next record; false at the end.
  bool next(std::vector<std::string>& fields);

 private:
  std::string_view rest_;
  char delimiter_;
};

/// The text of the file called `name` in `folder`: names are compared with what is there, never
/// made into paths. nullopt where there is none. Errors: storage.
[[nodiscard]] Result<std::optional<std::string>> read_mapping_file(
    const std::filesystem::path& folder, std::string_view name);

/// `<name>.csv` with a header line: rows are found by the hashes in its columns SHA1, SHA256 and
/// MD5.
class Mapping {
 public:
  /// nullptr where the folder has no such file. Errors: storage.
  [[nodiscard]] static Result<std::shared_ptr<const Mapping>> load(
      const std::filesystem::path& folder, std::string_view name);
  /// The field `column` of the row with that hash; nullptr where there is none.
  [[nodiscard]] const std::string* find(std::string_view hash, std::string_view column) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::map<std::string, std::size_t, std::less<>> by_hash_;
};

/// Places of networks: `geo_ipv4.csv` and `geo_ipv6.csv` with the columns network, country, state,
/// city, latitude and longitude.
class GeoMapping {
 public:
  /// nullptr where the folder has neither file. Read once per process, and again when one has
  /// changed. Thread-safe. Errors: storage.
  [[nodiscard]] static Result<std::shared_ptr<const GeoMapping>> of(
      const std::filesystem::path& folder);
  /// A JSON object; nullptr where no network holds the address.
  [[nodiscard]] const std::string* find(std::string_view address) const;

 private:
  void add(std::string_view csv);

  NetworkIndex networks_;
  std::vector<std::string> places_;
};

}  // namespace harrier::query
