#include "app/commands/folder_owner.hpp"

#include "storage/directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace harrier::app {

Result<FolderOwner> FolderOwner::prepare(const std::filesystem::path& directory) {
  HARRIER_TRYV(storage::prepare_directory(directory));
  return FolderOwner(directory);
}

FolderOwner::~FolderOwner() {
  struct stat info = {};
  if (directory_.empty() || geteuid() != 0 || stat(directory_.c_str(), &info) != 0 ||
      info.st_uid == 0)
    return;
  const std::string file = storage::state_file(directory_).string();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    [[maybe_unused]] const int ignored = lchown((file + suffix).c_str(), info.st_uid, info.st_gid);
  }
}

}  // namespace harrier::app
