// Matches of a graph's pattern, collected and turned into rows.
#pragma once

#include "query/graph.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace harrier::query {

/// What the constraints say about single elements; empty: all are allowed.
struct Allowed {
  using Marks = std::vector<std::uint8_t>;

  std::vector<Marks> nodes;  ///< by node of the pattern
  std::vector<Marks> edges;  ///< by edge of the pattern
  std::vector<Marks> inner;  ///< by edge of the pattern: nodes inside its path

  [[nodiscard]] static bool has(const Marks& marks, std::uint32_t element) noexcept {
    return marks.empty() || marks[element] != 0;
  }
};

/// Takes matches one by one, keeps those that meet the constraints, and gives their rows.
class MatchRows {
 public:
  /// A path of a match, from left to right.
  struct Path {
    std::vector<std::uint32_t> edges;
    std::vector<std::uint32_t> nodes;  ///< behind each edge
  };

  [[nodiscard]] static Result<std::unique_ptr<MatchRows>> make(const kql::Plan& plan,
                                                               const kql::GraphMatch& node,
                                                               GraphPtr graph,
                                                               Execution& execution);

  [[nodiscard]] const Allowed& allowed() const noexcept { return allowed_; }

  /// True where a constraint looks at whole paths.
  [[nodiscard]] bool judges_paths() const noexcept { return judges_paths_; }

  /// `nodes` and `paths` by element of the pattern. Shortest paths come by start and then length.
  [[nodiscard]] Result<> add(const std::vector<std::uint32_t>& nodes,
                             const std::vector<Path>& paths);
  /// All rows; no more matches are added.
  [[nodiscard]] Result<Chunk> finish();

 private:
  MatchRows(const kql::Plan& plan, const kql::GraphMatch& node, GraphPtr graph,
            Execution& execution);
  Result<> take_constraint(const kql::ExprPtr& condition);
  Result<> restrict(const kql::ExprPtr& condition, const Chunk& elements, Allowed::Marks& marks);
  void need(const kql::ExprPtr& expr);
  [[nodiscard]] std::span<const std::uint32_t> path(std::size_t match, std::size_t edge,
                                                    bool nodes) const;
  Result<VectorPtr> value_of(std::size_t index, const Chunk& row);
  Result<> flush();
  [[nodiscard]] std::vector<std::uint32_t> shortest(const std::vector<std::uint32_t>& rows);

  const kql::GraphMatch& node_;
  GraphPtr graph_;
  Execution& execution_;
  Allowed allowed_;
  bool judges_paths_ = false;
  std::vector<bool> needed_;  ///< columns of the match's row, values included
  std::vector<ExpressionPtr> constraints_;
  std::vector<ExpressionPtr> values_;
  std::vector<ExpressionPtr> project_;
  std::size_t matches_ = 0;  ///< collected since the last flush
  std::vector<std::uint32_t> match_nodes_;
  std::vector<std::uint32_t> path_ends_;  ///< in path_edges_ and path_nodes_, by match and edge
  std::vector<std::uint32_t> path_edges_;
  std::vector<std::uint32_t> path_nodes_;
  std::uint32_t start_ = kNoRow;                            ///< shortest: of the last match kept
  std::unordered_map<std::uint32_t, std::size_t> lengths_;  ///< shortest: from there, by end
  Table rows_;
  MemoryUse memory_;
};

}  // namespace harrier::query
