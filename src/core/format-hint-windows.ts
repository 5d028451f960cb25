// Formats hints for the shells of Windows. Hints contain programs of POSIX systems, which are
// replaced by their Windows counterparts. Windows programs (icacls, tasklist) are formatted for the
// shell that runs them.
import { joinWords, posixSyntax, type ShellSyntax } from './format-hint.ts';
import type { Argument, Arguments } from './hint.ts';
import { cmdWord, powerShellLiteral, powerShellWord } from './shell-word.ts';

/** Every user of atmos-auth has node; few have openssl on Windows. */
const randomText = `node -p "crypto.randomBytes(24).toString('base64')"`;

/** PowerShell 5.1 and 7. */
export const powerShellSyntax: ShellSyntax = {
  argument: powerShellWord,
  value: powerShellLiteral,
  home: '~',
  random: randomText,
  set: (variable, value) => `$env:${variable} = ${value.startsWith('<') ? `'${value}'` : value}`,
  ask: (variable) =>
    `$env:${variable} = [Net.NetworkCredential]::new('', (Read-Host -AsSecureString)).Password`,
  evaluate: (command) => `${command} | Out-String | Invoke-Expression`,
  unset: (variables) => `Remove-Item ${variables.map((name) => `Env:${name}`).join(', ')}`,
  command(command) {
    const [program, ...rest] = command;
    switch (program) {
      case 'openssl':
        return randomText;
      case 'ls':
        return rest[0] === '-l'
          ? `Get-Item ${literalPaths(rest.slice(1))}`
          : `Get-ChildItem ${literalPaths(rest)}`;
      case 'rm':
        return rest[0] === '-r'
          ? `Remove-Item -Recurse ${literalPaths(rest.slice(1))}`
          : `Remove-Item ${literalPaths(rest)}`;
      case 'mv':
        return `Move-Item ${literalPaths(rest.slice(0, -1))} -Destination ~`;
      case 'curl':
        // In PowerShell 5.1, `curl` is an alias of Invoke-WebRequest.
        return joinWords(['curl.exe', ...rest], powerShellSyntax);
      default:
        return isSafeForBatch(command) ? joinWords(command, powerShellSyntax) : undefined;
    }
  },
};

/** `[a]` is a pattern unless the path is literal. */
function literalPaths(paths: Arguments): string {
  const words = paths.map((path) => {
    if (typeof path !== 'string') return '~';
    return /^[\w.:\\/][\w.:\\/-]*$/.test(path) ? path : powerShellLiteral(path);
  });
  return `-LiteralPath ${words.join(', ')}`;
}

/** npm installs a batch file for each program, and cmd.exe then parses its arguments a second time. */
function isSafeForBatch([program, ...rest]: Arguments): boolean {
  const isBatch = typeof program === 'string' && /^(atmos|atmos-auth|npm)$/.test(program);
  return !isBatch || !rest.some((word) => typeof word === 'string' && /[&|<>^%!]/.test(word));
}

/** cmd.exe, interactive or in a batch file. */
export const cmdSyntax: ShellSyntax = {
  argument: cmdWord,
  value: (text) => (/[%!"^\r\n]/.test(text) ? undefined : text),
  home: '"%USERPROFILE%"',
  random: randomText,
  set: (variable, value) =>
    value === randomText
      ? `for /f %r in ('${randomText}') do set "${variable}=%r"`
      : `set "${variable}=${value}"`,
  // cmd.exe cannot read a value without showing it.
  ask: (variable) => `set /p ${variable}=`,
  // Only a batch file could run the output of a command.
  evaluate: () => undefined,
  unset: (variables) => variables.map((name) => `set "${name}="`).join(' & '),
  command(command) {
    const [program, ...rest] = command;
    switch (program) {
      case 'openssl':
        return randomText;
      case 'ls':
        return joinWords(['dir', ...rest.filter((word) => word !== '-l')], cmdSyntax);
      case 'rm':
        return rest[0] === '-r'
          ? joinWords(['rmdir', '/s', ...rest.slice(1)], cmdSyntax)
          : joinWords(['del', ...rest], cmdSyntax);
      case 'mv':
        return joinWords(['move', ...rest], cmdSyntax);
      default:
        return isSafeForBatch(command) ? joinWords(command, cmdSyntax) : undefined;
    }
  },
};

/** bash of Git for Windows. */
export const gitBashSyntax: ShellSyntax = {
  ...posixSyntax,
  command(command) {
    // Git Bash has its own whoami.
    const program = command[0] === 'whoami' ? '"$SYSTEMROOT/System32/whoami.exe"' : undefined;
    const words = joinWords(program === undefined ? command : command.slice(1), posixSyntax);
    const line = [program, words].filter((part) => part).join(' ');
    // Git Bash converts arguments that look like a path, such as `/grant` and `--url=/x`.
    return command.some(looksLikePath) ? `MSYS_NO_PATHCONV=1 ${line}` : line;
  },
};

function looksLikePath(word: Argument): boolean {
  return typeof word === 'string' && /(^|[=:,])\//.test(word) && !word.includes('://');
}
