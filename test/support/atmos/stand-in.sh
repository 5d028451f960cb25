#!/bin/sh
# A stand-in for the real Atmos in tests: a small set of similar commands, help texts and exit codes.
# Subcommands are listed by group; the empty group is the program itself.
children() {
  case "$1" in
    '') echo auth completion describe helmfile help legacy profile terraform version ;;
    auth) echo console env exec list login logout shell user validate whoami ;;
    'auth user') echo configure ;;
    completion) echo bash fish powershell zsh ;;
    describe) echo component stacks ;;
    profile) echo list show ;;
    terraform | tf) echo apply output plan ;;
    version) echo install list ;;
    *) return 1 ;;
  esac
}

# Drops global options and `help`, and records whether help is requested.
path=''
help=''
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help | help) help=1 ;;
    --logs-level | --base-path | -C) shift ;;
    -*) ;;
    *) path="${path:+$path }$1" ;;
  esac
  shift
done

# A command whose help fails, as that of a plugin may.
if [ "$path" = legacy ]; then
  echo 'legacy has no help' >&2
  exit 3
fi
printf 'The stand-in for atmos: %s\n' "${path:-the program itself}"
if listed=$(children "$path"); then
  printf '\nAvailable Commands:\n'
  for name in $listed; do printf '  %-12s what it does\n' "$name"; done
fi
[ -n "$help" ] || [ -z "$path" ] || printf '\nrun: %s\n' "$path"
