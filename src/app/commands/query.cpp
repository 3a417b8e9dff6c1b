#include "app/commands/commands.hpp"

namespace harrier::app {

void add_query(CLI::App& /*app*/, Context& /*context*/) {}

}  // namespace harrier::app
