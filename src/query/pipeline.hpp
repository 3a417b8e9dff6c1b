// Filters and projections over a chunk: the stages that run right above a table scan, in its
// workers.
#pragma once

#include "query/execution.hpp"

namespace harrier::query {

/// One compiled stage. Used by one thread.
class Stage {
 public:
  virtual ~Stage() = default;
  /// Replaces `chunk` by what the stage makes of it.
  [[nodiscard]] virtual Result<> apply(Chunk& chunk) = 0;
};

using StagePtr = std::unique_ptr<Stage>;

/// Conjuncts are tested one after the other, each on the rows that the earlier ones left.
[[nodiscard]] Result<StagePtr> make_filter_stage(const kql::Filter& node, Scope scope);
[[nodiscard]] Result<StagePtr> make_project_stage(const kql::Project& node, Scope scope);

}  // namespace harrier::query
