// harrier-sandbox: a simulated Microsoft tenant, and the judge of what a collector made of it.
#include "base/text.hpp"
#include "sandbox/compare.hpp"
#include "sandbox/serve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace harrier;           // NOLINT: a program's main file
using namespace harrier::sandbox;  // NOLINT

void print_usage() {
  fmt::print(
      "harrier-sandbox serve --dir DIR [--scenario FILE.toml] [settings]\n"
      "harrier-sandbox compare --dir DIR --stores STOREDIR [--until TIME] [--tables A,B] "
      "[--examples N]\n\n"
      "Settings of serve (also the keys of a scenario file):\n{}",
      options_help());
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
  const std::string nearest = nearest_name(word, names);
  return nearest.empty() ? nearest : fmt::format("; did you mean {}?", nearest);
}

/// `--key value` and `--key=value` pairs. Errors: config.
Result<std::vector<std::pair<std::string, std::string>>> pairs(
    const std::vector<std::string>& arguments) {
  std::vector<std::pair<std::string, std::string>> result;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (!argument.starts_with("--"))
      return Error(Errc::config, fmt::format("'{}' is no option", argument));
    const auto equals = argument.find('=');
    if (equals != std::string::npos) {
      result.emplace_back(argument.substr(2, equals - 2), argument.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      result.emplace_back(argument.substr(2), arguments[i + 1]);
      ++i;
    } else {
      return Error(Errc::config, fmt::format("{} needs a value", argument));
    }
  }
  return result;
}

Result<int> run_serve(const std::vector<std::string>& arguments) {
  HARRIER_TRY(const auto settings, pairs(arguments));
  Options options;
  for (const auto& [key, value] : settings) {
    if (key == "scenario") {
      HARRIER_TRYV(load_scenario(options, value));
    } else {
      HARRIER_TRYV(options.set(key, value));
    }
  }
  return serve(std::move(options));
}

Result<int> run_compare(const std::vector<std::string>& arguments) {
  HARRIER_TRY(const auto settings, pairs(arguments));
  CompareRequest request;
  for (const auto& [key, value] : settings) {
    if (key == "dir") {
      request.dir = value;
    } else if (key == "stores") {
      request.stores = value;
    } else if (key == "tables") {
      request.tables = split_list(value);
    } else if (key == "until") {
      request.until = parse_instant(value);
      if (!request.until) return Error(Errc::config, fmt::format("'{}' is no time", value));
    } else if (key == "examples") {
      HARRIER_TRY(request.examples, parse_size(value));
    } else {
      return Error(
          Errc::config,
          fmt::format("there is no option --{}{}", key,
                      did_you_mean(key, {"dir", "stores", "tables", "until", "examples"})));
    }
  }
  return compare(request);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto asks = [&](std::string_view option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  if (arguments.empty() || arguments.front() == "help" || asks("--help") || asks("-h")) {
    print_usage();
    return arguments.empty() ? 2 : 0;
  }
  if (asks("--version")) {
    fmt::print("harrier-sandbox {}\n", HARRIER_VERSION);
    return 0;
  }
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  const auto& command = arguments.front();
  if (command != "serve" && command != "compare") {
    fmt::print(stderr, "harrier-sandbox: there is no command '{}'{}; see harrier-sandbox --help\n",
               command, did_you_mean(command, {"serve", "compare"}));
    return 2;
  }
  const auto code = command == "serve" ? run_serve(rest) : run_compare(rest);
  if (!code) {
    fmt::print(stderr, "harrier-sandbox: {}\n", code.error().message);
    return 2;
  }
  return *code;
}
