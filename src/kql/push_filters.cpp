#include "kql/binder.hpp"
#include "kql/optimizer.hpp"
#include "kql/optimizer_impl.hpp"
#include "kql/traverse.hpp"

#include <algorithm>
#include <map>

namespace harrier::kql {

ExprPtr join_conjuncts(std::vector<ExprPtr> parts) {
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return parts.front();
  const Span span = cover(parts.front()->span, parts.back()->span);
  return call_expr("and", ScalarType::boolean, std::move(parts), span);
}

namespace {

using Conditions = std::vector<ExprPtr>;

/// New place of an input column; nullopt where the condition cannot go along.
using Remap = std::function<std::optional<ExprPtr>(std::size_t)>;

std::optional<ExprPtr> moved(const ExprPtr& condition, const Remap& remap) {
  if (depends_on_place(condition)) return std::nullopt;
  bool possible = true;
  ExprPtr result = substitute(condition, [&](std::size_t index) -> ExprPtr {
    const auto next = remap(index);
    possible = possible && next.has_value();
    return next.value_or(condition);
  });
  if (!possible) return std::nullopt;
  return result;
}

/// Parts `conditions` into those that can move and those that stay.
Conditions take_movable(Conditions& conditions, const Remap& remap) {
  Conditions below;
  Conditions above;
  for (ExprPtr& condition : conditions) {
    if (auto next = moved(condition, remap)) {
      below.push_back(std::move(*next));
    } else {
      above.push_back(std::move(condition));
    }
  }
  conditions = std::move(above);
  return below;
}

class Pusher {
 public:
  explicit Pusher(const CompileOptions& options) : options_(options) {}

  PlanPtr push(const PlanPtr& plan, Conditions conditions) {
    if (!conditions.empty()) return place(plan, std::move(conditions));
    if (const auto it = done_.find(plan.get()); it != done_.end()) return it->second;
    PlanPtr result = place(plan, {});
    originals_.push_back(plan);
    done_.emplace(plan.get(), result);
    return result;
  }

 private:
  ExprPtr inside(const ExprPtr& expr) {
    const ExprMap exprs = [this](const ExprPtr& part) { return inside(part); };
    const PlanMap plans = [this](const PlanPtr& part) { return push(part, {}); };
    return map_parts(expr, exprs, plans);
  }

  PlanPtr rebuild(const PlanPtr& plan, Conditions below) {
    const ExprMap exprs = [this](const ExprPtr& part) { return inside(part); };
    const PlanMap plans = [&](const PlanPtr& part) { return push(part, below); };
    return map_parts(plan, exprs, plans);
  }

  PlanPtr filter(PlanPtr plan, Conditions conditions) const {
    for (ExprPtr& condition : conditions) condition = fold(condition, options_);
    const auto is_true = [](const ExprPtr& condition) {
      const Value* value = constant_of(condition);
      return value != nullptr && !value->is_null() && value->boolean();
    };
    std::erase_if(conditions, is_true);
    const bool never = std::any_of(conditions.begin(), conditions.end(), [](const ExprPtr& part) {
      return constant_of(part) != nullptr;
    });
    if (never) {
      auto none = std::make_shared<Plan>();
      none->schema = plan->schema;
      none->span = plan->span;
      none->node = Values();
      return none;
    }
    ExprPtr predicate = join_conjuncts(std::move(conditions));
    if (predicate == nullptr) return plan;
    auto made = std::make_shared<Plan>();
    made->schema = plan->schema;
    made->span = predicate->span;
    made->node = Filter{std::move(plan), std::move(predicate)};
    return made;
  }

  template <class Node>
  PlanPtr at(const PlanPtr& plan, const Node&, Conditions conditions) {
    return filter(rebuild(plan, {}), std::move(conditions));
  }

  PlanPtr at(const PlanPtr&, const Filter& node, Conditions conditions) {
    if (depends_on_place(node.predicate)) {
      PlanPtr inner = filter(push(node.input, {}), {inside(node.predicate)});
      return filter(std::move(inner), std::move(conditions));
    }
    Conditions parts;
    split_conjuncts(inside(node.predicate), parts);
    parts.insert(parts.end(), conditions.begin(), conditions.end());
    return push(node.input, std::move(parts));
  }

  /// Both uses of a shared part read all its rows.
  PlanPtr at(const PlanPtr& plan, const Materialize&, Conditions conditions) {
    if (conditions.empty()) return rebuild(plan, {});
    return filter(push(plan, {}), std::move(conditions));
  }

  PlanPtr at(const PlanPtr& plan, const TableScan& node, Conditions conditions) {
    if (node.limit) return filter(plan, std::move(conditions));
    TableScan scan = node;
    Conditions rest;
    for (ExprPtr& condition : conditions) {
      if (!push_condition(condition, *plan, scan)) rest.push_back(std::move(condition));
    }
    if (rest.size() == conditions.size()) return filter(plan, std::move(rest));
    auto made = std::make_shared<Plan>(*plan);
    made->node = std::move(scan);
    return filter(std::move(made), std::move(rest));
  }

  PlanPtr at(const PlanPtr& plan, const Project& node, Conditions conditions) {
    const bool ordered =
        std::any_of(node.columns.begin(), node.columns.end(),
                    [](const ExprPtr& column) { return depends_on_place(column); });
    Conditions below;
    if (!ordered) {
      below = take_movable(conditions, [&](std::size_t i) -> std::optional<ExprPtr> {
        const ExprPtr& column = node.columns[i];
        const bool simple = std::holds_alternative<ColumnRef>(column->node) ||
                            std::holds_alternative<Constant>(column->node);
        return simple ? std::optional(column) : std::nullopt;
      });
    }
    return filter(rebuild(plan, std::move(below)), std::move(conditions));
  }

  PlanPtr at(const PlanPtr& plan, const Sort& node, Conditions conditions) {
    if (node.limit != nullptr) return filter(rebuild(plan, {}), std::move(conditions));
    return through(plan, std::move(conditions));
  }

  PlanPtr at(const PlanPtr& plan, const Distinct&, Conditions conditions) {
    return through(plan, std::move(conditions));
  }

  PlanPtr at(const PlanPtr& plan, const Union&, Conditions conditions) {
    PlanPtr pushed = through(plan, std::move(conditions));
    const auto* node = std::get_if<Union>(&pushed->node);
    if (node == nullptr) return pushed;
    Union fuller;
    for (const PlanPtr& leg : node->inputs) {
      if (!is_empty(leg)) fuller.inputs.push_back(leg);
    }
    if (fuller.inputs.size() == node->inputs.size()) return pushed;
    auto made = std::make_shared<Plan>(*pushed);
    made->node = Values();
    if (!fuller.inputs.empty()) made->node = std::move(fuller);
    return made;
  }

  static bool is_empty(const PlanPtr& plan) {
    if (const auto* values = std::get_if<Values>(&plan->node)) return values->rows.empty();
    if (const auto* project = std::get_if<Project>(&plan->node)) return is_empty(project->input);
    if (const auto* filter = std::get_if<Filter>(&plan->node)) return is_empty(filter->input);
    return false;
  }

  /// Operators whose output columns are their input's.
  PlanPtr through(const PlanPtr& plan, Conditions conditions) {
    Conditions below = take_movable(conditions, [&](std::size_t i) {
      return std::optional(column_ref(plan->schema, i, plan->span));
    });
    return filter(rebuild(plan, std::move(below)), std::move(conditions));
  }

  PlanPtr at(const PlanPtr& plan, const Aggregate& node, Conditions conditions) {
    Conditions below = take_movable(conditions, [&](std::size_t i) -> std::optional<ExprPtr> {
      return i < node.keys.size() ? std::optional(node.keys[i]) : std::nullopt;
    });
    // A condition without columns must not empty the input of an aggregate that gives a row anyway.
    if (node.keys.empty()) {
      conditions.insert(conditions.end(), below.begin(), below.end());
      below.clear();
    }
    return filter(rebuild(plan, std::move(below)), std::move(conditions));
  }

  PlanPtr at(const PlanPtr& plan, const MvExpand& node, Conditions conditions) {
    Conditions below = take_movable(conditions, [&](std::size_t i) -> std::optional<ExprPtr> {
      const ExpandColumn& column = node.output[i];
      if (column.source != ExpandColumn::Source::input) return std::nullopt;
      return column_ref(node.input->schema, column.index, plan->span);
    });
    return filter(rebuild(plan, std::move(below)), std::move(conditions));
  }

  PlanPtr at(const PlanPtr& plan, const Parse& node, Conditions conditions) {
    Conditions below = take_movable(conditions, [&](std::size_t i) -> std::optional<ExprPtr> {
      if (!node.passthrough[i]) return std::nullopt;
      return column_ref(node.input->schema, *node.passthrough[i], plan->span);
    });
    return filter(rebuild(plan, std::move(below)), std::move(conditions));
  }

  PlanPtr at(const PlanPtr& plan, const Join& node, Conditions conditions) {
    const auto side = [&](bool right) {
      return take_movable(conditions, [&, right](std::size_t i) -> std::optional<ExprPtr> {
        const JoinColumn& column = node.output[i];
        if (column.right != right) return std::nullopt;
        const Schema& schema = right ? node.right->schema : node.left->schema;
        return column_ref(schema, column.index, plan->span);
      });
    };
    const bool left = node.kind != JoinKind::right_outer && node.kind != JoinKind::full_outer;
    const bool right = node.kind == JoinKind::inner || node.kind == JoinKind::inner_unique ||
                       node.kind == JoinKind::right_outer || node.kind == JoinKind::right_semi ||
                       node.kind == JoinKind::right_anti;
    Conditions to_left;
    Conditions to_right;
    // innerunique keeps one row of a key: of those that a later condition keeps, as documented.
    if (left) to_left = side(false);
    if (right) to_right = side(true);
    Join join = node;
    for (auto& [l, r] : join.keys) {
      l = inside(l);
      r = inside(r);
    }
    join.left = push(node.left, std::move(to_left));
    join.right = push(node.right, std::move(to_right));
    auto made = std::make_shared<Plan>(*plan);
    made->node = std::move(join);
    return filter(std::move(made), std::move(conditions));
  }

  const CompileOptions& options_;
  std::map<const Plan*, PlanPtr> done_;
  std::vector<PlanPtr> originals_;  // keeps the keys of `done_` alive

  PlanPtr place(const PlanPtr& plan, Conditions conditions) {
    return std::visit(
        [&](const auto& node) -> PlanPtr { return at(plan, node, std::move(conditions)); },
        plan->node);
  }
};

}  // namespace

PlanPtr push_filters(const PlanPtr& plan, const CompileOptions& options) {
  return Pusher(options).push(plan, {});
}

}  // namespace harrier::kql
