#include "storage/directory.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace harrier::storage {

namespace fs = std::filesystem;

namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;

Error system_error(const fs::path& path, std::string_view doing, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  std::string_view hint;
  if (code == EACCES || code == EPERM)
    hint = "; run this as root, or check the owner and the permissions";
  if (code == EROFS) hint = "; the file system is read-only";
  return Error(full ? Errc::storage_full : Errc::storage,
               fmt::format("{}: {}: {}{}", path.string(), doing,
                           std::generic_category().message(code), hint));
}

fs::path with_suffix(const fs::path& file, std::string_view suffix) {
  return fs::path(file.string().append(suffix));
}

}  // namespace

fs::path store_file(const fs::path& directory, std::string_view table) {
  return directory / fmt::format("{}.db", table);
}

fs::path state_file(const fs::path& directory) {
  return directory / "_harrier.db";
}

Result<> prepare_directory(const fs::path& directory) {
  std::error_code failure;
  if (!fs::exists(directory, failure)) {
    fs::create_directories(directory.parent_path(), failure);
    if (::mkdir(directory.c_str(), kFolderMode) != 0 && errno != EEXIST)
      return system_error(directory, "cannot make the store folder", errno);
    if (::chmod(directory.c_str(), kFolderMode) != 0)
      return system_error(directory, "cannot set the mode of the store folder", errno);
  }
  if (!fs::is_directory(directory, failure))
    return Error(Errc::storage,
                 fmt::format("{}: the store folder is not a folder", directory.string()));
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return system_error(directory, "the store folder cannot be used", errno);
  return {};
}

Result<> check_readable(const fs::path& directory) {
  if (::access(directory.c_str(), R_OK | X_OK) == 0 || errno == ENOENT) return {};
  const int code = errno;
  if (code == EACCES)
    return Error(Errc::storage,
                 fmt::format("{}: this user may not read the stores; run this as root, or join the "
                             "group that owns the folder (harrier)",
                             directory.string()));
  return system_error(directory, "the stores cannot be read", code);
}

Result<> create_private_file(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (descriptor < 0) {
    if (errno == EEXIST) return {};
    return system_error(file, "cannot make the file", errno);
  }
  int failure = ::fchmod(descriptor, kFileMode) == 0 ? 0 : errno;

  // What an administrator creates must stay usable for the daemon's own user, who owns the folder.
  struct stat folder {};

  if (failure == 0 && ::geteuid() == 0 && ::stat(file.parent_path().c_str(), &folder) == 0 &&
      ::fchown(descriptor, folder.st_uid, folder.st_gid) != 0)
    failure = errno;
  ::close(descriptor);
  if (failure != 0) return system_error(file, "cannot set the mode", failure);
  return {};
}

Result<std::uint64_t> free_bytes(const fs::path& directory) {
  struct statvfs info {};

  if (::statvfs(directory.c_str(), &info) != 0)
    return system_error(directory, "cannot ask for free space", errno);
  return std::uint64_t{info.f_bavail} * std::uint64_t{info.f_frsize};
}

Result<fs::path> set_aside(const fs::path& file, Instant now) {
  const CivilTime civil = to_civil(now);
  const std::string base =
      fmt::format("{}.damaged-{:04}{:02}{:02}T{:02}{:02}{:02}Z", file.string(), civil.year,
                  civil.month, civil.day, civil.hour, civil.minute, civil.second);
  std::error_code failure;
  std::string target = base;
  for (int n = 1; fs::exists(target, failure); ++n) target = fmt::format("{}-{}", base, n);
  // The log first: a main file without its log would look sound and be older than what was
  // committed.
  for (const char* suffix : {"-wal", "-shm", ""}) {
    const fs::path from = with_suffix(file, suffix);
    if (!fs::exists(from, failure)) continue;
    fs::rename(from, target + suffix, failure);
    if (failure) return system_error(from, "cannot set the damaged store aside", failure.value());
  }
  return fs::path(target);
}

std::uint64_t store_bytes(const fs::path& file) {
  std::uint64_t total = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code failure;
    const auto size = fs::file_size(with_suffix(file, suffix), failure);
    if (!failure) total += size;
  }
  return total;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<DirectoryLock> lock_directory(const fs::path& directory) {
  HARRIER_TRYV(prepare_directory(directory));
  const fs::path file = directory / "harrierd.lock";
  HARRIER_TRYV(create_private_file(file));
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return system_error(file, "cannot open the lock file", errno);
  DirectoryLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    if (code != EWOULDBLOCK) return system_error(file, "cannot lock", code);
    std::array<char, 32> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
    std::string_view holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    holder = holder.substr(0, holder.find('\n'));
    return Error(
        Errc::storage,
        fmt::format("{}: held by another harrierd (process {}); only one may collect into a folder",
                    file.string(), holder.empty() ? "unknown" : holder));
  }
  const std::string self = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, self.data(), self.size(), 0) != static_cast<ssize_t>(self.size()))
    return system_error(file, "cannot write the lock file", errno);
  return lock;
}

}  // namespace harrier::storage
