// The query options of lists: `$filter`, `$top`, `$skip`, `$skiptoken`.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "sandbox/http.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

/// One comparison of a `$filter`.
struct FilterTerm {
  std::string property;
  std::string op;     ///< eq, ge, gt, le, lt; `any` for `property/any(t: t eq 'value')`
  std::string value;  ///< without quotes
};

/// Comparisons joined by `and`. Errors: parse.
[[nodiscard]] Result<std::vector<FilterTerm>> parse_filter(std::string_view text);
/// Whether a time fulfils `term`.
[[nodiscard]] bool time_fulfils(const FilterTerm& term, Instant time);

/// Where a list goes on: position, and the time at which the list was begun, so that pages belong
/// together.
struct PageToken {
  std::uint64_t offset = 0;
  Instant as_of;
  bool after_empty = false;  ///< an empty page came before
};

[[nodiscard]] std::string to_text(const PageToken& token);
[[nodiscard]] std::optional<PageToken> parse_page_token(std::string_view text);

}  // namespace harrier::sandbox
