// Small files that hold secrets.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <filesystem>
#include <string_view>

namespace harrier::net {

/// The content of `file` without one trailing line end. `what` names the file's role (`the client
/// secret`) in errors. Errors: config (missing, unreadable, empty, larger than 64 KiB).
[[nodiscard]] Result<Secret> read_secret_file(const std::filesystem::path& file,
                                              std::string_view what);

/// The whole content of a small file. Errors: as above.
[[nodiscard]] Result<Secret> read_small_file(const std::filesystem::path& file,
                                             std::string_view what);

/// Logs a warning when every user of the machine can read `file`.
void warn_if_open(const std::filesystem::path& file);

}  // namespace harrier::net
