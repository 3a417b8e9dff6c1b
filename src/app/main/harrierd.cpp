#include "app/daemon.hpp"

int main(int argc, char** argv) {
  auto io = harrier::app::standard_io();
  return harrier::app::run_harrierd({argv + 1, argv + argc}, io);
}
