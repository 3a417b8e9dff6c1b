// in, in~, has_any and has_all.
#pragma once

#include "query/execution.hpp"

namespace harrier::query {

/// Compiles the test; lists that do not depend on the row are prepared once.
[[nodiscard]] Result<ExpressionPtr> compile_list_test(const kql::ListTest& test, Scope scope);

}  // namespace harrier::query
