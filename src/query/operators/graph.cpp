// graph-to-table, graph-match, graph-shortest-paths.
#include "query/graph.hpp"

#include "query/operators/graph_rows.hpp"
#include "query/operators/make.hpp"
#include "query/registry.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace harrier::query {

namespace {

using Path = MatchRows::Path;

/// Steps between two looks at the clock.
constexpr std::uint64_t kSteps = 4096;

/// The edges that lead on from a node along an edge of the pattern; without direction an edge from
/// a node to itself leads on twice.
template <class Visit>
Result<> each_step(const Graph& graph, const kql::PatternEdge& edge, bool rightwards,
                   std::uint32_t node, Visit visit) {
  const bool along = edge.backward != rightwards;
  if (along || edge.undirected) {
    for (const std::uint32_t one : graph.out.at(node)) HARRIER_TRYV(visit(one, graph.to[one]));
  }
  if (!along || edge.undirected) {
    for (const std::uint32_t one : graph.in.at(node)) HARRIER_TRYV(visit(one, graph.from[one]));
  }
  return {};
}

/// Every match of a pattern, by depth.
class Matcher {
 public:
  Matcher(const kql::GraphMatch& node, const Graph& graph, MatchRows& rows, QueryContext& context)
      : node_(node),
        graph_(graph),
        rows_(rows),
        context_(context),
        bound_(node.nodes, kNoRow),
        paths_(node.edges.size()),
        used_edges_(graph.from.size(), 0),
        used_nodes_(graph.nodes.rows, 0) {}

  Result<> run() {
    const std::size_t first = plan_order();
    for (std::uint32_t n = 0; n < graph_.nodes.rows; ++n) {
      if (!Allowed::has(rows_.allowed().nodes[first], n)) continue;
      bound_[first] = n;
      used_nodes_[n] = 1;
      HARRIER_TRYV(search(0));
      used_nodes_[n] = 0;
    }
    return {};
  }

 private:
  struct Step {
    std::size_t edge = 0;
    bool rightwards = true;  ///< from its left node, which is known by then
  };

  [[nodiscard]] std::size_t candidates(std::size_t node) const {
    const Allowed::Marks& marks = rows_.allowed().nodes[node];
    if (marks.empty()) return graph_.nodes.rows;
    return static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 1));
  }

  /// Begins with the node that has the fewest candidates; then edges at known nodes follow.
  std::size_t plan_order() {
    std::size_t first = 0;
    for (std::size_t n = 1; n < node_.nodes; ++n) {
      if (candidates(n) < candidates(first)) first = n;
    }
    std::vector<bool> known(node_.nodes, false);
    std::vector<bool> taken(node_.edges.size(), false);
    known[first] = true;
    while (steps_.size() < node_.edges.size()) {
      std::optional<std::size_t> next;
      for (std::size_t e = 0; e < taken.size(); ++e) {
        const bool left = known[node_.edges[e].left];
        const bool right = known[node_.edges[e].right];
        if (taken[e] || (!left && !right)) continue;
        if (!next || (left && right)) next = e;
        if (left && right) break;
      }
      const kql::PatternEdge& edge = node_.edges[*next];
      steps_.push_back({*next, known[edge.left]});
      taken[*next] = true;
      known[edge.left] = known[edge.right] = true;
    }
    return first;
  }

  Result<> tick() {
    if (++ticks_ % kSteps == 0) return context_.check();
    return {};
  }

  Result<> search(std::size_t step) {
    if (step == steps_.size()) return rows_.add(bound_, ordered_paths());
    const kql::PatternEdge& edge = node_.edges[steps_[step].edge];
    return walk(step, bound_[steps_[step].rightwards ? edge.left : edge.right]);
  }

  /// Paths that were walked leftwards, turned round.
  const std::vector<Path>& ordered_paths() {
    const bool turned =
        std::any_of(steps_.begin(), steps_.end(), [](const Step& s) { return !s.rightwards; });
    if (!turned) return paths_;
    ordered_ = paths_;
    for (const Step& step : steps_) {
      if (step.rightwards) continue;
      Path& path = ordered_[step.edge];
      std::reverse(path.edges.begin(), path.edges.end());
      if (path.nodes.empty()) continue;
      std::reverse(path.nodes.begin(), path.nodes.end() - 1);
      path.nodes.back() = bound_[node_.edges[step.edge].right];
    }
    return ordered_;
  }

  /// Ends the path of this step here, and lengthens it.
  Result<> walk(std::size_t step, std::uint32_t at) {
    HARRIER_TRYV(tick());
    const std::size_t index = steps_[step].edge;
    const bool rightwards = steps_[step].rightwards;
    const kql::PatternEdge& edge = node_.edges[index];
    Path& path = paths_[index];
    const auto length = static_cast<std::int64_t>(path.edges.size());
    if (length >= edge.min) HARRIER_TRYV(end(step, rightwards ? edge.right : edge.left, at));
    if (length >= edge.max) return {};
    if (length > 0 && !Allowed::has(rows_.allowed().inner[index], at)) return {};
    using Cycles = kql::GraphMatch::Cycles;
    const std::size_t last = rightwards ? edge.right : edge.left;
    // Without cycles nodes of the pattern differ, and none is inside a path.
    if (node_.cycles == Cycles::none && length > 0 && bound_[last] == at) return {};
    return each_step(graph_, edge, rightwards, at,
                     [&](std::uint32_t one, std::uint32_t next) -> Result<> {
                       if (!Allowed::has(rows_.allowed().edges[index], one)) return {};
                       if (node_.cycles == Cycles::unique_edges && used_edges_[one] != 0) return {};
                       if (node_.cycles == Cycles::none && used_nodes_[next] != 0 &&
                           (bound_[last] != next || (edge.variable && edge.left == edge.right))) {
                         return {};
                       }
                       const std::uint8_t edge_before = std::exchange(used_edges_[one], 1);
                       const std::uint8_t node_before = std::exchange(used_nodes_[next], 1);
                       path.edges.push_back(one);
                       path.nodes.push_back(next);
                       auto result = walk(step, next);
                       path.edges.pop_back();
                       path.nodes.pop_back();
                       used_edges_[one] = edge_before;
                       used_nodes_[next] = node_before;
                       return result;
                     });
  }

  Result<> end(std::size_t step, std::size_t node, std::uint32_t at) {
    if (bound_[node] != kNoRow) {
      if (bound_[node] == at) return search(step + 1);
      return {};
    }
    if (!Allowed::has(rows_.allowed().nodes[node], at)) return {};
    bound_[node] = at;
    auto result = search(step + 1);
    bound_[node] = kNoRow;
    return result;
  }

  const kql::GraphMatch& node_;
  const Graph& graph_;
  MatchRows& rows_;
  QueryContext& context_;
  std::vector<Step> steps_;
  std::vector<std::uint32_t> bound_;  ///< by node of the pattern
  std::vector<Path> paths_;           ///< by edge of the pattern
  std::vector<Path> ordered_;
  std::vector<std::uint8_t> used_edges_;
  std::vector<std::uint8_t> used_nodes_;
  std::uint64_t ticks_ = 0;
};

/// The paths from each start, by length. None has a node twice.
class PathFinder {
 public:
  PathFinder(const kql::GraphMatch& node, const Graph& graph, MatchRows& rows,
             QueryContext& context)
      : node_(node),
        edge_(node.edges[0]),
        graph_(graph),
        rows_(rows),
        context_(context),
        memory_(context.memory()),
        reached_(graph.nodes.rows, 0),
        prune_(edge_.min <= 1 && !rows.judges_paths()) {}

  Result<> run() {
    for (std::uint32_t n = 0; n < graph_.nodes.rows; ++n) {
      if (Allowed::has(rows_.allowed().nodes[edge_.left], n)) HARRIER_TRYV(from(n));
    }
    return {};
  }

 private:
  struct State {
    std::uint32_t node = 0;
    std::uint32_t edge = 0;
    std::uint32_t before = kNoRow;
  };

  Result<> from(std::uint32_t start) {
    states_.assign(1, State{start, kNoRow, kNoRow});
    std::fill(reached_.begin(), reached_.end(), 0);
    std::size_t level = 0;
    if (edge_.min == 0) HARRIER_TRYV(offer(start, 0));
    for (std::int64_t length = 1; length <= edge_.max && level < states_.size(); ++length) {
      const std::size_t end = states_.size();
      for (; level < end; ++level) HARRIER_TRYV(lengthen(start, level, length));
    }
    return {};
  }

  Result<> lengthen(std::uint32_t start, std::size_t state, std::int64_t length) {
    const std::uint32_t at = states_[state].node;
    if (length > 1 && !Allowed::has(rows_.allowed().inner[0], at)) return {};
    return each_step(
        graph_, edge_, true, at, [&](std::uint32_t one, std::uint32_t next) -> Result<> {
          if (++ticks_ % kSteps == 0) {
            HARRIER_TRYV(context_.check());
            HARRIER_TRYV(memory_.set(states_.capacity() * sizeof(State)));
          }
          if (!Allowed::has(rows_.allowed().edges[0], one)) return {};
          if (prune_ && reached_[next] != 0 && (!node_.every || reached_[next] != length)) {
            return {};
          }
          if (repeats(state, next)) return {};
          reached_[next] = static_cast<std::uint16_t>(length);
          states_.push_back({next, one, static_cast<std::uint32_t>(state)});
          if (length < edge_.min) return {};
          return offer(start, states_.size() - 1);
        });
  }

  [[nodiscard]] bool repeats(std::size_t state, std::uint32_t node) const {
    for (std::uint32_t at = static_cast<std::uint32_t>(state); at != kNoRow;
         at = states_[at].before) {
      if (states_[at].node == node) return true;
    }
    return false;
  }

  Result<> offer(std::uint32_t start, std::size_t state) {
    const std::uint32_t end = states_[state].node;
    if (!Allowed::has(rows_.allowed().nodes[edge_.right], end)) return {};
    std::vector<Path> paths(1);
    for (auto at = static_cast<std::uint32_t>(state); states_[at].before != kNoRow;
         at = states_[at].before) {
      paths[0].edges.push_back(states_[at].edge);
      paths[0].nodes.push_back(states_[at].node);
    }
    std::reverse(paths[0].edges.begin(), paths[0].edges.end());
    std::reverse(paths[0].nodes.begin(), paths[0].nodes.end());
    std::vector<std::uint32_t> nodes(2);
    nodes[edge_.left] = start;
    nodes[edge_.right] = end;
    return rows_.add(nodes, paths);
  }

  const kql::GraphMatch& node_;
  const kql::PatternEdge& edge_;
  const Graph& graph_;
  MatchRows& rows_;
  QueryContext& context_;
  MemoryUse memory_;
  std::vector<std::uint16_t> reached_;  ///< least length of a path to each node; 0: none yet
  bool prune_;                          ///< only shortest paths can be part of one
  std::vector<State> states_;
  std::uint64_t ticks_ = 0;
};

}  // namespace

Result<OperatorPtr> make_graph_table(const kql::Plan&, const kql::GraphTable& node,
                                     Execution& execution) {
  HARRIER_TRY(const GraphPtr graph, build_graph(node.graph, execution));
  const Chunk& elements = node.edges ? graph->edges : graph->nodes;
  Chunk out;
  out.rows = elements.rows;
  for (const kql::GraphTable::End end : node.ids) {
    VectorPtr ids = graph->ids;
    if (node.edges)
      ids = gather(ids, end == kql::GraphTable::End::source ? graph->from : graph->to);
    CallState state;
    const std::vector<VectorPtr> args{ids};
    BatchCall call{args, out.rows, ScalarType::long_, state, execution.context()};
    HARRIER_TRY(VectorPtr hashes, call_kernel(*find_kernel("hash"), call));
    out.columns.push_back(std::move(hashes));
  }
  out.columns.insert(out.columns.end(), elements.columns.begin(), elements.columns.end());
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

Result<OperatorPtr> make_graph_match(const kql::Plan& plan, const kql::GraphMatch& node,
                                     Execution& execution) {
  HARRIER_TRY(const GraphPtr graph, build_graph(node.graph, execution));
  HARRIER_TRY(const auto rows, MatchRows::make(plan, node, graph, execution));
  if (node.shortest) {
    HARRIER_TRYV(PathFinder(node, *graph, *rows, execution.context()).run());
  } else {
    HARRIER_TRYV(Matcher(node, *graph, *rows, execution.context()).run());
  }
  HARRIER_TRY(Chunk result, rows->finish());
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(result)));
}

}  // namespace harrier::query
