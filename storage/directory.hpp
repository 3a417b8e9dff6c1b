// The stores' folder: making it, locking it for one daemon, the files in it.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace harrier::storage {

/// The store file of a table: `<directory>/<table>.db`.
[[nodiscard]] std::filesystem::path store_file(const std::filesystem::path& directory,
                                               std::string_view table);
/// What belongs to no single table: `<directory>/_harrier.db`.
[[nodiscard]] std::filesystem::path state_file(const std::filesystem::path& directory);

/// Makes the folder, mode 0750, where it is missing, and tests that this user can write into it.
/// Errors: storage, storage_full.
[[nodiscard]] Result<> prepare_directory(const std::filesystem::path& directory);
/// Tests that this user can read what is in the folder; one that is not there yet is empty and no
/// error. Without the test, stores that cannot be seen would look like stores without rows. Errors:
/// storage.
[[nodiscard]] Result<> check_readable(const std::filesystem::path& directory);
/// Makes an empty file of mode 0640, whatever the umask, where there is none. Errors: storage,
/// storage_full.
[[nodiscard]] Result<> create_private_file(const std::filesystem::path& file);
/// Free bytes for this user on the file system of `directory`. Errors: storage.
[[nodiscard]] Result<std::uint64_t> free_bytes(const std::filesystem::path& directory);
/// Renames a damaged store with its log to `<file>.damaged-<UTC time>` and returns that name.
/// Nothing is overwritten. Errors: storage.
[[nodiscard]] Result<std::filesystem::path> set_aside(const std::filesystem::path& file,
                                                      Instant now);
/// Bytes of a store with its log; 0 where there is none.
[[nodiscard]] std::uint64_t store_bytes(const std::filesystem::path& file);

/// Held for as long as a daemon uses a folder; released on destruction and by the kernel when the
/// process dies.
class DirectoryLock {
 public:
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock();

 private:
  friend Result<DirectoryLock> lock_directory(const std::filesystem::path& directory);

  explicit DirectoryLock(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

/// Locks `<directory>/harrierd.lock` (made when missing) and writes this process's id into it.
/// Errors: storage; when another process holds it, naming that process.
[[nodiscard]] Result<DirectoryLock> lock_directory(const std::filesystem::path& directory);

}  // namespace harrier::storage
