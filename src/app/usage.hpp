// What a program says to arguments that it does not take.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace harrier::app {

/// What is wrong with `arguments`, which `app` refused with `error`, in one line that names the
/// remedy: the nearest option for one that there is not, and where help is.
[[nodiscard]] std::string usage_problem(const CLI::App& app,
                                        const std::vector<std::string>& arguments,
                                        const CLI::ParseError& error);

}  // namespace harrier::app
