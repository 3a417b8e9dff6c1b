#include "app/process.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <malloc.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace harrier::app {

namespace {

constexpr int kKeptFreeBytes = 24 << 20;
constexpr int kMappedFromBytes = 16 << 20;
constexpr int kHeaps = 2;

// systemd names the device and inode of the stream it gave to the service.
bool is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info = {};
  if (stream == nullptr || fstat(STDERR_FILENO, &info) != 0) return false;
  return fmt::format("{}:{}", info.st_dev, info.st_ino) == stream;
}

void give_up(int /*signal*/) {
  constexpr std::string_view kLine =
      "harrierd: work in flight did not end in time and is given up; it will be repeated\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kLine.data(), kLine.size());
  _exit(0);
}

}  // namespace

void harden_process() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
  umask(027);
  std::signal(SIGPIPE, SIG_IGN);
  mallopt(M_TRIM_THRESHOLD, kKeptFreeBytes);
  mallopt(M_MMAP_THRESHOLD, kMappedFromBytes);
  mallopt(M_ARENA_MAX, kHeaps);
}

void give_back_memory() noexcept {
  malloc_trim(0);
}

void configure_logging(const settings::Settings& settings) {
  LogFormat format = is_journal() ? LogFormat::journald : LogFormat::text;
  if (settings.log_format == "text") format = LogFormat::text;
  if (settings.log_format == "json") format = LogFormat::json;
  if (settings.log_format == "journald") format = LogFormat::journald;
  configure_log(settings.log_level, format);
}

void exit_after(unsigned seconds) {
  std::signal(SIGALRM, give_up);
  alarm(seconds);
}

}  // namespace harrier::app
