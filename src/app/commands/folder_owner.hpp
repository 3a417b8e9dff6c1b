// Commands that write as root leave the stores' folder to the daemon's user.
#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace harrier::app {

/// Makes the folder and, when root runs this, gives the state file to the folder's owner, so that
/// the daemon can go on writing it. Destroyed after the writing. Errors: storage.
class FolderOwner {
 public:
  [[nodiscard]] static Result<FolderOwner> prepare(const std::filesystem::path& directory);

  FolderOwner(FolderOwner&& other) noexcept : directory_(std::move(other.directory_)) {
    other.directory_.clear();
  }

  FolderOwner& operator=(FolderOwner&&) = delete;
  ~FolderOwner();

 private:
  explicit FolderOwner(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::filesystem::path directory_;
};

}  // namespace harrier::app
