import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { fishWord, posixWord, powerShellLiteral } from '../core/shell-word.ts';
import { checkVariable, isSecretVariable, type EnvironmentChange } from '../core/variables.ts';

/** The formats that are one text. `github` has two parts, see {@link formatGithub}. */
export const environmentFormats = [
  'bash',
  'fish',
  'powershell',
  'cmd',
  'dotenv',
  'env',
  'json',
] as const;

export type EnvironmentFormat = (typeof environmentFormats)[number];

/**
 * Formats a change as lines for a shell or a file, with sorted names. Values are quoted only where
 * necessary and are never evaluated as code. The lines exit with status 0 in a shell, even if an
 * unset variable was not set before.
 *
 * | format | a value | a variable to unset |
 * | --- | --- | --- |
 * | `bash` (sh, zsh) | `export K=V` | `unset K …` |
 * | `fish` | `set -gx K V` | `set -e K …` |
 * | `powershell` | `$env:K = 'V'` | `$env:K = … = $null` |
 * | `cmd` | `set "K=V"` | `set "K="` |
 * | `dotenv` | `K=V`, quoted as a POSIX shell reads it | nothing |
 * | `env` | `K=V`, raw | nothing |
 * | `json` | `"K": "V"` | `"K": null` |
 *
 * `dotenv` and `env` cannot unset a variable. An empty value instead would break programs: the AWS
 * CLI would look for a profile with an empty name.
 *
 * @throws ERR_CONFIG_INVALID for a name or a value that the format cannot represent
 */
export function formatEnvironment(change: EnvironmentChange, format: EnvironmentFormat): string {
  const entries = sortedEntries(change);
  const gone = [...change.unset].sort();
  switch (format) {
    case 'bash':
      return lines([
        ...(gone.length === 0 ? [] : [`unset ${gone.join(' ')}`]),
        ...entries.map(([name, value]) => `export ${name}=${posixWord(value)}`),
      ]);
    case 'fish':
      return lines([
        ...(gone.length === 0 ? [] : [`set -e ${gone.join(' ')}`]),
        ...entries.map(([name, value]) => `set -gx ${name} ${fishWord(value)}`),
        // `set -e` fails for a variable that is not set, and `set -gx` keeps the status.
        'true',
      ]);
    case 'powershell':
      return lines([
        // Remove-Item would set `$?` to false and add an entry to `$Error` for a variable that is
        // not set.
        ...(gone.length === 0 ? [] : [`${gone.map((name) => `$env:${name} = `).join('')}$null`]),
        ...entries.map(([name, value]) => `$env:${name} = ${powerShellValue(value)}`),
      ]);
    case 'cmd':
      return lines([
        ...gone.map((name) => `set "${name}="`),
        ...entries.map(([name, value]) => `set "${name}=${plainForCmd(name, value)}"`),
        // `set "K="` fails for a variable that is not set, and `set "K=V"` keeps the errorlevel in
        // a .bat file and at the prompt. `cd` sets it to 0 everywhere.
        'cd .',
      ]);
    case 'dotenv':
      return lines(entries.map(([name, value]) => `${name}=${posixWord(value)}`));
    case 'env':
      return lines(entries.map(([name, value]) => `${name}=${oneLine(name, value)}`));
    case 'json':
      return `${JSON.stringify(Object.fromEntries([...entries, ...gone.map((name) => [name, null])].sort(byName)), null, 2)}\n`;
  }
}

/**
 * Formats a change for a step of GitHub Actions. `masks` are commands for its log, which must be
 * printed first, so that the log never shows a secret; `text` is appended to the file that
 * `$GITHUB_ENV` names. A variable cannot be unset there.
 *
 * @throws ERR_CONFIG_INVALID for a name or a value that no environment can contain
 */
export function formatGithub(change: EnvironmentChange): { masks: string; text: string } {
  const entries = sortedEntries(change);
  const secrets = entries.filter(([name, value]) => isSecretVariable(name) && value !== '');
  return {
    masks: lines(secrets.map(([, value]) => `::add-mask::${escapeCommandData(value)}`)),
    text: lines(entries.map(([name, value]) => githubEntry(name, value))),
  };
}

function githubEntry(name: string, value: string): string {
  if (!/[\r\n]/.test(value)) return `${name}=${value}`;
  let delimiter = `ATMOS_EOF_${name}`;
  while (value.includes(delimiter)) delimiter += '_';
  return `${name}<<${delimiter}\n${value}\n${delimiter}`;
}

function escapeCommandData(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function sortedEntries(change: EnvironmentChange): [string, string][] {
  const entries = Object.entries(change.set).sort(byName);
  // Names are not quoted, so anything other than a name would be code.
  for (const [key, value] of entries) checkVariable({ key, value });
  for (const key of change.unset) checkVariable({ key, value: '' });
  return entries;
}

// cmd.exe reads 8191 characters of a line.
const maxCmdLength = 8000;

/**
 * A value that cmd.exe reads unchanged, typed or in a batch file, in any code page, with or without
 * delayed expansion. cmd.exe cannot quote other characters.
 */
function plainForCmd(name: string, value: string): string {
  const isPlain = /^[ -~]*$/.test(value) && !/[%!^"]/.test(value);
  if (isPlain && value.length <= maxCmdLength) return value;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `the value of ${name} has a character that cmd.exe cannot represent, or is too long for it`,
    { hints: [say('choose another format: --format powershell or --format json')] },
  );
}

function oneLine(name: string, value: string): string {
  if (!/[\r\n]/.test(value)) return value;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `the value of ${name} has several lines, which the format env cannot represent`,
    {
      hints: [say('choose another format: --format dotenv or --format json')],
    },
  );
}

/**
 * Uses only ASCII characters: PowerShell reads our output in the code page of its console, in which
 * a byte of UTF-8 can become a quote.
 */
function powerShellValue(value: string): string {
  // The first part is always a string, so that `+` concatenates.
  const [first = '', ...others] = value.split(/([\u0080-\uffff])/);
  if (others.length === 0) return powerShellLiteral(first);
  const parts = others
    .filter((part) => part !== '')
    .map((part) => (/[\u0080-\uffff]/.test(part) ? characterOf(part) : powerShellLiteral(part)));
  return `(${[powerShellLiteral(first), ...parts].join(' + ')})`;
}

/** One UTF-16 code unit; some characters consist of two. */
function characterOf(unit: string): string {
  return `[char]0x${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

function byName([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}
