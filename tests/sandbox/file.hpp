// Whole small files.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace harrier::sandbox {

/// Writes `text` with mode 0600 for secrets, else 0644, replacing the file atomically. Errors:
/// storage.
[[nodiscard]] Result<> write_file(const std::filesystem::path& file, std::string_view text,
                                  bool is_secret = false);
/// The bytes of `file`. Errors: not_found.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file);

}  // namespace harrier::sandbox
