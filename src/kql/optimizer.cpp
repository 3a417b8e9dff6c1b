#include "kql/optimizer.hpp"

#include "kql/binder.hpp"
#include "kql/optimizer_impl.hpp"
#include "kql/traverse.hpp"

#include <algorithm>
#include <map>

namespace harrier::kql {
namespace {

/// Maps every operator once, from the leaves up, so that shared parts stay shared.
class Rewriter {
 public:
  Rewriter(ExprMap exprs, PlanMap plans) : exprs_(std::move(exprs)), plans_(std::move(plans)) {}

  PlanPtr run(const PlanPtr& plan) {
    if (const auto it = done_.find(plan.get()); it != done_.end()) return it->second;
    const ExprMap exprs = [this](const ExprPtr& expr) { return exprs_(inside(expr)); };
    const PlanMap plans = [this](const PlanPtr& part) { return run(part); };
    PlanPtr result = plans_(map_parts(plan, exprs, plans));
    originals_.push_back(plan);
    done_.emplace(plan.get(), result);
    return result;
  }

 private:
  /// Subqueries inside expressions.
  ExprPtr inside(const ExprPtr& expr) {
    const ExprMap exprs = [this](const ExprPtr& part) { return inside(part); };
    const PlanMap plans = [this](const PlanPtr& part) { return run(part); };
    return map_parts(expr, exprs, plans);
  }

  ExprMap exprs_;
  PlanMap plans_;
  std::map<const Plan*, PlanPtr> done_;
  std::vector<PlanPtr> originals_;
};

/// Lets at most `count` rows out of the scans below, as far as no operator between them needs more.
PlanPtr limited(const PlanPtr& plan, std::int64_t count) {
  const PlanMap inputs = [count](const PlanPtr& input) { return limited(input, count); };
  const ExprMap exprs = [](const ExprPtr& expr) { return expr; };
  if (const auto* scan = std::get_if<TableScan>(&plan->node)) {
    TableScan next = *scan;
    next.limit = std::min(count, scan->limit.value_or(count));
    auto made = std::make_shared<Plan>(*plan);
    made->node = std::move(next);
    return made;
  }
  if (const auto* project = std::get_if<Project>(&plan->node)) {
    const bool ordered =
        std::any_of(project->columns.begin(), project->columns.end(),
                    [](const ExprPtr& column) { return depends_on_place(column); });
    return ordered ? plan : map_parts(plan, exprs, inputs);
  }
  if (std::holds_alternative<Union>(plan->node)) return map_parts(plan, exprs, inputs);
  return plan;
}

PlanPtr limit_take(const PlanPtr& plan) {
  const auto* take = std::get_if<Take>(&plan->node);
  const Value* count = take == nullptr ? nullptr : constant_of(take->count);
  if (count == nullptr || count->is_null() || count->integer() < 0) return plan;
  auto made = std::make_shared<Plan>(*plan);
  made->node = Take{limited(take->input, count->integer()), take->count};
  return made;
}

PlanPtr unchanged(const PlanPtr& plan) {
  return plan;
}

}  // namespace

PlanPtr fold_plan(const PlanPtr& plan, const CompileOptions& options) {
  return Rewriter([&options](const ExprPtr& expr) { return fold(expr, options); }, unchanged)
      .run(plan);
}

PlanPtr push_limits(const PlanPtr& plan) {
  return Rewriter([](const ExprPtr& expr) { return expr; }, limit_take).run(plan);
}

PlanPtr optimize(const PlanPtr& plan, const CompileOptions& options) {
  return push_limits(prune_columns(push_filters(fold_plan(plan, options), options)));
}

}  // namespace harrier::kql
