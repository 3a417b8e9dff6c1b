#include "app/commands/commands.hpp"
#include "base/embedded.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace harrier::embedded {

std::span<const base::EmbeddedText> completion_files();

}  // namespace harrier::embedded

namespace harrier::app {

namespace {

// The scripts of src/app/completions, by shell.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kScripts = {
    {{"bash", "harrier.bash"}, {"zsh", "_harrier"}, {"fish", "harrier.fish"}}};

std::string_view script_of(std::string_view shell) {
  for (const auto& [name, file] : kScripts) {
    if (name != shell) continue;
    for (const auto& embedded : embedded::completion_files()) {
      if (embedded.name == file) return embedded.text;
    }
  }
  return "";
}

bool takes_tables(std::string_view command) {
  constexpr std::array<std::string_view, 6> kCommands = {"enable",   "disable", "schema",
                                                         "backfill", "flag",    "unflag"};
  return std::find(kCommands.begin(), kCommands.end(), command) != kCommands.end();
}

// What may be typed for the value of an option; empty when that is free.
std::vector<std::string> values_of(std::string_view option, const model::Catalog& catalog) {
  if (option == "--format") return {"table", "json", "jsonl", "csv"};
  std::vector<std::string> out;
  if (option == "--connector" || option == "--table") {
    for (const auto& table : catalog.tables()) {
      if (table->selectable) out.push_back(option == "--table" ? table->name : table->connector);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
  }
  return out;
}

void print_options(const CLI::App& app, std::ostream& out) {
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) out << "--" << name << '\n';
  }
}

// Every word that may follow what was typed.
void print_words(const CLI::App& app, Context& context, const std::vector<std::string>& typed) {
  std::ostream& out = context.io().out;
  if (!typed.empty()) {
    const auto values = values_of(typed.back(), context.catalog());
    for (const auto& value : values) out << value << '\n';
    if (!values.empty()) return;
  }
  const std::string name = command_of(typed);
  const CLI::App* command = nullptr;
  for (const auto* candidate : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (candidate->get_name() == name) command = candidate;
    if (name.empty()) out << candidate->get_name() << '\n';
  }
  print_options(command == nullptr ? app : *command, out);
  if (command == nullptr) return;
  for (const auto* candidate : command->get_subcommands([](const CLI::App*) { return true; }))
    out << candidate->get_name() << '\n';
  if (name == "completion") {
    for (const auto& script : kScripts) out << script.first << '\n';
  }
  if (!takes_tables(name)) return;
  for (const auto& table : context.catalog().tables()) {
    if (table->selectable) out << table->name << '\n';
  }
}

}  // namespace

bool complete_words(const CLI::App& app, Context& context,
                    const std::vector<std::string>& arguments) {
  if (arguments.size() < 2 || arguments[0] != "completion" || arguments[1] != "words") return false;
  print_words(app, context, {arguments.begin() + 2, arguments.end()});
  return true;
}

void add_completion(CLI::App& app, Context& context) {
  auto shell = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("completion", "Print a completion script for a shell: bash, zsh or fish");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  command->footer(
      "The package installs these scripts. By hand:\n  source <(harrier completion bash)\n"
      "  harrier completion fish | source");
  command->callback([&context, shell] {
    context.run([&]() -> Result<int> {
      context.io().out << script_of(*shell);
      return kDone;
    });
  });
}

}  // namespace harrier::app
