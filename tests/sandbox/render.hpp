// A row as the hunting service sends it, oddities included, and as Harrier must have stored it.
#pragma once

#include "sandbox/generator.hpp"

#include <string>
#include <string_view>

namespace harrier::sandbox {

/// Writes rows of one table as JSON. Not thread-safe; cheap to make.
class Renderer {
 public:
  /// `quirks` is the rate of oddities.
  Renderer(const TableGenerator& generator, bool with_ingested, double quirks, std::uint64_t seed);

  /// The `schema` array of the answer, brackets included.
  [[nodiscard]] std::string schema() const;
  /// Appends the row as one JSON object (or as something broken, where the generator says so).
  void append(std::string& out, const Row& row);

 private:
  void append_cell(std::string& out, std::size_t column, const Cell& cell,
                   std::uint64_t hash) const;
  void append_null(std::string& out, model::ScalarType type, std::uint64_t hash) const;
  void append_dynamic(std::string& out, std::string_view json, std::uint64_t hash) const;
  static void append_malformed(std::string& out, std::uint64_t index);

  const TableGenerator& generator_;
  bool with_ingested_;
  double quirks_;
  std::uint64_t salt_;
  bool dynamic_as_text_;
  std::vector<std::string> keys_;  // `"Name":`
};

/// How the hunting service names a type in `schema`.
[[nodiscard]] std::string_view wire_type(model::ScalarType type) noexcept;
/// Appends a JSON string; U+FFFD becomes a lone surrogate escape, as the service may send it.
void append_wire_text(std::string& out, std::string_view text);
/// Appends `time` with trailing zeros of the fraction trimmed.
void append_wire_time(std::string& out, Instant time);

/// What Harrier must have stored for a true value: empty for NULL (and for what counts as absent),
/// else the SQLite text.
[[nodiscard]] std::string stored_form(const model::Column& column, const Cell& cell);

}  // namespace harrier::sandbox
