// Stores that tell the metrics how long their commits take.
#pragma once

#include "base/metrics.hpp"
#include "model/ports.hpp"

#include <memory>

namespace harrier::app {

/// Passes everything on to `inner` and observes harrier_commit_duration_seconds. `metrics` must
/// outlive it.
[[nodiscard]] std::unique_ptr<model::StoreSet> measure_stores(
    std::unique_ptr<model::StoreSet> inner, Metrics& metrics);

}  // namespace harrier::app
