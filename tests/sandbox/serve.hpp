// The `serve` command.
#pragma once

#include "sandbox/options.hpp"

namespace harrier::sandbox {

/// Prepares the folder, listens, writes ready.json and serves until SIGTERM or SIGINT, on which it
/// returns 0. Errors: config, storage, internal.
[[nodiscard]] Result<int> serve(Options options);

}  // namespace harrier::sandbox
