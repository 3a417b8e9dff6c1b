#include "app/command_line.hpp"

#include <csignal>
#include <iostream>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);
  std::ios::sync_with_stdio(false);
  auto io = harrier::app::standard_io();
  return harrier::app::run_harrier({argv + 1, argv + argc}, io);
}
