// Errors in a query's text, with their place.
#pragma once

#include "base/result.hpp"
#include "kql/span.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace harrier::kql {

/// 1-based; columns count code points.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
};

[[nodiscard]] Position position_of(std::string_view text, std::size_t offset) noexcept;

/// `line:column: what`, then the line and a row of carets under the span. The line is cut when it
/// is very long.
[[nodiscard]] Error error_at(std::string_view text, Span span, std::string_view what,
                             Errc code = Errc::query);

/// `; did you mean `x`?`, or nothing when no name is near.
[[nodiscard]] std::string suggestion(std::string_view name, std::span<const std::string> names);

}  // namespace harrier::kql
