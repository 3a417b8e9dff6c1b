// Named moments of a write, where tests stop the process or make it fail.
#pragma once

#include <atomic>
#include <string_view>

namespace harrier::storage {

/// Called at `begin`, `rows`, `quarantine`, `marks`, `commit`, `committed` and `copied`. No hook:
/// nothing happens.
using StepHook = void (*)(std::string_view step);

inline std::atomic<StepHook> step_hook{nullptr};

inline void reached(std::string_view step) {
  if (const StepHook hook = step_hook.load(std::memory_order_relaxed)) hook(step);
}

}  // namespace harrier::storage
