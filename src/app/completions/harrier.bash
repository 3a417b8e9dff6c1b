# bash completion for harrier: source <(harrier completion bash)
# The words come from the program itself, so that they fit its version and configuration.
_harrier() {
  local cur=${COMP_WORDS[COMP_CWORD]} words
  if [ "${COMP_WORDS[COMP_CWORD-1]}" = --config ]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    return
  fi
  words=$("${COMP_WORDS[0]}" completion words "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  case " ${COMP_WORDS[*]} " in
    *" query "* | *" backup "*) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
  esac
}
complete -F _harrier harrier
