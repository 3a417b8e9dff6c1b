#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"
#include "kql/traverse.hpp"

#include <algorithm>

namespace harrier::kql {

using enum ScalarType;

namespace {

/// Edges of one match: the search goes as deep.
constexpr std::int64_t kMaxPath = 256;
constexpr std::size_t kMaxPattern = 64;

std::string option_text(const ast::Option& option) {
  const auto* name = std::get_if<ast::Name>(&option.value->node);
  return name == nullptr ? std::string() : name->text;
}

Schema part_of(const Plan& graph, bool edges) {
  const auto middle = graph.schema.begin() + static_cast<std::ptrdiff_t>(node_columns_of(graph));
  return edges ? Schema(middle, graph.schema.end()) : Schema(graph.schema.begin(), middle);
}

}  // namespace

bool is_graph(const Plan& plan) noexcept {
  return std::holds_alternative<MakeGraph>(plan.node) ||
         std::holds_alternative<GraphComponents>(plan.node);
}

std::size_t node_columns_of(const Plan& graph) noexcept {
  if (const auto* made = std::get_if<MakeGraph>(&graph.node)) return made->node_columns;
  const auto* marked = std::get_if<GraphComponents>(&graph.node);
  return marked == nullptr ? 0 : marked->node_columns;
}

const GraphScope::Variable* GraphScope::find(std::string_view name) const noexcept {
  for (const Variable& variable : variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

Result<std::size_t> Binder::named_column(const ast::Word& name, const Schema& schema) const {
  const auto column = find_column(schema, name.text);
  if (!column) return fail(name.span, "unknown column `" + name.text + "`");
  return *column;
}

Result<PlanPtr> Binder::bind_make_graph(PlanPtr edges, const ast::MakeGraph& node, Span span) {
  MakeGraph graph;
  graph.edges = drop_hidden(std::move(edges));
  const Schema& columns = graph.edges->schema;
  HARRIER_TRY(graph.source, named_column(node.source, columns));
  HARRIER_TRY(graph.target, named_column(node.target, columns));
  const ScalarType type = columns[graph.source].type;
  if (columns[graph.target].type != type) {
    return fail(node.target.span, "both ends of an edge need one type: convert one of the columns");
  }
  Schema schema;
  if (node.node_id) {
    schema.emplace_back(node.node_id->text, type);
    graph.id = 0;
  }
  for (const ast::MakeGraph::Nodes& one : node.nodes) {
    MakeGraph::Nodes nodes;
    HARRIER_TRY(nodes.rows, bind_table(*one.rows));
    nodes.rows = drop_hidden(std::move(nodes.rows));
    HARRIER_TRY(nodes.id, named_column(one.id, nodes.rows->schema));
    if (nodes.rows->schema[nodes.id].type != type) {
      return fail(one.id.span, "the nodes' column needs the type of the edges' columns");
    }
    for (const OutColumn& column : nodes.rows->schema) {
      auto at = find_column(schema, column.name);
      if (at && schema[*at].type != column.type) {
        return fail(one.id.span,
                    "the tables of nodes have the column `" + column.name + "` in different types");
      }
      if (!at) {
        at = schema.size();
        schema.push_back(column);
      }
      nodes.columns.push_back(*at);
    }
    const std::size_t id = nodes.columns[nodes.id];
    if (graph.id && *graph.id != id) {
      return fail(one.id.span, "all tables of nodes need one name for their id column");
    }
    graph.id = id;
    graph.nodes.push_back(std::move(nodes));
  }
  graph.node_columns = schema.size();
  schema.insert(schema.end(), columns.begin(), columns.end());
  return make_plan(std::move(schema), span, std::move(graph));
}

Result<PlanPtr> Binder::bind_components(PlanPtr graph, const ast::MarkComponents& node, Span span) {
  GraphComponents components;
  std::string name = "ComponentId";
  for (const ast::Option& option : node.options) {
    const std::string text = option_text(option);
    if (option.name.text == "with_component_id") {
      name = text;
    } else if (option.name.text == "kind") {
      if (text != "weak" && text != "strong") {
        return fail(option.value->span, "`kind` is weak or strong");
      }
      components.strong = text == "strong";
    }
  }
  Schema schema = part_of(*graph, false);
  if (name.empty() || find_column(schema, name)) {
    return fail(span, "the nodes have a column `" + name +
                          "` already: `with_component_id` names "
                          "another");
  }
  schema.emplace_back(name, long_);
  components.node_columns = schema.size();
  const Schema edges = part_of(*graph, true);
  schema.insert(schema.end(), edges.begin(), edges.end());
  components.graph = std::move(graph);
  return make_plan(std::move(schema), span, std::move(components));
}

Result<PlanPtr> Binder::bind_graph_table(PlanPtr graph, const ast::GraphTable& node, Span span) {
  using End = GraphTable::End;
  Schema schema;
  GraphTable table_node;
  table_node.edges = node.edges;
  for (const ast::Option& option : node.options) {
    const std::string name = option_text(option);
    if (name.empty()) return fail(option.value->span, "expected a name");
    schema.emplace_back(name, long_);
    table_node.ids.push_back(!node.edges                            ? End::node
                             : option.name.text == "with_source_id" ? End::source
                                                                    : End::target);
  }
  const Schema elements = part_of(*graph, node.edges);
  for (const OutColumn& column : elements) {
    if (find_column(schema, column.name)) {
      return fail(span, "there is a column `" + column.name + "` already");
    }
    schema.push_back(column);
  }
  if (schema.empty()) {
    return fail(span, "the nodes have no columns: name their id by `with_node_id`");
  }
  table_node.graph = std::move(graph);
  PlanPtr table = make_plan(schema, span, std::move(table_node));
  if (!node.name) return table;
  Binding binding;
  binding.table = make_plan(std::move(schema), span, Materialize{table, node.name->text});
  table = binding.table;
  HARRIER_TRYV(declare(*node.name, std::move(binding)));
  return table;
}

Result<> Binder::match_options(const ast::MatchGraph& node, GraphMatch& match, Span span) const {
  match.shortest = node.shortest;
  for (const ast::Option& option : node.options) {
    const std::string text = option_text(option);
    if (option.name.text == "output") {
      if (!node.shortest || (text != "any" && text != "all")) {
        return fail(option.value->span, "`output` of graph-shortest-paths is any or all");
      }
      match.every = text == "all";
    } else if (option.name.text == "cycles") {
      if (text == "all") {
        match.cycles = GraphMatch::Cycles::all;
      } else if (text == "none") {
        match.cycles = GraphMatch::Cycles::none;
      } else if (text != "unique_edges") {
        return fail(option.value->span, "`cycles` is all, none or unique_edges");
      }
    }
  }
  if (!node.shortest) return {};
  const bool one_path = match.edges.size() == 1 && node.sequences.size() == 1 &&
                        match.edges[0].variable && match.nodes == 2;
  if (!one_path) {
    return fail(span, "graph-shortest-paths takes one path of variable length: (a)-[e*1..5]->(b)");
  }
  return {};
}

/// Numbers the nodes and edges of the pattern and gives the named ones columns in the match's row.
Result<> Binder::pattern_of(const ast::MatchGraph& node, GraphScope& scope,
                            GraphMatch& match) const {
  using Kind = GraphScope::Kind;
  const auto columns = [&](GraphScope::Variable variable, const Schema& schema) {
    variable.first = match.columns.size();
    if (variable.kind != Kind::path) {
      for (std::size_t c = 0; c < schema.size(); ++c) {
        match.columns.push_back({variable.kind == Kind::edge, variable.element, c});
      }
    }
    scope.variables.push_back(std::move(variable));
  };
  std::int64_t longest = 0;
  std::vector<std::size_t> component;
  const auto node_at = [&](const ast::PatternNode& pattern) -> Result<std::size_t> {
    if (pattern.name) {
      if (const GraphScope::Variable* known = scope.find(pattern.name->text)) {
        if (known->kind != Kind::node) {
          return fail(pattern.name->span, "`" + known->name + "` is the name of an edge");
        }
        return known->element;
      }
      columns({pattern.name->text, Kind::node, match.nodes, 0}, *scope.nodes);
    }
    component.push_back(match.nodes);
    if (match.nodes > kMaxPattern) {
      return error_at(text_, node.project.front()->span, "the pattern has too many nodes",
                      Errc::limit);
    }
    return match.nodes++;
  };
  const auto connect = [&](std::size_t a, std::size_t b) {
    const std::size_t from = component[b];
    const std::size_t to = component[a];
    for (std::size_t& one : component) one = one == from ? to : one;
  };
  for (const ast::PatternSequence& sequence : node.sequences) {
    HARRIER_TRY(std::size_t left, node_at(sequence.nodes[0]));
    for (std::size_t i = 0; i < sequence.edges.size(); ++i) {
      const ast::PatternEdge& edge = sequence.edges[i];
      HARRIER_TRY(const std::size_t right, node_at(sequence.nodes[i + 1]));
      if (edge.min < 0 || edge.max < edge.min || edge.max > kMaxPath) {
        return fail(edge.span, "a path has 0 to " + std::to_string(kMaxPath) + " edges");
      }
      longest += edge.max;
      if (edge.name) {
        if (scope.find(edge.name->text) != nullptr) {
          return fail(edge.name->span, "the name `" + edge.name->text + "` is used already");
        }
        columns({edge.name->text, edge.variable ? Kind::path : Kind::edge, match.edges.size(), 0},
                *scope.edges);
      }
      connect(left, right);
      match.edges.push_back(
          {left, right, edge.backward, edge.undirected, edge.variable, edge.min, edge.max});
      left = right;
      if (match.edges.size() > kMaxPattern || longest > kMaxPath) {
        return error_at(text_, edge.span, "the pattern has too many edges", Errc::limit);
      }
    }
  }
  const bool whole = std::all_of(component.begin(), component.end(),
                                 [&](std::size_t one) { return one == component.front(); });
  if (!whole) {
    return fail(node.project.front()->span,
                "the parts of the pattern are not connected: let them share a node's name");
  }
  return {};
}

Result<PlanPtr> Binder::bind_match(PlanPtr graph, const ast::MatchGraph& node, Span span) {
  GraphMatch match;
  const Schema nodes = part_of(*graph, false);
  const Schema edges = part_of(*graph, true);
  GraphScope variables;
  variables.nodes = &nodes;
  variables.edges = &edges;
  variables.values = &match.values;
  if (node.project.empty()) return fail(span, "`project` needs a column");
  HARRIER_TRYV(pattern_of(node, variables, match));
  HARRIER_TRYV(match_options(node, match, span));
  variables.columns = match.columns.size();
  const Schema none;
  Scope scope = row_scope(none);
  scope.graph = &variables;
  if (node.where != nullptr) {
    HARRIER_TRY(match.where, bind_condition(*node.where, scope));
  }
  Names names;
  for (const ast::ExprPtr& item : node.project) {
    HARRIER_TRY(Names some, bind_named(*item, scope));
    for (NamedExpr& one : some) names.push_back(std::move(one));
  }
  HARRIER_TRY(Schema schema, settle_names(names));
  for (NamedExpr& one : names) {
    if (depends_on_place(one.expr)) {
      return fail(one.span, "this function cannot stand in the `project` of a pattern");
    }
    match.project.push_back(std::move(one.expr));
  }
  match.graph = std::move(graph);
  return make_plan(std::move(schema), span, std::move(match));
}

/// A value of the elements of a path; it gets its place behind the match's row.
Result<ExprPtr> Binder::bind_elements(MatchValue value, const ast::Expr* body, Span span,
                                      const Scope& scope) {
  using Kind = MatchValue::Kind;
  const GraphScope& graph = *scope.graph;
  if (graph.shift) return fail(span, "all(), any() and map() cannot stand in one another");
  ScalarType type = long_;
  if (body != nullptr) {
    const Schema& elements = value.inner_nodes ? *graph.nodes : *graph.edges;
    GraphScope inner = graph;
    inner.shift = elements.size();
    Scope element = row_scope(elements);
    element.graph = &inner;
    type = value.kind == Kind::map ? dynamic : boolean;
    if (value.kind == Kind::map) {
      HARRIER_TRY(value.value, bind_scalar(*body, element));
    } else {
      HARRIER_TRY(value.value, bind_condition(*body, element));
    }
    if (depends_on_place(value.value)) {
      return fail(span, "this function cannot stand in all(), any() and map()");
    }
  }
  graph.values->push_back(std::move(value));
  return make_expr(type, span, ColumnRef{graph.columns + graph.values->size() - 1});
}

/// `variable.property`; nothing where the base is no variable of the pattern.
Result<std::optional<ExprPtr>> Binder::bind_property(const ast::Member& member, Span span,
                                                     const Scope& scope) {
  const auto* base = std::get_if<ast::Name>(&member.base->node);
  if (scope.graph == nullptr || base == nullptr) return std::optional<ExprPtr>();
  const GraphScope::Variable* variable = scope.graph->find(base->text);
  if (variable == nullptr) return std::optional<ExprPtr>();
  const bool node = variable->kind == GraphScope::Kind::node;
  const Schema& schema = node ? *scope.graph->nodes : *scope.graph->edges;
  HARRIER_TRY(const std::size_t column, named_column({member.name, span}, schema));
  if (variable->kind != GraphScope::Kind::path) {
    const std::size_t at = scope.graph->shift.value_or(0) + variable->first + column;
    return std::optional(make_expr(schema[column].type, span, ColumnRef{at}));
  }
  MatchValue value;
  value.element = variable->element;
  const ast::Expr body{span, ast::Name{member.name}};
  HARRIER_TRY(ExprPtr path, bind_elements(std::move(value), &body, span, scope));
  return std::optional(std::move(path));
}

/// all(), any(), map() over a path and the degrees of a node; nothing for other functions.
Result<std::optional<ExprPtr>> Binder::bind_graph_call(const ast::Call& call, Span span,
                                                       const Scope& scope) {
  using Kind = MatchValue::Kind;
  const std::string& name = call.name.text;
  if (scope.graph == nullptr) return std::optional<ExprPtr>();
  const bool degree = name == "node_degree_in" || name == "node_degree_out";
  if (!degree && name != "all" && name != "any" && name != "map") {
    if (name == "labels" || name == "node_id" || name == "inner_nodes") {
      return fail(call.name.span, name == "inner_nodes"
                                      ? "inner_nodes() stands in all(), any() and map()"
                                      : "the function `" + name + "` is not supported");
    }
    return std::optional<ExprPtr>();
  }
  HARRIER_TRYV(check_arity(call, span, degree ? 1 : 2, degree ? 1 : 2));
  const ast::Expr* elements = call.args[0].get();
  MatchValue value;
  value.kind = name == "all"              ? Kind::all
               : name == "any"            ? Kind::any
               : name == "map"            ? Kind::map
               : name == "node_degree_in" ? Kind::degree_in
                                          : Kind::degree_out;
  if (const auto* inner = std::get_if<ast::Call>(&elements->node);
      inner != nullptr && !degree && inner->name.text == "inner_nodes") {
    HARRIER_TRYV(check_arity(*inner, elements->span, 1, 1));
    value.inner_nodes = true;
    elements = inner->args[0].get();
  }
  const auto* word = std::get_if<ast::Name>(&elements->node);
  const GraphScope::Variable* variable = word == nullptr ? nullptr : scope.graph->find(word->text);
  if (variable == nullptr || (variable->kind == GraphScope::Kind::node) != degree) {
    return fail(elements->span,
                degree ? "expected a node of the pattern" : "expected an edge of the pattern");
  }
  value.element = variable->element;
  const ast::Expr* body = degree ? nullptr : call.args[1].get();
  HARRIER_TRY(ExprPtr result, bind_elements(std::move(value), body, span, scope));
  return std::optional(std::move(result));
}

}  // namespace harrier::kql
