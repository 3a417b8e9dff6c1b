// Reads the keys of one table of a configuration and collects everything that is wrong with them.
#pragma once

#include "settings/document.hpp"
#include "settings/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::settings {

/// Where problems go.
struct Report {
  std::string file;
  std::vector<Problem> problems;

  void add(int line, std::string key, std::string message);
};

/// One table. Every accessor makes its key a known one; `finish` reports the others. A value of the
/// wrong form is reported and read as absent. A section that the file does not have reads as empty.
class Section {
 public:
  Section(Report& report, const Node* table, std::string path, int line);

  [[nodiscard]] bool present() const noexcept { return table_ != nullptr; }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Line of the key, or of the section when the file does not have it.
  [[nodiscard]] int line_of(std::string_view key) const noexcept;
  [[nodiscard]] bool has(std::string_view key) const noexcept;
  [[nodiscard]] std::vector<std::string> keys() const;

  [[nodiscard]] const Node* node(std::string_view key);
  /// The table under `key`.
  [[nodiscard]] Section sub(std::string_view key);
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  /// Text that must not be empty.
  [[nodiscard]] std::optional<std::string> required_text(std::string_view key,
                                                         std::string_view hint);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t least,
                                                    std::int64_t most);
  [[nodiscard]] std::optional<Milliseconds> duration(std::string_view key, Milliseconds least);
  [[nodiscard]] std::optional<std::uint64_t> size(std::string_view key);
  [[nodiscard]] std::vector<std::string> texts(std::string_view key);

  /// Reports a problem with a key of this section.
  void complain(std::string_view key, std::string message);

  /// Makes a key a known one without reading it.
  void allow(std::string_view key) { known_.emplace_back(key); }

  /// Reports every key that nobody asked for, with the nearest one that somebody did.
  void finish();

 private:
  [[nodiscard]] std::string dotted(std::string_view key) const;
  void wrong_type(std::string_view key, const Node& node, std::string_view wanted);

  Report& report_;
  const Node* table_;
  std::string path_;
  int line_;
  std::vector<std::string> known_;
};

}  // namespace harrier::settings
