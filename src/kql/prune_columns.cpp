#include "kql/binder.hpp"
#include "kql/optimizer_impl.hpp"
#include "kql/traverse.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace harrier::kql {
namespace {

constexpr std::size_t kGone = std::numeric_limits<std::size_t>::max();

using Needed = std::vector<bool>;

/// A plan with fewer columns, and where each of the old ones is now.
struct Pruned {
  PlanPtr plan;
  std::vector<std::size_t> place;
};

void need(const ExprPtr& expr, Needed& needed) {
  if (expr != nullptr) each_column(expr, [&needed](std::size_t i) { needed[i] = true; });
}

class Pruner {
 public:
  PlanPtr run(const PlanPtr& plan) {
    // First what the uses of every shared part need together, then the plan itself.
    static_cast<void>(whole(plan));
    collecting_ = false;
    return whole(plan);
  }

 private:
  PlanPtr whole(const PlanPtr& plan) { return prune(plan, Needed(plan->schema.size(), true)).plan; }

  Pruned prune(const PlanPtr& plan, const Needed& needed) {
    return std::visit([&](const auto& node) { return at(plan, node, needed); }, plan->node);
  }

  ExprPtr inside(const ExprPtr& expr) {
    const ExprMap exprs = [this](const ExprPtr& part) { return inside(part); };
    const PlanMap plans = [this](const PlanPtr& part) { return whole(part); };
    return map_parts(expr, exprs, plans);
  }

  ExprPtr placed(const ExprPtr& expr, const Pruned& input) {
    if (expr == nullptr) return nullptr;
    return substitute(inside(expr), [&](std::size_t i) {
      return column_ref(input.plan->schema, input.place[i], Span());
    });
  }

  static std::vector<std::size_t> identity(std::size_t size) {
    std::vector<std::size_t> place(size);
    for (std::size_t i = 0; i < size; ++i) place[i] = i;
    return place;
  }

  static PlanPtr make(const PlanPtr& like, Schema schema, PlanNode node) {
    auto made = std::make_shared<Plan>();
    made->schema = std::move(schema);
    made->span = like->span;
    made->node = std::move(node);
    return made;
  }

  template <class Node>
  Pruned at(const PlanPtr& plan, const Node&, const Needed&) {
    const ExprMap exprs = [this](const ExprPtr& part) { return inside(part); };
    const PlanMap plans = [this](const PlanPtr& part) { return whole(part); };
    return {map_parts(plan, exprs, plans), identity(plan->schema.size())};
  }

  Pruned at(const PlanPtr& plan, const TableScan& node, const Needed& needed) {
    TableScan scan = node;
    scan.columns.clear();
    Schema schema;
    std::vector<std::size_t> place(needed.size(), kGone);
    const bool none = std::find(needed.begin(), needed.end(), true) == needed.end();
    for (std::size_t i = 0; i < needed.size(); ++i) {
      // A count still needs rows: their id is the least to read.
      if (!needed[i] && !(none && plan->schema[i].name == "_Id")) continue;
      place[i] = schema.size();
      schema.push_back(plan->schema[i]);
      scan.columns.push_back(node.columns[i]);
    }
    return {make(plan, std::move(schema), std::move(scan)), std::move(place)};
  }

  Pruned at(const PlanPtr& plan, const Filter& node, const Needed& needed) {
    Needed below = needed;
    need(node.predicate, below);
    Pruned input = prune(node.input, below);
    Schema schema = input.plan->schema;
    ExprPtr predicate = placed(node.predicate, input);
    PlanPtr made =
        make(plan, std::move(schema), Filter{std::move(input.plan), std::move(predicate)});
    return {std::move(made), std::move(input.place)};
  }

  Pruned at(const PlanPtr& plan, const Project& node, const Needed& needed) {
    Needed below(node.input->schema.size(), false);
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (needed[i]) kept.push_back(i);
    }
    if (kept.empty() && !needed.empty()) kept.push_back(0);
    for (const std::size_t i : kept) need(node.columns[i], below);
    const Pruned input = prune(node.input, below);
    Project project;
    Schema schema;
    std::vector<std::size_t> place(needed.size(), kGone);
    for (const std::size_t i : kept) {
      place[i] = schema.size();
      schema.push_back(plan->schema[i]);
      project.columns.push_back(placed(node.columns[i], input));
    }
    project.input = input.plan;
    return {make(plan, std::move(schema), std::move(project)), std::move(place)};
  }

  Pruned at(const PlanPtr& plan, const Sort& node, const Needed& needed) {
    Needed below = needed;
    for (const SortKey& key : node.keys) need(key.expr, below);
    Pruned input = prune(node.input, below);
    Sort sort = node;
    for (SortKey& key : sort.keys) key.expr = placed(key.expr, input);
    if (sort.limit != nullptr) sort.limit = inside(sort.limit);
    Schema schema = input.plan->schema;
    sort.input = std::move(input.plan);
    return {make(plan, std::move(schema), std::move(sort)), std::move(input.place)};
  }

  Pruned at(const PlanPtr& plan, const Take& node, const Needed& needed) {
    Pruned input = prune(node.input, needed);
    Schema schema = input.plan->schema;
    PlanPtr made = make(plan, std::move(schema), Take{std::move(input.plan), inside(node.count)});
    return {std::move(made), std::move(input.place)};
  }

  Pruned at(const PlanPtr& plan, const Aggregate& node, const Needed& needed) {
    Aggregate aggregate;
    Schema schema(plan->schema.begin(),
                  plan->schema.begin() + static_cast<std::ptrdiff_t>(node.keys.size()));
    std::vector<std::size_t> place = identity(needed.size());
    std::size_t output = node.keys.size();
    for (const AggregateCall& call : node.aggregates) {
      AggregateCall slim = call;
      if (call.outputs > 1) slim.args.clear();
      for (std::size_t i = 0; i < call.outputs; ++i, ++output) {
        // The ordering value of arg_max stays in any case, and one value of take_any.
        const bool keep = call.outputs == 1 || i == 0 || needed[output];
        if (call.outputs > 1 && keep) slim.args.push_back(call.args[i]);
        place[output] = keep ? schema.size() : kGone;
        if (keep) schema.push_back(plan->schema[output]);
      }
      if (call.outputs > 1) slim.outputs = slim.args.size();
      aggregate.aggregates.push_back(std::move(slim));
    }
    Needed below(node.input->schema.size(), false);
    for (const ExprPtr& key : node.keys) need(key, below);
    for (const AggregateCall& call : aggregate.aggregates) {
      for (const ExprPtr& arg : call.args) need(arg, below);
      need(call.predicate, below);
    }
    const Pruned input = prune(node.input, below);
    for (const ExprPtr& key : node.keys) aggregate.keys.push_back(placed(key, input));
    for (AggregateCall& call : aggregate.aggregates) {
      for (ExprPtr& arg : call.args) arg = placed(arg, input);
      call.predicate = placed(call.predicate, input);
    }
    aggregate.input = input.plan;
    return {make(plan, std::move(schema), std::move(aggregate)), std::move(place)};
  }

  Pruned at(const PlanPtr& plan, const Join& node, const Needed& needed) {
    Needed left(node.left->schema.size(), false);
    Needed right(node.right->schema.size(), false);
    for (const auto& [l, r] : node.keys) {
      need(l, left);
      need(r, right);
    }
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (needed[i]) (node.output[i].right ? right : left)[node.output[i].index] = true;
    }
    const Pruned l = prune(node.left, left);
    const Pruned r = prune(node.right, right);
    Join join;
    join.kind = node.kind;
    for (const auto& [a, b] : node.keys) join.keys.emplace_back(placed(a, l), placed(b, r));
    Schema schema;
    std::vector<std::size_t> place(needed.size(), kGone);
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (!needed[i]) continue;
      const JoinColumn& column = node.output[i];
      place[i] = schema.size();
      schema.push_back(plan->schema[i]);
      join.output.push_back({column.right, (column.right ? r : l).place[column.index]});
    }
    join.left = l.plan;
    join.right = r.plan;
    return {make(plan, std::move(schema), std::move(join)), std::move(place)};
  }

  Pruned at(const PlanPtr& plan, const Union& node, const Needed& needed) {
    Schema schema;
    std::vector<std::size_t> place(needed.size(), kGone);
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (!needed[i]) continue;
      place[i] = schema.size();
      schema.push_back(plan->schema[i]);
    }
    Union node_union;
    for (const PlanPtr& leg : node.inputs) {
      const Pruned pruned = prune(leg, needed);
      Project project;
      bool same = pruned.plan->schema.size() == schema.size();
      for (std::size_t i = 0; i < needed.size(); ++i) {
        if (!needed[i]) continue;
        same = same && pruned.place[i] == project.columns.size();
        project.columns.push_back(column_ref(pruned.plan->schema, pruned.place[i], plan->span));
      }
      project.input = pruned.plan;
      node_union.inputs.push_back(same ? pruned.plan : make(plan, schema, std::move(project)));
    }
    return {make(plan, std::move(schema), std::move(node_union)), std::move(place)};
  }

  Pruned at(const PlanPtr& plan, const MvExpand& node, const Needed& needed) {
    Needed below(node.input->schema.size(), false);
    for (const ExpandItem& item : node.items) need(item.value, below);
    for (std::size_t i = 0; i < needed.size(); ++i) {
      const ExpandColumn& column = node.output[i];
      if (needed[i] && column.source == ExpandColumn::Source::input) below[column.index] = true;
    }
    const Pruned input = prune(node.input, below);
    MvExpand expand = node;
    for (ExpandItem& item : expand.items) item.value = placed(item.value, input);
    expand.output.clear();
    Schema schema;
    std::vector<std::size_t> place(needed.size(), kGone);
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (!needed[i]) continue;
      ExpandColumn column = node.output[i];
      if (column.source == ExpandColumn::Source::input) column.index = input.place[column.index];
      place[i] = schema.size();
      schema.push_back(plan->schema[i]);
      expand.output.push_back(column);
    }
    expand.input = input.plan;
    return {make(plan, std::move(schema), std::move(expand)), std::move(place)};
  }

  Pruned at(const PlanPtr& plan, const Parse& node, const Needed& needed) {
    Needed below(node.input->schema.size(), false);
    need(node.text, below);
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (needed[i] && node.passthrough[i]) below[*node.passthrough[i]] = true;
    }
    const Pruned input = prune(node.input, below);
    Parse parse = node;
    parse.text = placed(node.text, input);
    parse.passthrough.clear();
    Schema schema;
    std::vector<std::size_t> place(needed.size(), kGone);
    for (std::size_t i = 0; i < needed.size(); ++i) {
      // Columns of the pattern stay: they take part in the match.
      if (!needed[i] && node.passthrough[i]) continue;
      place[i] = schema.size();
      schema.push_back(plan->schema[i]);
      parse.passthrough.push_back(
          node.passthrough[i] ? std::optional(input.place[*node.passthrough[i]]) : std::nullopt);
    }
    for (ParsePiece& piece : parse.pieces) {
      if (piece.kind == ParsePiece::Kind::column) piece.output = place[piece.output];
    }
    parse.input = input.plan;
    return {make(plan, std::move(schema), std::move(parse)), std::move(place)};
  }

  Pruned at(const PlanPtr& plan, const MakeSeries& node, const Needed&) {
    Needed below(node.input->schema.size(), false);
    for (const ExprPtr& key : node.keys) need(key, below);
    for (const SeriesAggregate& series : node.series) {
      for (const ExprPtr& arg : series.call.args) need(arg, below);
      need(series.call.predicate, below);
    }
    need(node.axis, below);
    const Pruned input = prune(node.input, below);
    MakeSeries series = node;
    for (ExprPtr& key : series.keys) key = placed(key, input);
    for (SeriesAggregate& one : series.series) {
      for (ExprPtr& arg : one.call.args) arg = placed(arg, input);
      one.call.predicate = placed(one.call.predicate, input);
    }
    series.axis = placed(node.axis, input);
    for (ExprPtr* bound : {&series.from, &series.to, &series.step}) {
      if (*bound != nullptr) *bound = inside(*bound);
    }
    series.input = input.plan;
    return {make(plan, plan->schema, std::move(series)), identity(plan->schema.size())};
  }

  Pruned at(const PlanPtr& plan, const Materialize& node, const Needed& needed) {
    Needed& used = used_.try_emplace(plan.get(), needed.size(), false).first->second;
    if (collecting_) {
      bool more = false;
      for (std::size_t i = 0; i < needed.size(); ++i) {
        more = more || (needed[i] && !used[i]);
        if (needed[i]) used[i] = true;
      }
      if (more) static_cast<void>(prune(node.input, used));
      return {plan, identity(needed.size())};
    }
    if (const auto it = shared_.find(plan.get()); it != shared_.end()) return it->second;
    Pruned input = prune(node.input, used);
    Schema schema = input.plan->schema;
    Pruned result{make(plan, std::move(schema), Materialize{std::move(input.plan), node.name}),
                  std::move(input.place)};
    shared_.emplace(plan.get(), result);
    return result;
  }

  bool collecting_ = true;
  std::map<const Plan*, Needed> used_;  // by shared part of the given plan
  std::map<const Plan*, Pruned> shared_;
};

}  // namespace

PlanPtr prune_columns(const PlanPtr& plan) {
  return Pruner().run(plan);
}

}  // namespace harrier::kql
