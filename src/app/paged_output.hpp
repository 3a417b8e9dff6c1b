// A result on a terminal: what fits on the screen is printed, anything longer goes to a pager.
#pragma once

#include "app/terminal.hpp"

#include <functional>
#include <ostream>
#include <streambuf>
#include <string>
#include <sys/types.h>

namespace harrier::app {

/// The pager to use: $PAGER, else less where it is installed. Empty: none (also for an empty PAGER,
/// and for cat).
[[nodiscard]] std::string pager_command();

/// The stream of a result. While it lives, a pager that goes away does not end the process.
class PagedOutput final : private std::streambuf {
 public:
  /// `pager`: a command for the shell; empty: none. `before` is called once before the first text
  /// appears, and told whether a pager takes it.
  PagedOutput(Io& io, std::string pager, std::function<void(bool paged)> before);
  PagedOutput(const PagedOutput&) = delete;
  PagedOutput& operator=(const PagedOutput&) = delete;
  ~PagedOutput() override;

  [[nodiscard]] std::ostream& stream() noexcept { return stream_; }

  /// Prints what is held back, or waits until the reader leaves the pager.
  void finish();

  /// The reader left the pager before the end, which is no failure.
  [[nodiscard]] bool left() const noexcept { return left_; }

 private:
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int_type overflow(int_type character) override;

  void start();
  bool spawn();
  bool send(std::string_view text);
  void wait();
  /// Lines of the screen that `held_` takes.
  void count(std::string_view text);

  Io& io_;
  std::string pager_;
  std::function<void(bool)> before_;
  std::ostream stream_;
  void (*old_handler_)(int);
  std::string held_;
  int lines_ = 0;
  std::size_t column_ = 0;
  bool started_ = false;
  bool left_ = false;
  int pipe_ = -1;
  pid_t child_ = -1;
};

}  // namespace harrier::app
