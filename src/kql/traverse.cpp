#include "kql/traverse.hpp"

#include <algorithm>
#include <map>

namespace harrier::kql {
namespace {

class Mapper {
 public:
  Mapper(const ExprMap& exprs, const PlanMap& plans) : exprs_(exprs), plans_(plans) {}

  [[nodiscard]] bool changed() const noexcept { return changed_; }

  void map(ExprPtr& expr) {
    if (expr == nullptr) return;
    ExprPtr next = exprs_(expr);
    changed_ = changed_ || next != expr;
    expr = std::move(next);
  }

  void map(PlanPtr& plan) {
    if (plan == nullptr) return;
    PlanPtr next = plans_(plan);
    changed_ = changed_ || next != plan;
    plan = std::move(next);
  }

  void map(std::vector<ExprPtr>& exprs) {
    for (ExprPtr& expr : exprs) map(expr);
  }

  void map(std::vector<PlanPtr>& plans) {
    for (PlanPtr& plan : plans) map(plan);
  }

  void map(AggregateCall& call) {
    map(call.args);
    map(call.predicate);
  }

  void map(std::vector<AggregateCall>& calls) {
    for (AggregateCall& call : calls) map(call);
  }

  void map(std::vector<ExpandItem>& items) {
    for (ExpandItem& item : items) map(item.value);
  }

  // expressions
  void operator()(Constant&) {}

  void operator()(ColumnRef&) {}

  void operator()(ScanState&) {}

  void operator()(Call& node) { map(node.args); }

  void operator()(DynamicPath& node) {
    map(node.base);
    for (PathStep& step : node.steps) {
      if (auto* key = std::get_if<ExprPtr>(&step.key)) map(*key);
    }
  }

  void operator()(ListTest& node) {
    map(node.value);
    map(node.items);
    map(node.tables);
  }

  void operator()(ScalarSubquery& node) { map(node.plan); }

  // operators
  void operator()(TableScan&) {}

  void operator()(Values& node) {
    for (auto& row : node.rows) map(row);
  }

  void operator()(RangeRows& node) {
    map(node.from);
    map(node.to);
    map(node.step);
  }

  void operator()(ExternalData&) {}

  void operator()(SubInput&) {}

  void operator()(Filter& node) {
    map(node.input);
    map(node.predicate);
  }

  void operator()(Project& node) {
    map(node.input);
    map(node.columns);
  }

  void operator()(Aggregate& node) {
    map(node.input);
    map(node.keys);
    map(node.aggregates);
  }

  void operator()(Distinct& node) { map(node.input); }

  void operator()(Sort& node) {
    map(node.input);
    for (SortKey& key : node.keys) map(key.expr);
    map(node.limit);
  }

  void operator()(Take& node) {
    map(node.input);
    map(node.count);
  }

  void operator()(Sample& node) {
    map(node.input);
    map(node.count);
  }

  void operator()(Materialize& node) { map(node.input); }

  void operator()(Join& node) {
    map(node.left);
    map(node.right);
    for (auto& [left, right] : node.keys) {
      map(left);
      map(right);
    }
  }

  void operator()(Union& node) { map(node.inputs); }

  void operator()(MvExpand& node) {
    map(node.input);
    map(node.items);
    map(node.limit);
  }

  void operator()(MvApply& node) {
    map(node.input);
    map(node.items);
    map(node.limit);
    map(node.sub);
  }

  void operator()(Parse& node) {
    map(node.input);
    map(node.text);
  }

  void operator()(ParseKv& node) {
    map(node.input);
    map(node.text);
  }

  void operator()(MakeSeries& node) {
    map(node.input);
    map(node.keys);
    for (SeriesAggregate& series : node.series) {
      map(series.call);
      map(series.default_value);
    }
    map(node.axis);
    map(node.from);
    map(node.to);
    map(node.step);
  }

  void operator()(TopNested& node) {
    map(node.input);
    for (TopNestedLevel& level : node.levels) {
      map(level.count);
      map(level.key);
      map(level.aggregates);
      map(level.value);
    }
  }

  void operator()(Partition& node) {
    map(node.input);
    map(node.key);
    map(node.sub);
  }

  void operator()(Scan& node) {
    map(node.input);
    map(node.partition_by);
    map(node.defaults);
    for (ScanStep& step : node.steps) {
      map(step.condition);
      for (ScanAssignment& assignment : step.assignments) map(assignment.value);
    }
  }

  void operator()(MakeGraph& node) {
    map(node.edges);
    for (MakeGraph::Nodes& nodes : node.nodes) map(nodes.rows);
  }

  void operator()(GraphComponents& node) { map(node.graph); }

  void operator()(GraphTable& node) { map(node.graph); }

  void operator()(GraphMatch& node) {
    map(node.graph);
    for (MatchValue& value : node.values) map(value.value);
    map(node.where);
    map(node.project);
  }

  void operator()(Plugin& node) {
    map(node.input);
    map(node.args);
    map(node.tables);
    map(node.aggregates);
  }

 private:
  const ExprMap& exprs_;
  const PlanMap& plans_;
  bool changed_ = false;
};

PlanPtr same_plan(const PlanPtr& plan) {
  return plan;
}

template <class Whole>
std::uint32_t depth_of_parts(const Whole& whole) {
  std::uint32_t deepest = 0;
  const ExprMap exprs = [&deepest](const ExprPtr& part) {
    deepest = std::max(deepest, part->depth);
    return part;
  };
  const PlanMap plans = [&deepest](const PlanPtr& part) {
    deepest = std::max(deepest, part->depth);
    return part;
  };
  auto node = whole.node;
  Mapper mapper(exprs, plans);
  std::visit(mapper, node);
  return deepest + 1;
}

/// Sums the parts of a graph, each part's sum computed once.
class Scale {
 public:
  explicit Scale(std::uint64_t limit) : limit_(limit) {}

  template <class Part>
  std::uint64_t weigh(const Part& part) {
    if (const auto it = known_.find(part.get()); it != known_.end()) return it->second;
    std::uint64_t sum = 1;
    const auto add = [&](const auto& inner) {
      sum = std::min(limit_, sum + weigh(inner));
      return inner;
    };
    const ExprMap exprs = [&add](const ExprPtr& inner) { return add(inner); };
    const PlanMap plans = [&add](const PlanPtr& inner) { return add(inner); };
    static_cast<void>(map_parts(part, exprs, plans));
    known_.emplace(part.get(), is_shared(part) ? 1 : sum);
    return sum;
  }

 private:
  static bool is_shared(const ExprPtr&) { return false; }

  static bool is_shared(const PlanPtr& plan) {
    return std::holds_alternative<Materialize>(plan->node);
  }

  std::uint64_t limit_;
  std::map<const void*, std::uint64_t> known_;
};

}  // namespace

std::uint32_t depth_of(const Expr& expr) {
  return depth_of_parts(expr);
}

std::uint32_t depth_of(const Plan& plan) {
  return depth_of_parts(plan);
}

std::uint64_t weight_of(const PlanPtr& plan, std::uint64_t limit) {
  return Scale(limit).weigh(plan);
}

ExprPtr map_parts(const ExprPtr& expr, const ExprMap& exprs, const PlanMap& plans) {
  ExprNode node = expr->node;
  Mapper mapper(exprs, plans);
  std::visit(mapper, node);
  if (!mapper.changed()) return expr;
  auto next = std::make_shared<Expr>(*expr);
  next->node = std::move(node);
  return next;
}

PlanPtr map_parts(const PlanPtr& plan, const ExprMap& exprs, const PlanMap& plans) {
  PlanNode node = plan->node;
  Mapper mapper(exprs, plans);
  std::visit(mapper, node);
  if (!mapper.changed()) return plan;
  auto next = std::make_shared<Plan>(*plan);
  next->node = std::move(node);
  return next;
}

void each_column(const ExprPtr& expr, const std::function<void(std::size_t)>& column) {
  if (const auto* ref = std::get_if<ColumnRef>(&expr->node)) return column(ref->index);
  const ExprMap visit = [&](const ExprPtr& part) {
    each_column(part, column);
    return part;
  };
  static_cast<void>(map_parts(expr, visit, same_plan));
}

void split_conjuncts(const ExprPtr& condition, std::vector<ExprPtr>& into) {
  const auto* call = std::get_if<Call>(&condition->node);
  if (call == nullptr || call->function->name != "and") {
    into.push_back(condition);
    return;
  }
  for (const ExprPtr& arg : call->args) split_conjuncts(arg, into);
}

ExprPtr substitute(const ExprPtr& expr, const std::function<ExprPtr(std::size_t)>& column) {
  if (const auto* ref = std::get_if<ColumnRef>(&expr->node)) return column(ref->index);
  const ExprMap visit = [&](const ExprPtr& part) { return substitute(part, column); };
  return map_parts(expr, visit, same_plan);
}

bool depends_on_place(const ExprPtr& expr) {
  if (const auto* call = std::get_if<Call>(&expr->node)) {
    if (call->function->kind == FunctionKind::window || !call->function->pure) return true;
  }
  if (std::holds_alternative<ScanState>(expr->node)) return true;
  bool found = false;
  const ExprMap visit = [&](const ExprPtr& part) {
    found = found || depends_on_place(part);
    return part;
  };
  static_cast<void>(map_parts(expr, visit, same_plan));
  return found;
}

}  // namespace harrier::kql
