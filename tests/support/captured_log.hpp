// What the process logs, for tests that read it.
#pragma once

#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace harrier::test {

/// Standard error goes into a file while the object lives.
class CapturedLog {
 public:
  CapturedLog() : before_(dup(STDERR_FILENO)) {
    const int file = open(path().c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    dup2(file, STDERR_FILENO);
    close(file);
  }

  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  ~CapturedLog() {
    dup2(before_, STDERR_FILENO);
    close(before_);
  }

  [[nodiscard]] std::string text() const { return read_file(path()); }

 private:
  [[nodiscard]] std::string path() const { return (dir_.path() / "log").string(); }

  TempDir dir_;
  int before_;
};

}  // namespace harrier::test
