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

std::shared_ptr<Plan> with_node(const PlanPtr& plan, PlanNode node) {
  auto made = std::make_shared<Plan>(*plan);
  made->node = std::move(node);
  return made;
}

/// A count of rows that is known now.
std::optional<std::int64_t> row_count(const ExprPtr& expr) {
  const Value* count = expr == nullptr ? nullptr : constant_of(expr);
  if (count == nullptr || count->is_null() || count->integer() < 0) return std::nullopt;
  return count->integer();
}

/// Lets at most `count` rows out of the scans and sorts below, as far as no operator between them
/// needs more.
PlanPtr limited(const PlanPtr& plan, const ExprPtr& count) {
  const PlanMap inputs = [&count](const PlanPtr& input) { return limited(input, count); };
  const ExprMap exprs = [](const ExprPtr& expr) { return expr; };
  const std::int64_t rows = row_count(count).value_or(0);
  if (const auto* scan = std::get_if<TableScan>(&plan->node)) {
    TableScan next = *scan;
    next.limit = std::min(rows, scan->limit.value_or(rows));
    return with_node(plan, std::move(next));
  }
  if (const auto* sort = std::get_if<Sort>(&plan->node)) {
    const bool smaller = sort->limit == nullptr || row_count(sort->limit).value_or(0) > rows;
    return smaller ? with_node(plan, Sort{sort->input, sort->keys, count}) : plan;
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

/// True for sorts, and columns made from them, that give `rows` rows at most.
bool gives_at_most(const PlanPtr& plan, std::int64_t rows) {
  if (const auto* project = std::get_if<Project>(&plan->node))
    return gives_at_most(project->input, rows);
  const auto* sort = std::get_if<Sort>(&plan->node);
  const auto limit = sort == nullptr ? std::nullopt : row_count(sort->limit);
  return limit && *limit <= rows;
}

PlanPtr limit_take(const PlanPtr& plan) {
  const auto* take = std::get_if<Take>(&plan->node);
  const auto rows = take == nullptr ? std::nullopt : row_count(take->count);
  if (!rows) return plan;
  PlanPtr input = limited(take->input, take->count);
  if (gives_at_most(input, *rows)) return input;
  return with_node(plan, Take{std::move(input), take->count});
}

/// The function that a column beside the stores stands for; empty for columns of the stores.
std::string_view flag_function(std::string_view column) {
  if (column == "_Flagged") return "event_flagged";
  return column == "_FlagNote" ? "event_flag_note" : std::string_view();
}

PlanPtr flags_above(const PlanPtr& plan) {
  const auto* scan = std::get_if<TableScan>(&plan->node);
  const auto named = [](const std::string& name) { return !flag_function(name).empty(); };
  if (scan == nullptr || std::none_of(scan->columns.begin(), scan->columns.end(), named)) {
    return plan;
  }
  TableScan stored = *scan;
  stored.columns.clear();
  auto below = std::make_shared<Plan>(*plan);
  below->schema.clear();
  const auto keep = [&](const OutColumn& column, const std::string& name) {
    const auto known = find_column(below->schema, column.name);
    if (known) return *known;
    below->schema.push_back(column);
    stored.columns.push_back(name);
    return below->schema.size() - 1;
  };
  Project project;
  for (std::size_t i = 0; i < plan->schema.size(); ++i) {
    const OutColumn& column = plan->schema[i];
    const std::string_view function = flag_function(scan->columns[i]);
    if (function.empty()) {
      const std::size_t at = keep(column, scan->columns[i]);
      project.columns.push_back(column_ref(below->schema, at, plan->span));
      continue;
    }
    const std::size_t id = keep(OutColumn("_Id", ScalarType::long_, true), "_Id");
    project.columns.push_back(call_expr(function, column.type,
                                        {constant(Value::of_string(scan->table->name), plan->span),
                                         column_ref(below->schema, id, plan->span)},
                                        plan->span));
  }
  below->node = std::move(stored);
  auto made = std::make_shared<Plan>(*plan);
  project.input = std::move(below);
  made->node = std::move(project);
  made->depth = plan->depth + 1;
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

PlanPtr look_up_flags(const PlanPtr& plan) {
  return Rewriter([](const ExprPtr& expr) { return expr; }, flags_above).run(plan);
}

PlanPtr optimize(const PlanPtr& plan, const CompileOptions& options) {
  return look_up_flags(push_limits(prune_columns(push_filters(fold_plan(plan, options), options))));
}

}  // namespace harrier::kql
