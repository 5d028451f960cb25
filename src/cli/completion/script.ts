import { fishWord, posixWord, powerShellLiteral } from '../../core/shell-word.ts';
import type { Host } from '../../host/host.ts';

export const completionShells = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type CompletionShell = (typeof completionShells)[number];

/**
 * The completion script of a shell for the commands `atmos` and `atmos-auth`. It calls this program
 * by its absolute path, because `atmos` on PATH may be another one. The shell treats the candidates
 * as data: it compares and inserts them, quoted, and never evaluates them.
 */
export function completionScript(
  shell: CompletionShell,
  { nodePath, scriptPath }: Pick<Host, 'nodePath' | 'scriptPath'>,
): string {
  const quoted = (quote: (path: string) => string) => [nodePath, scriptPath].map(quote).join(' ');
  switch (shell) {
    case 'bash':
      return bash(quoted(posixWord));
    case 'zsh':
      return zsh(quoted(posixWord));
    case 'fish':
      return fish(quoted(fishWord));
    case 'powershell':
      return powershell(quoted(powerShellLiteral));
  }
}

// Bash also splits words at `=` and `:` and keeps their quotes, so the script passes the raw line.
// It works with bash 3.2 of macOS, which has no compopt, and whose `source` reads nothing from
// `<(…)`.
function bash(program: string): string {
  return `# Completion of atmos for bash: eval "$(atmos completion bash)"
_atmos_auth() {
  local reply
  COMPREPLY=()
  while IFS= read -r reply; do
    case $reply in
      :files) compopt -o default 2>/dev/null ;;
      :directories) compopt -o dirnames 2>/dev/null ;;
      *) COMPREPLY+=("$reply") ;;
    esac
  done < <(${program} __complete --line -- "\${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null </dev/null)
}
complete -F _atmos_auth atmos atmos-auth
`;
}

// For `source`, or as a file _atmos in a directory of fpath.
function zsh(program: string): string {
  return `#compdef atmos atmos-auth
# Completion of atmos for zsh: source <(atmos completion zsh)
_atmos() {
  local -a replies
  replies=("\${(@f)$(${program} __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  case $replies[1] in
    :files) compset -P '--*='; _files ;;
    :directories) compset -P '--*='; _files -/ ;;
    ?*) compadd -- "\${(@)replies}" ;;
  esac
}
if [[ $funcstack[1] == _atmos ]]; then
  _atmos "$@"
else
  compdef _atmos atmos atmos-auth
fi
`;
}

function fish(program: string): string {
  return `# Completion of atmos for fish: atmos completion fish | source
function __atmos_auth
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l word (string unescape -- "$token"; or string trim -l -c '\\'"' -- "$token")
    set -l replies (${program} __complete -- $words[2..] "$word" 2>/dev/null </dev/null)
    switch "$replies[1]"
        case :files
            __fish_complete_path "$word"
        case :directories
            __fish_complete_directories "$word" ''
        case '*'
            string join \\n -- $replies
    end
end
complete -c atmos -f -a '(__atmos_auth)'
complete -c atmos-auth -f -a '(__atmos_auth)'
`;
}

// Windows PowerShell drops empty words, so --next says that one follows. Without candidates,
// PowerShell completes files.
function powershell(program: string): string {
  return `# Completion of atmos for PowerShell: atmos completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName atmos, atmos-auth -ScriptBlock {
    param($word, $line, $cursor)
    $before = @($line.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursor } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $typed = $word.Trim([char[]]"'""")
    $options = @(if (-not $typed) { '--next' })
    $last = @(if ($typed) { $typed })
    & ${program} __complete @options -- @before @last 2>$null |
        Where-Object { -not $_.StartsWith(':') } |
        ForEach-Object {
            $text = $_
            if ($text -notmatch '^[A-Za-z0-9_./=-]+$') {
                $text = "'" + ($text -replace "['\\u2018\\u2019\\u201a\\u201b]", '$0$0') + "'"
            }
            [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
        }
}
`;
}
