// harrierd that kills itself at a named step of a write: HARRIER_DIE_AT=STEP:N is the N-th time
// that it gets there.
#include "app/daemon.hpp"
#include "storage/steps.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace {

std::string fatal_step;
std::atomic<int> passes_left{0};

void reach(std::string_view step) {
  if (step == fatal_step && --passes_left == 0) ::kill(::getpid(), SIGKILL);
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* where = std::getenv("HARRIER_DIE_AT")) {
    const std::string text = where;
    const auto colon = text.find(':');
    fatal_step = text.substr(0, colon);
    passes_left = std::stoi(text.substr(colon + 1));
    harrier::storage::step_hook = &reach;
  }
  auto io = harrier::app::standard_io();
  return harrier::app::run_harrierd({argv + 1, argv + argc}, io);
}
