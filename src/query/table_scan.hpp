// Reading stores: parallel scans of rowid ranges, with the filters and projections above them in
// the workers.
#pragma once

#include "query/execution.hpp"
#include "query/pipeline.hpp"

#include <filesystem>
#include <functional>

namespace harrier::query {

/// A scan and the stages that run on its rows, bottom first.
struct ScanPipeline {
  const kql::Plan* scan = nullptr;
  std::vector<const kql::Plan*> stages;
};

/// The pipeline of a plan that is filters and projections over a table scan; nullopt for any other.
[[nodiscard]] std::optional<ScanPipeline> scan_pipeline(const kql::PlanPtr& plan);

/// Rows in the order of their ids.
[[nodiscard]] Result<OperatorPtr> make_table_scan(const ScanPipeline& pipeline,
                                                  Execution& execution);

/// Hands every batch to `take` in the worker that made it, with the worker's number (below
/// `scan_workers`); batches come in no order. `take` is called by several threads at once, each
/// with its own number.
[[nodiscard]] Result<> for_each_batch(
    const ScanPipeline& pipeline, Execution& execution,
    const std::function<Result<>(std::size_t worker, Chunk& batch)>& take);

/// Workers of a scan at most.
[[nodiscard]] std::size_t scan_workers(Execution& execution);

/// What a scan would ask of its store in the folder `stores`, for `explain`.
[[nodiscard]] std::string explain_scan(const kql::Plan& plan, const std::filesystem::path& stores);

}  // namespace harrier::query
