// The scalar types of KQL and of the table files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace harrier::model {

/// Stored forms: string, guid, dynamic, datetime as TEXT; bool, int, long as INTEGER; real as REAL.
enum class ScalarType : std::uint8_t {
  boolean,
  int_,
  long_,
  real,
  decimal,
  datetime,
  timespan,
  guid,
  string,
  dynamic
};

/// `bool`, `int`, `long`, `real`, `decimal`, `datetime`, `timespan`, `guid`, `string`, `dynamic`.
[[nodiscard]] std::string_view to_string(ScalarType type) noexcept;
[[nodiscard]] std::optional<ScalarType> parse_scalar_type(std::string_view name) noexcept;
/// The type affinity a column of this type is declared with in SQLite: `TEXT`, `INTEGER` or `REAL`.
[[nodiscard]] std::string_view sqlite_type(ScalarType type) noexcept;

}  // namespace harrier::model
