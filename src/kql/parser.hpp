// KQL text into an AST.
#pragma once

#include "base/result.hpp"
#include "kql/ast.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harrier::kql {

/// Parses a whole query. Nesting is bounded by `kMaxDepth`, the text by `kMaxQueryBytes`.
/// Errors: query, at the first wrong token; limit.
[[nodiscard]] Result<ast::Query> parse(std::string_view text);

/// Every operator's word, aliases included, for "did you mean" and completion.
[[nodiscard]] std::vector<std::string> operator_names();

}  // namespace harrier::kql
