#include "app/usage.hpp"

#include "base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace harrier::app {

namespace {

using Chain = std::vector<const CLI::App*>;  // the program, its command, that one's command

const CLI::Option* find_option(const Chain& chain, const std::string& name) {
  for (const auto* app : chain) {
    if (const auto* option = app->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

// The first option that nobody in the chain knows; the chain grows with the commands on the way.
std::string unknown_option(Chain& chain, std::span<const std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") return {};
    if (word.size() < 2 || word.front() != '-') {
      const auto named = [&](const CLI::App* command) { return command->get_name() == word; };
      if (const auto found = chain.back()->get_subcommands(named); !found.empty())
        chain.push_back(found.front());
      continue;
    }
    const std::string name = word.substr(0, word.find('='));
    const auto* option = find_option(chain, name);
    if (option == nullptr) return name;
    if (name.size() == word.size() && option->get_items_expected_max() > 0) ++i;  // its value
  }
  return {};
}

std::vector<std::string> option_names(const Chain& chain) {
  std::vector<std::string> names;
  for (const auto* app : chain) {
    for (const auto* option : app->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

}  // namespace

std::string usage_problem(const CLI::App& app, const std::vector<std::string>& arguments,
                          const CLI::ParseError& error) {
  Chain chain = {&app};
  const std::string unknown = unknown_option(chain, arguments);
  std::string command;
  for (const auto* part : chain) command += part->get_name() + " ";
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  what = trim(what);
  if (!unknown.empty()) {
    const std::string nearest = nearest_name(unknown, option_names(chain));
    what = fmt::format("there is no option {}{}", unknown,
                       nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
  }
  return fmt::format("{}; see {}--help", what, command);
}

}  // namespace harrier::app
