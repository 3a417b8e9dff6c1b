// Results as text: for people, programs and spreadsheets.
#pragma once

#include "query/service.hpp"

#include <iosfwd>
#include <memory>
#include <string_view>

namespace harrier::query {

enum class OutputFormat : std::uint8_t {
  table,  ///< aligned columns
  json,   ///< {"columns":[{"name","type"}],"rows":[[…]]}
  jsonl,  ///< one object a line
  csv,    ///< RFC 4180 with a header line
};

/// `table`, `json`, `jsonl`, `csv`; nullopt for another name.
[[nodiscard]] std::optional<OutputFormat> parse_output_format(std::string_view name) noexcept;

/// A sink that writes to `out`, which must outlive it. Numbers are JSON numbers (NaN and infinities
/// texts), datetimes RFC 3339 with seven digits, timespans `[-][d.]hh:mm:ss[.fffffff]`, dynamic
/// values JSON, null `null` or an empty field. Errors of the sink: storage, when `out` fails.
[[nodiscard]] std::unique_ptr<Sink> make_formatter(OutputFormat format, std::ostream& out);

/// A cell as JSON: what the json formats write.
void append_result_json(std::string& out, const Value& value);

}  // namespace harrier::query
