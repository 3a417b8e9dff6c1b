#include "kql/bound.hpp"

#include <map>

namespace harrier::kql {
namespace {

class Dumper {
 public:
  [[nodiscard]] std::string take() { return std::move(out_); }

  void plan(const PlanPtr& plan, int depth) {
    if (plan == nullptr) return;
    indent(depth);
    const bool shared = std::holds_alternative<Materialize>(plan->node);
    if (shared) {
      const auto [it, fresh] = shared_.emplace(plan.get(), shared_.size() + 1);
      out_ += "materialize #" + std::to_string(it->second) + "\n";
      if (fresh) this->plan(std::get<Materialize>(plan->node).input, depth + 1);
      return;
    }
    std::visit([&](const auto& node) { this->node(*plan, node, depth); }, plan->node);
    while (!pending_.empty()) {
      const PlanPtr sub = pending_.front();
      pending_.erase(pending_.begin());
      indent(depth + 1);
      out_ += "subquery\n";
      this->plan(sub, depth + 2);
    }
    for (const PlanPtr& input : inputs_of(plan->node)) this->plan(input, depth + 1);
  }

  std::string expr(const ExprPtr& expr, const Schema& input) {
    if (expr == nullptr) return "-";
    return std::visit([&](const auto& node) { return text(node, input); }, expr->node);
  }

 private:
  void indent(int depth) { out_.append(static_cast<std::size_t>(depth) * 2, ' '); }

  void line(const std::string& text) { out_ += text + "\n"; }

  // ---- expressions ----

  std::string text(const Constant& node, const Schema&) { return to_literal(node.value); }

  std::string text(const ColumnRef& node, const Schema& input) {
    return node.index < input.size() ? input[node.index].name : "#" + std::to_string(node.index);
  }

  std::string text(const ScanState& node, const Schema&) {
    return "step" + std::to_string(node.step) + ".#" + std::to_string(node.column);
  }

  std::string text(const ScalarSubquery& node, const Schema&) {
    pending_.push_back(node.plan);
    return "toscalar(subquery)";
  }

  std::string text(const DynamicPath& node, const Schema& input) {
    std::string path = expr(node.base, input);
    for (const PathStep& step : node.steps) {
      if (const auto* key = std::get_if<std::string>(&step.key)) {
        path += "[" + to_literal(Value::of_string(*key)) + "]";
      } else if (const auto* at = std::get_if<std::int64_t>(&step.key)) {
        path += "[" + std::to_string(*at) + "]";
      } else {
        path += "[" + expr(std::get<ExprPtr>(step.key), input) + "]";
      }
    }
    return path;
  }

  std::string text(const Call& node, const Schema& input) {
    const std::string name(node.function->name);
    const bool infix = node.function->kind == FunctionKind::operator_ && node.args.size() >= 2 &&
                       name.find("between") == std::string::npos;
    std::string list;
    for (const ExprPtr& arg : node.args) {
      if (!list.empty()) list += infix ? " " + name + " " : ", ";
      list += expr(arg, input);
    }
    return infix ? "(" + list + ")" : name + "(" + list + ")";
  }

  std::string text(const ListTest& node, const Schema& input) {
    std::string op = node.negated ? "!" : "";
    switch (node.op) {
      case ListOp::in:
        op += "in";
        break;
      case ListOp::in_ci:
        op += "in~";
        break;
      case ListOp::has_any:
        op += "has_any";
        break;
      case ListOp::has_all:
        op += "has_all";
        break;
    }
    std::string list;
    for (const ExprPtr& item : node.items) list += (list.empty() ? "" : ", ") + expr(item, input);
    for (const PlanPtr& table : node.tables) {
      list += list.empty() ? "subquery" : ", subquery";
      pending_.push_back(table);
    }
    return "(" + expr(node.value, input) + " " + op + " (" + list + "))";
  }

  std::string exprs(const std::vector<ExprPtr>& list, const Schema& input) {
    std::string text;
    for (const ExprPtr& one : list) text += (text.empty() ? "" : ", ") + expr(one, input);
    return text;
  }

  std::string aggregate(const AggregateCall& call, const Schema& input) {
    std::string args = exprs(call.args, input);
    for (const Value& option : call.options) {
      args += (args.empty() ? "" : ", ") + to_literal(option);
    }
    std::string text = std::string(call.function->name) + "(" + args + ")";
    if (call.predicate != nullptr) text += " if " + expr(call.predicate, input);
    return text;
  }

  std::string aggregates(const std::vector<AggregateCall>& calls, const Schema& input) {
    std::string text;
    for (const AggregateCall& call : calls) {
      text += (text.empty() ? "" : ", ") + aggregate(call, input);
    }
    return text;
  }

  // ---- operators ----

  static std::vector<PlanPtr> inputs_of(const PlanNode& node) {
    return std::visit(
        [](const auto& n) -> std::vector<PlanPtr> {
          using Node = std::decay_t<decltype(n)>;
          if constexpr (std::is_same_v<Node, Join>) {
            return {n.left, n.right};
          } else if constexpr (std::is_same_v<Node, Union>) {
            return n.inputs;
          } else if constexpr (std::is_same_v<Node, MvApply> || std::is_same_v<Node, Partition>) {
            return {n.sub, n.input};
          } else if constexpr (std::is_same_v<Node, Plugin>) {
            std::vector<PlanPtr> list{n.input};
            list.insert(list.end(), n.tables.begin(), n.tables.end());
            return list;
          } else if constexpr (std::is_same_v<Node, MakeGraph>) {
            std::vector<PlanPtr> list{n.edges};
            for (const MakeGraph::Nodes& nodes : n.nodes) list.push_back(nodes.rows);
            return list;
          } else if constexpr (requires { n.graph; }) {
            return {n.graph};
          } else if constexpr (requires { n.input; }) {
            return {n.input};
          } else {
            return {};
          }
        },
        node);
  }

  static std::string op_text(ScanOp op) {
    switch (op) {
      case ScanOp::eq:
        return "==";
      case ScanOp::ne:
        return "!=";
      case ScanOp::lt:
        return "<";
      case ScanOp::le:
        return "<=";
      case ScanOp::gt:
        return ">";
      case ScanOp::ge:
        return ">=";
      case ScanOp::in:
        return "in";
      case ScanOp::not_null:
        return "not null";
    }
    return {};
  }

  void node(const Plan&, const TableScan& scan, int) {
    std::string text = "scan " + scan.table->name + (scan.latest ? "_latest" : "") + " [";
    for (std::size_t i = 0; i < scan.columns.size(); ++i) {
      text += (i == 0 ? "" : ", ") + scan.columns[i];
    }
    text += scan.flagged ? "] where _Flagged" : "]";
    for (std::size_t i = 0; i < scan.predicates.size(); ++i) {
      const ScanPredicate& predicate = scan.predicates[i];
      text += (i == 0 && !scan.flagged ? " where " : " and ") + predicate.column + " " +
              op_text(predicate.op);
      std::string values;
      for (const Value& value : predicate.values) {
        values += (values.empty() ? "" : ", ") + to_literal(value);
      }
      if (predicate.op == ScanOp::in) values = "(" + values + ")";
      if (!values.empty()) text += " " + values;
    }
    if (scan.limit) text += " limit " + std::to_string(*scan.limit);
    line(text);
  }

  void node(const Plan& plan, const Values& values, int) {
    line("values " + std::to_string(values.rows.size()) + " x " +
         std::to_string(plan.schema.size()) +
         (values.rows.size() == 1 ? ": " + exprs(values.rows.front(), {}) : ""));
  }

  void node(const Plan& plan, const RangeRows& range, int) {
    line("range " + plan.schema.front().name + " from " + expr(range.from, {}) + " to " +
         expr(range.to, {}) + " step " + expr(range.step, {}));
  }

  void node(const Plan&, const ExternalData& data, int) {
    line("externaldata " + std::to_string(data.urls.size()) + " addresses");
  }

  void node(const Plan&, const SubInput&, int) { line("rows of the outer operator"); }

  void node(const Plan&, const Filter& filter, int) {
    line("filter " + expr(filter.predicate, filter.input->schema));
  }

  void node(const Plan& plan, const Project& project, int) {
    std::string text;
    for (std::size_t i = 0; i < project.columns.size(); ++i) {
      const std::string value = expr(project.columns[i], project.input->schema);
      const std::string& name = plan.schema[i].name;
      text += (i == 0 ? " " : ", ") + (value == name ? name : name + " = " + value);
    }
    line("project" + text);
  }

  void node(const Plan&, const Aggregate& node, int) {
    std::string text = "aggregate";
    if (!node.aggregates.empty()) text += " " + aggregates(node.aggregates, node.input->schema);
    if (!node.keys.empty()) text += " by " + exprs(node.keys, node.input->schema);
    line(text);
  }

  void node(const Plan&, const Distinct&, int) { line("distinct"); }

  void node(const Plan&, const Sort& sort, int) {
    std::string text = sort.limit == nullptr ? "sort" : "top " + expr(sort.limit, {});
    for (std::size_t i = 0; i < sort.keys.size(); ++i) {
      const SortKey& key = sort.keys[i];
      text +=
          (i == 0 ? " by " : ", ") + expr(key.expr, sort.input->schema) +
          (key.descending ? " desc" : " asc") +
          (key.nulls_first == key.descending ? (key.nulls_first ? " nulls first" : " nulls last")
                                             : "");
    }
    line(text);
  }

  void node(const Plan&, const Take& take, int) { line("take " + expr(take.count, {})); }

  void node(const Plan&, const Sample& sample, int) {
    line(std::string(sample.distinct ? "sample-distinct " : "sample ") + expr(sample.count, {}));
  }

  void node(const Plan&, const Materialize&, int) {}

  void node(const Plan&, const Join& join, int) {
    static constexpr std::string_view kNames[] = {"inner",      "innerunique", "leftouter",
                                                  "rightouter", "fullouter",   "leftsemi",
                                                  "rightsemi",  "leftanti",    "rightanti"};
    std::string text = "join " + std::string(kNames[static_cast<std::size_t>(join.kind)]) + " on ";
    for (std::size_t i = 0; i < join.keys.size(); ++i) {
      text += (i == 0 ? "" : ", ") + expr(join.keys[i].first, join.left->schema) +
              " == " + expr(join.keys[i].second, join.right->schema);
    }
    line(text);
  }

  void node(const Plan&, const Union& node, int) {
    line("union of " + std::to_string(node.inputs.size()));
  }

  void node(const Plan&, const MvExpand& node, int) { line("mv-expand" + items(node)); }

  void node(const Plan&, const MvApply& node, int) { line("mv-apply" + items(node)); }

  template <class Node>
  std::string items(const Node& node) {
    std::string text;
    for (const ExpandItem& item : node.items) {
      text += (text.empty() ? " " : ", ") + expr(item.value, node.input->schema);
      if (item.type != ScalarType::dynamic) {
        text += " to " + std::string(model::to_string(item.type));
      }
    }
    if (node.limit != nullptr) text += " limit " + expr(node.limit, {});
    return text;
  }

  void node(const Plan& plan, const Parse& node, int) {
    std::string text =
        (node.where ? "parse-where " : "parse ") + expr(node.text, node.input->schema) + " with";
    for (const ParsePiece& piece : node.pieces) {
      if (piece.kind == ParsePiece::Kind::skip) text += " *";
      if (piece.kind == ParsePiece::Kind::text)
        text += " " + to_literal(Value::of_string(piece.text));
      if (piece.kind == ParsePiece::Kind::column) {
        text +=
            " " + plan.schema[piece.output].name + ":" + std::string(model::to_string(piece.type));
      }
    }
    line(text);
  }

  void node(const Plan&, const ParseKv& node, int) {
    line("parse-kv " + expr(node.text, node.input->schema));
  }

  void node(const Plan&, const MakeSeries& node, int) {
    const Schema& input = node.input->schema;
    std::string text = "make-series";
    for (const SeriesAggregate& series : node.series) {
      text += " " + aggregate(series.call, input) + " default " + expr(series.default_value, {});
    }
    text += " on " + expr(node.axis, input) + " from " + expr(node.from, {}) + " to " +
            expr(node.to, {}) + " step " + expr(node.step, {});
    if (!node.keys.empty()) text += " by " + exprs(node.keys, input);
    line(text);
  }

  void node(const Plan&, const TopNested& node, int) {
    std::string text;
    for (const TopNestedLevel& level : node.levels) {
      text += (text.empty() ? "top-nested " : ", ") + expr(level.count, {}) + " of " +
              expr(level.key, node.input->schema) + " by " +
              aggregates(level.aggregates, node.input->schema);
    }
    line(text);
  }

  void node(const Plan&, const Partition& node, int) {
    line("partition by " + expr(node.key, node.input->schema));
  }

  void node(const Plan&, const Scan& node, int) {
    line("scan of " + std::to_string(node.steps.size()) + " steps");
  }

  void node(const Plan&, const MakeGraph& node, int) {
    const Schema& edges = node.edges->schema;
    line("make-graph " + edges[node.source].name + " --> " + edges[node.target].name);
  }

  void node(const Plan&, const GraphComponents& node, int) {
    line(node.strong ? "graph-mark-components kind=strong" : "graph-mark-components");
  }

  void node(const Plan&, const GraphTable& node, int) {
    line(node.edges ? "graph-to-table edges" : "graph-to-table nodes");
  }

  void node(const Plan&, const GraphMatch& node, int) {
    line((node.shortest ? "graph-shortest-paths of " : "graph-match of ") +
         std::to_string(node.nodes) + " nodes and " + std::to_string(node.edges.size()) + " edges");
  }

  void node(const Plan&, const Plugin& node, int) {
    std::string text = "plugin " + node.name + "(" + exprs(node.args, node.input->schema) + ")";
    if (!node.aggregates.empty()) {
      text += " of " + aggregates(node.aggregates, node.input->schema);
    }
    line(text);
  }

  std::string out_;
  std::map<const Plan*, std::size_t> shared_;
  std::vector<PlanPtr> pending_;
};

}  // namespace

std::string dump(const PlanPtr& plan) {
  Dumper dumper;
  dumper.plan(plan, 0);
  return dumper.take();
}

std::string dump(const ExprPtr& expr, const Schema& input) {
  return Dumper().expr(expr, input);
}

std::string dump(const BoundQuery& query) {
  std::string text = dump(query.root);
  if (query.render) text += "render " + query.render->kind + "\n";
  for (const std::string& warning : query.warnings) text += "warning: " + warning + "\n";
  return text;
}

}  // namespace harrier::kql
