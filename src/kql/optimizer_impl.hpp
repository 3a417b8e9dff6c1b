// The optimizer's passes. Each takes a plan and gives an equal one.
#pragma once

#include "kql/bound.hpp"
#include "kql/compile.hpp"

#include <vector>

namespace harrier::kql {

/// Folds the constants of every expression.
[[nodiscard]] PlanPtr fold_plan(const PlanPtr& plan, const CompileOptions& options);
/// Moves conditions towards the scans, and what a store can test into them.
[[nodiscard]] PlanPtr push_filters(const PlanPtr& plan, const CompileOptions& options);
/// Leaves out columns that nothing above reads.
[[nodiscard]] PlanPtr prune_columns(const PlanPtr& plan);
/// Tells scans and sorts how many rows a `take` above lets through; a sort then is a `top`.
[[nodiscard]] PlanPtr push_limits(const PlanPtr& plan);
/// Scans read no flags: `_Flagged` and `_FlagNote` become calls over the rows' ids.
[[nodiscard]] PlanPtr look_up_flags(const PlanPtr& plan);

/// The parts joined by `and`, the opposite of `split_conjuncts`; null for no part.
[[nodiscard]] ExprPtr join_conjuncts(std::vector<ExprPtr> parts);
/// Adds `condition`, over the columns of the plan `scan`, to what `into` tests; false where a store
/// cannot test it exactly.
[[nodiscard]] bool push_condition(const ExprPtr& condition, const Plan& scan, TableScan& into);

}  // namespace harrier::kql
