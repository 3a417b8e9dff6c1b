#include "app/live_screen.hpp"

#include <cmath>
#include <ctime>
#include <ostream>
#include <string_view>

namespace harrier::app {

namespace {

// The other screen, no cursor, no wrapping of long lines; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

timespec length_of(double seconds) {
  timespec out = {};
  const double whole = std::floor(seconds);
  out.tv_sec = static_cast<std::time_t>(whole);
  out.tv_nsec = static_cast<long>((seconds - whole) * 1e9);
  return out;
}

}  // namespace

LiveScreen::LiveScreen(Io& io) : io_(io) {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGTSTP, SIGWINCH})
    sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  enter();
}

LiveScreen::~LiveScreen() {
  leave();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void LiveScreen::enter() {
  refresh_size(io_);
  io_.out << kEnter << std::flush;
}

void LiveScreen::leave() {
  io_.out << kLeave << std::flush;
}

void LiveScreen::draw(const std::vector<std::string>& lines) {
  io_.out << "\x1b[H";
  for (std::size_t i = 0; i < lines.size() && i < static_cast<std::size_t>(io_.height); ++i)
    io_.out << (i == 0 ? "" : "\r\n") << lines[i] << "\x1b[K";
  io_.out << "\x1b[J" << std::flush;
}

bool LiveScreen::wait(double seconds) {
  const timespec limit = length_of(seconds);
  switch (sigtimedwait(&signals_, nullptr, &limit)) {
    case SIGINT:
    case SIGTERM:
    case SIGQUIT:
      return false;
    case SIGTSTP:
      leave();
      raise(SIGSTOP);
      enter();
      return true;
    case SIGWINCH:
      refresh_size(io_);
      return true;
    default:
      return true;
  }
}

}  // namespace harrier::app
