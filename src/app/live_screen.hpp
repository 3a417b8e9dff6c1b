// A page on a terminal that is drawn again and again.
#pragma once

#include "app/terminal.hpp"

#include <csignal>
#include <string>
#include <vector>

namespace harrier::app {

/// The terminal's other screen, without a cursor. What stood on the terminal is there again when
/// this ends. Signals wait for `wait` meanwhile, so that nothing ends the program with the terminal
/// changed.
class LiveScreen {
 public:
  explicit LiveScreen(Io& io);
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;
  ~LiveScreen();

  /// Draws over what is there; lines that do not fit are left out.
  void draw(const std::vector<std::string>& lines);
  /// Waits until it is time to draw again: `seconds` have passed, or the size of the terminal has
  /// changed. False when the program is to end (Ctrl-C, SIGTERM).
  [[nodiscard]] bool wait(double seconds);

 private:
  void enter();
  void leave();

  Io& io_;
  sigset_t signals_ = {};
  sigset_t before_ = {};
};

}  // namespace harrier::app
