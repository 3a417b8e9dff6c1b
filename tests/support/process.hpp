// Child processes of a test: started, waited for, killed.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace harrier::test {

/// A child process whose output goes to a file. Killed and reaped when it goes out of scope.
class Process {
 public:
  /// Starts `command` (argv); standard output and error go to `log` (appended).
  Process(std::vector<std::string> command, std::filesystem::path log);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] pid_t id() const noexcept { return pid_; }

  void signal(int number) const;
  /// Waits for the end; -1 when `limit` passes first. A death by signal N is 128+N.
  int wait(std::chrono::milliseconds limit);
  [[nodiscard]] bool running();

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool reaped_ = false;
};

/// Runs `command` to its end and returns its exit code; its output replaces `output`.
int run(const std::vector<std::string>& command, std::string& output,
        std::chrono::milliseconds limit = std::chrono::minutes(10));

/// The text of a file; empty where there is none.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);
/// Waits until `file` exists and is not empty; false when `limit` passes first.
[[nodiscard]] bool wait_for_file(const std::filesystem::path& file,
                                 std::chrono::milliseconds limit);

}  // namespace harrier::test
