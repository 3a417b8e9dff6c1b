// What goes on beside a running query: its progress on a terminal, and Ctrl-C.
#pragma once

#include "app/terminal.hpp"
#include "query/context.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <iosfwd>
#include <mutex>
#include <string>
#include <thread>

namespace harrier::app {

/// `scanned 1,234 of 5,000 rows  ████░░░░  24 %  3.2 s`; without rows, the time alone.
[[nodiscard]] std::string progress_line(const query::ScanProgress& progress,
                                        std::chrono::milliseconds elapsed);

/// While it lives, Ctrl-C cancels the query, and a query that takes longer than a moment shows how
/// far it is, on standard error where that is a terminal. A second Ctrl-C ends the process, but not
/// while a pager runs, which has its own use for the key. Belongs to the thread that runs the
/// query, whose other threads must start later.
class QueryWatch {
 public:
  QueryWatch(Io& io, query::CancelToken cancel);
  QueryWatch(const QueryWatch&) = delete;
  QueryWatch& operator=(const QueryWatch&) = delete;
  /// Takes the line away.
  ~QueryWatch();

  [[nodiscard]] const query::ScanProgressPtr& progress() const noexcept { return progress_; }

  /// Takes the line away for good: the terminal belongs to the result.
  void hide();

  /// From now on the keys are the pager's.
  void pager_runs() noexcept { paging_ = true; }

 private:
  void watch();
  void interrupted();
  void draw();
  void erase();

  Io& io_;
  std::ostream* tied_;  ///< what `err` would flush, which the other thread writes
  query::CancelToken cancel_;
  query::ScanProgressPtr progress_ = std::make_shared<query::ScanProgress>();
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex mutex_;  ///< of the line
  bool hidden_;
  bool drawn_ = false;
  std::atomic<bool> paging_{false};
  bool listening_ = false;  ///< not where Ctrl-C was ignored from the start
  sigset_t old_mask_ = {};
  int signals_ = -1;  ///< tells of Ctrl-C
  int end_ = -1;      ///< tells the thread to end
  std::thread thread_;
};

}  // namespace harrier::app
