#include "settings/settings.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace harrier::settings {

namespace {

namespace fs = std::filesystem;

class File {
 public:
  explicit File(int descriptor) noexcept : descriptor_(descriptor) {}

  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

  File& operator=(File&&) = delete;

  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

Error failure(std::string_view doing, const fs::path& path) {
  const bool refused = errno == EACCES || errno == EPERM;
  return Error(Errc::storage,
               fmt::format("cannot {} {}: {}{}", doing, path.string(), std::strerror(errno),
                           refused ? "; run this as root" : ""));
}

// Opens and locks the file that `path` names now, even if another edit replaces it meanwhile.
Result<File> open_locked(const fs::path& path, struct stat& info) {
  while (true) {
    File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return failure("read", path);
    if (flock(file.get(), LOCK_EX) != 0 || fstat(file.get(), &info) != 0)
      return failure("lock", path);
    struct stat current = {};
    if (stat(path.c_str(), &current) == 0 && current.st_ino == info.st_ino &&
        current.st_dev == info.st_dev)
      return file;
  }
}

Result<std::string> read_all(const File& file, const fs::path& path) {
  std::string text;
  char buffer[16'384];
  while (true) {
    const ssize_t count = read(file.get(), buffer, sizeof buffer);
    if (count == 0) return text;
    if (count < 0) return failure("read", path);
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

Result<> write_all(const File& file, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0) return failure("write", path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fsync(file.get()) != 0) return failure("write", path);
  return {};
}

Result<> write_like(const File& file, std::string_view text, const struct stat& like,
                    const fs::path& path) {
  struct stat mine = {};
  if (fstat(file.get(), &mine) != 0) return failure("write", path);
  const bool same_owner = mine.st_uid == like.st_uid && mine.st_gid == like.st_gid;
  if (!same_owner && fchown(file.get(), like.st_uid, like.st_gid) != 0)
    return failure("keep the owner of", path);
  if (fchmod(file.get(), like.st_mode & 07777) != 0) return failure("keep the mode of", path);
  return write_all(file, text, path);
}

// The new text takes the file's place in one step, with its owner and mode.
Result<> replace(const fs::path& path, std::string_view text, const struct stat& like) {
  std::string name = path.string() + ".XXXXXX";
  const File file(mkostemp(name.data(), O_CLOEXEC));
  if (file.get() < 0) return failure("write beside", path);
  auto written = write_like(file, text, like, path);
  if (written && rename(name.c_str(), path.c_str()) != 0) written = failure("replace", path);
  if (!written) {
    unlink(name.c_str());
    return written;
  }
  const File folder(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) fsync(folder.get());
  return {};
}

}  // namespace

Result<bool> switch_tables(const fs::path& file, const std::vector<model::TablePtr>& tables,
                           bool enabled) {
  std::error_code error;
  const fs::path path = fs::canonical(file, error);
  if (error)
    return Error(Errc::config, fmt::format("cannot read {}: {}", file.string(), error.message()));
  struct stat info = {};
  HARRIER_TRY(const auto locked, open_locked(path, info));
  HARRIER_TRY(const auto before, read_all(locked, path));
  std::string after = before;
  for (const auto& table : tables) {
    auto edited = set_table_enabled(after, *table, enabled);
    if (!edited) return with_context(edited.error(), file.string());
    after = *std::move(edited);
  }
  if (after == before) return false;
  HARRIER_TRYV(replace(path, after, info));
  return true;
}

}  // namespace harrier::settings
