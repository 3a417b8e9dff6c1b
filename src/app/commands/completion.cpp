#include "app/commands/commands.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <ostream>

namespace harrier::app {

namespace {

// The words come from the program itself, so that a script stays right across versions.
constexpr const char* kBash = R"sh(# bash completion for harrier: source <(harrier completion bash)
_harrier() {
  local cur=${COMP_WORDS[COMP_CWORD]}
  if [ "${COMP_WORDS[COMP_CWORD-1]}" = --config ]; then
    COMPREPLY=($(compgen -f -- "$cur"))
    return
  fi
  COMPREPLY=($(compgen -W "$(harrier completion words "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "$cur"))
  case ${COMP_WORDS[1]} in
    query|backup) COMPREPLY+=($(compgen -f -- "$cur")) ;;
  esac
}
complete -F _harrier harrier
)sh";

constexpr const char* kZsh = R"sh(#compdef harrier
# zsh completion for harrier: source <(harrier completion zsh)
_harrier() {
  if [[ $words[CURRENT-1] == --config ]]; then
    _files
    return
  fi
  compadd -- ${(f)"$(harrier completion words "${(@)words[2,CURRENT-1]}" 2>/dev/null)"}
  case $words[2] in
    query|backup) _files ;;
  esac
}
compdef _harrier harrier
)sh";

constexpr const char* kFish = R"sh(# fish completion for harrier: harrier completion fish | source
function __harrier_words
  set -l typed (commandline -opc)
  harrier completion words $typed[2..-1] 2>/dev/null
end
complete -c harrier -f -a '(__harrier_words)'
complete -c harrier -l config -r -F
complete -c harrier -n '__fish_seen_subcommand_from query backup' -F
)sh";

bool takes_tables(std::string_view command) {
  for (const char* name : {"enable", "disable", "schema", "backfill", "flag", "unflag"}) {
    if (command == name) return true;
  }
  return false;
}

void print_options(const CLI::App& app, std::ostream& out) {
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) out << "--" << name << '\n';
  }
}

// Every word that may follow what was typed.
void print_words(const CLI::App& app, Context& context, const std::vector<std::string>& typed) {
  std::ostream& out = context.io().out;
  const CLI::App* command = nullptr;
  for (const auto* candidate : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!typed.empty() && candidate->get_name() == typed.front()) command = candidate;
    if (typed.empty()) out << candidate->get_name() << '\n';
  }
  if (command == nullptr) {
    print_options(app, out);
    return;
  }
  print_options(*command, out);
  for (const auto* candidate : command->get_subcommands([](const CLI::App*) { return true; }))
    out << candidate->get_name() << '\n';
  if (!takes_tables(command->get_name())) return;
  for (const auto& table : context.catalog().tables()) {
    if (table->selectable) out << table->name << '\n';
  }
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto shell = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("completion", "Print a completion script for a shell: bash, zsh or fish");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish", "words"}))
      ->type_name("");
  command->add_option("WORDS", *words, "")->group("");
  command->prefix_command();
  command->footer(
      "Examples:\n  source <(harrier completion bash)\n  harrier completion fish | source");
  command->callback([&app, &context, command, words, shell] {
    context.run([&]() -> Result<int> {
      auto typed = *words;
      const auto rest = command->remaining();
      typed.insert(typed.end(), rest.begin(), rest.end());
      if (*shell == "words") {
        print_words(app, context, typed);
      } else {
        context.io().out << (*shell == "bash" ? kBash : *shell == "zsh" ? kZsh : kFish);
      }
      return kDone;
    });
  });
}

}  // namespace harrier::app
