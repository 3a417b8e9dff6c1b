#include "app/query_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace harrier::app {

namespace {

constexpr int kBarWidth = 20;
constexpr std::chrono::milliseconds kMoment{500};
constexpr int kMillisecondsBetweenLines = 200;

sigset_t interrupt_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

bool is_ignored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

std::string progress_line(const query::ScanProgress& progress, std::chrono::milliseconds elapsed) {
  const std::string time = fmt::format("{:.1f} s", static_cast<double>(elapsed.count()) / 1000);
  const auto done = static_cast<std::int64_t>(progress.done());
  const auto expected = static_cast<std::int64_t>(progress.expected());
  if (done == 0 && expected == 0) return "running  " + time;
  if (expected == 0) return fmt::format("scanned {} rows  {}", with_commas(done), time);
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(expected));
  return fmt::format("scanned {} of {} rows  {} {:3.0f} %  {}", with_commas(done),
                     with_commas(std::max(done, expected)), progress_bar(share, kBarWidth),
                     share * 100, time);
}

QueryWatch::QueryWatch(Io& io, query::CancelToken cancel)
    : io_(io), tied_(io.err.tie(nullptr)), cancel_(std::move(cancel)), hidden_(!io.err_terminal) {
  end_ = eventfd(0, EFD_CLOEXEC);
  if (!is_ignored(SIGINT)) {
    const sigset_t set = interrupt_set();
    signals_ = signalfd(-1, &set, SFD_CLOEXEC);
    listening_ = signals_ >= 0 && pthread_sigmask(SIG_BLOCK, &set, &old_mask_) == 0;
  }
  if (end_ >= 0) thread_ = std::thread([this] { watch(); });
}

QueryWatch::~QueryWatch() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    (void)!write(end_, &one, sizeof one);
    thread_.join();
  }
  hide();
  io_.err.tie(tied_);
  if (listening_) pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
  for (const int descriptor : {signals_, end_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

void QueryWatch::hide() {
  const std::lock_guard lock(mutex_);
  erase();
  hidden_ = true;
}

void QueryWatch::watch() {
  std::array<pollfd, 2> waited = {pollfd{end_, POLLIN, 0}, pollfd{signals_, POLLIN, 0}};
  while (true) {
    const int ready = poll(waited.data(), waited.size(), kMillisecondsBetweenLines);
    if (waited[0].revents != 0 || (ready < 0 && errno != EINTR)) return;
    if (ready > 0 && waited[1].revents != 0) interrupted();
    draw();
  }
}

void QueryWatch::interrupted() {
  signalfd_siginfo what = {};
  if (read(signals_, &what, sizeof what) != sizeof what) return;
  cancel_.cancel();
  if (paging_) return;
  const sigset_t set = interrupt_set();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void QueryWatch::draw() {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started_);
  const std::lock_guard lock(mutex_);
  if (hidden_ || elapsed < kMoment) return;
  io_.err << '\r'
          << shortened(progress_line(*progress_, elapsed),
                       static_cast<std::size_t>(std::max(io_.width - 1, 10)))
          << "\x1b[K" << std::flush;
  drawn_ = true;
}

void QueryWatch::erase() {
  if (drawn_) io_.err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace harrier::app
