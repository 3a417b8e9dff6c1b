// Walking and rebuilding immutable plans.
#pragma once

#include "kql/bound.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace harrier::kql {

using ExprMap = std::function<ExprPtr(const ExprPtr&)>;
using PlanMap = std::function<PlanPtr(const PlanPtr&)>;

/// `expr` with its direct parts mapped; the same object where nothing changed.
[[nodiscard]] ExprPtr map_parts(const ExprPtr& expr, const ExprMap& exprs, const PlanMap& plans);

/// `plan` with its direct inputs and expressions mapped. The schema stays.
[[nodiscard]] PlanPtr map_parts(const PlanPtr& plan, const ExprMap& exprs, const PlanMap& plans);

/// Calls `column` for every column reference in `expr`, subqueries aside.
void each_column(const ExprPtr& expr, const std::function<void(std::size_t)>& column);

/// `expr` with every column reference replaced by what `column` gives for it.
[[nodiscard]] ExprPtr substitute(const ExprPtr& expr,
                                 const std::function<ExprPtr(std::size_t)>& column);

/// Appends the parts of a condition joined by `and`.
void split_conjuncts(const ExprPtr& condition, std::vector<ExprPtr>& into);

/// 1 for a leaf, else one more than the deepest direct part.
[[nodiscard]] std::uint32_t depth_of(const Expr& expr);
[[nodiscard]] std::uint32_t depth_of(const Plan& plan);
/// Operators and expressions of the plan with shared parts counted at every use (`materialize`
/// once), but not beyond `limit`.
[[nodiscard]] std::uint64_t weight_of(const PlanPtr& plan, std::uint64_t limit);

/// True when some call in `expr` has its value from the order of rows or from chance.
[[nodiscard]] bool depends_on_place(const ExprPtr& expr);

}  // namespace harrier::kql
