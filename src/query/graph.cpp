#include "query/graph.hpp"

#include <algorithm>
#include <numeric>

namespace harrier::query {

namespace {

/// Rows of one table of nodes, and which of them each node is (kNoRow: none).
struct NodeRows {
  TablePtr table;
  std::vector<std::uint32_t> row_of;
};

/// Numbers the cells of a column, in order.
void number_nodes(GroupTable& ids, const VectorPtr& column, std::size_t rows,
                  std::vector<std::uint32_t>& numbers) {
  numbers.resize(rows);
  if (rows > 0) ids.insert({column}, rows, numbers);
}

Chunk node_columns(const kql::Plan& plan, const kql::MakeGraph& node, const GroupTable& ids,
                   const std::vector<NodeRows>& tables) {
  Chunk out;
  out.rows = ids.groups();
  for (std::size_t column = 0; column < node.node_columns; ++column) {
    VectorBuilder builder(plan.schema[column].type, out.rows);
    for (std::uint32_t n = 0; n < out.rows; ++n) {
      if (node.id == column) {
        builder.push(ids.keys().at(0, n));
        continue;
      }
      bool found = false;
      for (std::size_t t = 0; t < tables.size() && !found; ++t) {
        const auto& columns = node.nodes[t].columns;
        const auto at = std::find(columns.begin(), columns.end(), column);
        const std::uint32_t row = n < tables[t].row_of.size() ? tables[t].row_of[n] : kNoRow;
        if (at == columns.end() || row == kNoRow) continue;
        builder.push(tables[t].table->at(static_cast<std::size_t>(at - columns.begin()), row));
        found = true;
      }
      if (!found) builder.push_null();
    }
    out.columns.push_back(builder.finish());
  }
  return out;
}

Result<GraphPtr> make_graph(const kql::Plan& plan, const kql::MakeGraph& node,
                            Execution& execution) {
  auto graph = std::make_shared<Graph>(execution.context().memory());
  HARRIER_TRY(const TablePtr edges, execution.run(node.edges));
  GroupTable ids({node.edges->schema[node.source].type});
  std::vector<NodeRows> tables;
  std::vector<std::uint32_t> numbers;
  std::uint64_t bytes = edges->bytes();
  for (const kql::MakeGraph::Nodes& nodes : node.nodes) {
    NodeRows rows;
    HARRIER_TRY(rows.table, execution.run(nodes.rows));
    const Chunk all = rows.table->all();
    number_nodes(ids, all.columns[nodes.id], all.rows, numbers);
    rows.row_of.assign(ids.groups(), kNoRow);
    for (std::uint32_t row = 0; row < all.rows; ++row) {
      std::uint32_t& first = rows.row_of[numbers[row]];
      first = std::min(first, row);
    }
    bytes += rows.table->bytes();
    tables.push_back(std::move(rows));
    HARRIER_TRYV(execution.context().check());
  }
  graph->edges = edges->all();
  const std::size_t count = graph->edges.rows;
  number_nodes(ids, graph->edges.columns[node.source], count, graph->from);
  number_nodes(ids, graph->edges.columns[node.target], count, graph->to);
  HARRIER_TRYV(graph->memory.set(bytes + ids.bytes() + count * 16 + ids.groups() * 64));
  graph->nodes = node_columns(plan, node, ids, tables);
  graph->ids = ids.keys().all().columns[0];
  graph->out = Incidence(graph->from, graph->nodes.rows);
  graph->in = Incidence(graph->to, graph->nodes.rows);
  return GraphPtr(std::move(graph));
}

/// The number of each node's component, whatever the direction of edges; the first node's is 0.
std::vector<std::uint32_t> weak_components(const Graph& graph) {
  std::vector<std::uint32_t> root(graph.nodes.rows);
  std::iota(root.begin(), root.end(), 0);
  const auto find = [&](std::uint32_t n) {
    while (root[n] != n) n = root[n] = root[root[n]];
    return n;
  };
  for (std::size_t e = 0; e < graph.from.size(); ++e) {
    root[find(graph.from[e])] = find(graph.to[e]);
  }
  std::vector<std::uint32_t> number(root.size(), kNoRow);
  std::vector<std::uint32_t> component(root.size());
  std::uint32_t numbers = 0;
  for (std::uint32_t n = 0; n < root.size(); ++n) {
    std::uint32_t& own = number[find(n)];
    if (own == kNoRow) own = numbers++;
    component[n] = own;
  }
  return component;
}

/// The same where each node of a component reaches each other one: two searches, the second
/// against the edges in the order in which the first was done with the nodes. Numbered from the
/// last found on: a component that others lead to comes before them.
std::vector<std::uint32_t> strong_components(const Graph& graph) {
  const auto nodes = static_cast<std::uint32_t>(graph.nodes.rows);
  std::vector<std::uint32_t> done;
  std::vector<std::uint8_t> seen(nodes, 0);
  std::vector<std::pair<std::uint32_t, std::size_t>> stack;
  for (std::uint32_t start = 0; start < nodes; ++start) {
    if (seen[start] != 0) continue;
    seen[start] = 1;
    stack.emplace_back(start, 0);
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      const auto edges = graph.out.at(node);
      if (next == edges.size()) {
        done.push_back(node);
        stack.pop_back();
        continue;
      }
      const std::uint32_t to = graph.to[edges[next++]];
      if (seen[to] != 0) continue;
      seen[to] = 1;
      stack.emplace_back(to, 0);
    }
  }
  std::vector<std::uint32_t> component(nodes, kNoRow);
  std::vector<std::uint32_t> open;
  std::uint32_t found = 0;
  for (auto start = done.rbegin(); start != done.rend(); ++start) {
    if (component[*start] != kNoRow) continue;
    component[*start] = found;
    open.push_back(*start);
    while (!open.empty()) {
      const std::uint32_t node = open.back();
      open.pop_back();
      for (const std::uint32_t edge : graph.in.at(node)) {
        const std::uint32_t from = graph.from[edge];
        if (component[from] != kNoRow) continue;
        component[from] = found;
        open.push_back(from);
      }
    }
    ++found;
  }
  for (std::uint32_t& one : component) one = found - 1 - one;
  return component;
}

Result<GraphPtr> mark_components(const kql::GraphComponents& node, Execution& execution) {
  HARRIER_TRY(const GraphPtr plain, build_graph(node.graph, execution));
  auto graph = std::make_shared<Graph>(execution.context().memory());
  HARRIER_TRYV(graph->memory.set(plain->nodes.rows * 16 + plain->from.size() * 16));
  const auto component = node.strong ? strong_components(*plain) : weak_components(*plain);
  VectorBuilder builder(ScalarType::long_, component.size());
  for (const std::uint32_t one : component) builder.push_int(one);
  graph->nodes = plain->nodes;
  graph->nodes.columns.push_back(builder.finish());
  graph->edges = plain->edges;
  graph->ids = plain->ids;
  graph->from = plain->from;
  graph->to = plain->to;
  graph->out = plain->out;
  graph->in = plain->in;
  return GraphPtr(std::move(graph));
}

}  // namespace

Incidence::Incidence(const std::vector<std::uint32_t>& ends, std::size_t nodes)
    : first_(nodes + 1, 0), edges_(ends.size()) {
  for (const std::uint32_t end : ends) ++first_[end + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::uint32_t edge = 0; edge < ends.size(); ++edge) edges_[next[ends[edge]]++] = edge;
}

Result<GraphPtr> build_graph(const kql::PlanPtr& plan, Execution& execution) {
  HARRIER_TRYV(execution.context().check());
  if (const auto* made = std::get_if<kql::MakeGraph>(&plan->node)) {
    return make_graph(*plan, *made, execution);
  }
  if (const auto* marked = std::get_if<kql::GraphComponents>(&plan->node)) {
    return mark_components(*marked, execution);
  }
  return unsupported("this operator needs a graph");
}

}  // namespace harrier::query
