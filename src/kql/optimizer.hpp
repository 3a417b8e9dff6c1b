// Rewrites a bound plan into one that does less: constants folded, filters and columns pushed into
// the scans.
#pragma once

#include "kql/bound.hpp"
#include "kql/compile.hpp"

namespace harrier::kql {

/// The same rows for the same stores. Shared parts (`materialize`) stay shared.
[[nodiscard]] PlanPtr optimize(const PlanPtr& plan, const CompileOptions& options);

/// `expr` with every call of constants that can be evaluated now replaced by its value.
[[nodiscard]] ExprPtr fold(const ExprPtr& expr, const CompileOptions& options);

}  // namespace harrier::kql
