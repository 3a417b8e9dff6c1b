# fish completion for harrier: harrier completion fish | source
# The words come from the program itself, so that they fit its version and configuration.
function __harrier_words
  set -l typed (commandline -opc)
  $typed[1] completion words $typed[2..-1] 2>/dev/null
end
complete -c harrier -f -a '(__harrier_words)'
complete -c harrier -l config -r -F
complete -c harrier -n '__fish_seen_subcommand_from query backup' -F
