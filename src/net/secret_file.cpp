#include "net/secret_file.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace harrier::net {

namespace {

constexpr std::size_t kMaxBytes = 64 * 1024;

// Closes on every way out.
struct Descriptor {
  explicit Descriptor(const std::filesystem::path& file)
      : fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }

  int fd;
};

Error file_error(const std::filesystem::path& file, std::string_view what, std::string_view why) {
  return Error(Errc::config,
               fmt::format("{} cannot be read from {}: {}", what, file.string(), why));
}

}  // namespace

Result<Secret> read_small_file(const std::filesystem::path& file, std::string_view what) {
  const Descriptor descriptor(file);
  if (descriptor.fd < 0) return file_error(file, what, std::generic_category().message(errno));

  struct stat facts {};

  if (::fstat(descriptor.fd, &facts) != 0 || !S_ISREG(facts.st_mode))
    return file_error(file, what, "it is no regular file");
  std::string text(kMaxBytes + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t count = ::read(descriptor.fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(file, what, std::generic_category().message(errno));
    size += static_cast<std::size_t>(count);
    if (count == 0 || size == text.size()) break;
  }
  if (size > kMaxBytes) return file_error(file, what, "it is larger than 64 KiB");
  if (size == 0) return file_error(file, what, "it is empty");
  Secret out(text.substr(0, size));
  wipe(text);
  return out;
}

Result<Secret> read_secret_file(const std::filesystem::path& file, std::string_view what) {
  HARRIER_TRY(const Secret whole, read_small_file(file, what));
  std::string_view text = whole.reveal();
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (text.empty()) return file_error(file, what, "it is empty");
  return Secret(std::string(text));
}

void warn_if_open(const std::filesystem::path& file) {
  struct stat facts {};

  if (::stat(file.c_str(), &facts) != 0 || (facts.st_mode & S_IROTH) == 0) return;
  log(LogLevel::warn, "net", "A secret can be read by every user of this machine.",
      {{"file", file.string()}, {"remedy", "chmod 0640 or less"}});
}

}  // namespace harrier::net
