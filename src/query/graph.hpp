// A graph in memory: rows of nodes, rows of edges between them.
#pragma once

#include "query/execution.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace harrier::query {

/// The edges at each node, one after the other.
class Incidence {
 public:
  Incidence() = default;
  /// Edge i lies at node `ends[i]`.
  Incidence(const std::vector<std::uint32_t>& ends, std::size_t nodes);

  [[nodiscard]] std::span<const std::uint32_t> at(std::uint32_t node) const noexcept {
    return std::span(edges_).subspan(first_[node], first_[node + 1] - first_[node]);
  }

 private:
  std::vector<std::uint32_t> first_;
  std::vector<std::uint32_t> edges_;
};

/// Immutable once built.
struct Graph {
  explicit Graph(MemoryTracker& tracker) : memory(tracker) {}

  Chunk nodes;
  Chunk edges;
  VectorPtr ids;                    ///< of the nodes
  std::vector<std::uint32_t> from;  ///< of each edge
  std::vector<std::uint32_t> to;
  Incidence out;
  Incidence in;
  MemoryUse memory;
};

using GraphPtr = std::shared_ptr<const Graph>;

/// The graph of a MakeGraph or GraphComponents. Errors: as Execution::run.
[[nodiscard]] Result<GraphPtr> build_graph(const kql::PlanPtr& plan, Execution& execution);

}  // namespace harrier::query
