// Consistent copies of stores while a daemon writes them.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace harrier::storage {

/// One file that was copied.
struct BackedUp {
  std::string name;  ///< `DeviceInfo.db`
  std::uint64_t bytes = 0;
};

/// Copies every store and the state file of `directory` into `target` (made when missing, mode
/// 0750; files 0640) under their own names, each as of one moment. A copy of that name that is
/// there already is replaced once the new one is whole. The state file comes first, so that no
/// copied feed is ahead of the rows it brought: what is read again is stored once. Blocking.
/// Errors: storage (also when both folders are the same), storage_full, storage_corrupt; a partial
/// copy is removed.
[[nodiscard]] Result<std::vector<BackedUp>> backup(const std::filesystem::path& directory,
                                                   const std::filesystem::path& target);

}  // namespace harrier::storage
