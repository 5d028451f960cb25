import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { fishWord, posixWord, powerShellLiteral } from '../core/shell-word.ts';
import { checkVariable, isSecretVariable, type EnvironmentChange } from '../core/variables.ts';

/** The formats that are text for one reader. `github` is two, see {@link formatGithub}. */
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
 * A change as lines for a shell or a file, names sorted. Values are quoted only where they need it
 * and can never become code. What a shell evaluates ends with status 0, also where a variable that
 * goes was not set.
 *
 * | format | a value | a variable that goes |
 * | --- | --- | --- |
 * | `bash` (sh, zsh) | `export K=V` | `unset K …` |
 * | `fish` | `set -gx K V` | `set -e K …` |
 * | `powershell` | `$env:K = 'V'` | `$env:K = … = $null` |
 * | `cmd` | `set "K=V"` | `set "K="` |
 * | `dotenv` | `K=V`, quoted as a POSIX shell reads it | nothing |
 * | `env` | `K=V`, raw | nothing |
 * | `json` | `"K": "V"` | `"K": null` |
 *
 * `dotenv` and `env` cannot take a variable away. An empty value instead would break programs: the
 * AWS CLI looks for a profile of the empty name.
 *
 * @throws ERR_CONFIG_INVALID for a name or a value that the format cannot hold
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
        // `set -e` fails for a variable that is not set, and `set -gx` passes the status on.
        'true',
      ]);
    case 'powershell':
      return lines([
        // Remove-Item would leave `$?` false, and an entry in `$Error`, for a variable that is not set.
        ...(gone.length === 0 ? [] : [`${gone.map((name) => `$env:${name} = `).join('')}$null`]),
        ...entries.map(([name, value]) => `$env:${name} = ${powerShellValue(value)}`),
      ]);
    case 'cmd':
      return lines([
        ...gone.map((name) => `set "${name}="`),
        ...entries.map(([name, value]) => `set "${name}=${plainForCmd(name, value)}"`),
        // `set "K="` fails for a variable that is not set, and `set "K=V"` keeps the level in a .bat
        // file and at the prompt. `cd` sets it to 0 everywhere.
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
 * A change for a step of GitHub Actions: `masks` are commands for its log, printed first, so that
 * no secret is ever shown there; `text` is appended to the file that `$GITHUB_ENV` names. A
 * variable cannot be taken away there.
 *
 * @throws ERR_CONFIG_INVALID for a name or a value that no environment can hold
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
  // A name is written as it is, so anything else than a name would be code.
  for (const [key, value] of entries) checkVariable({ key, value });
  for (const key of change.unset) checkVariable({ key, value: '' });
  return entries;
}

// cmd.exe reads 8191 characters of a line.
const maxCmdLength = 8000;

/**
 * What cmd.exe takes as it is, typed or in a batch file, in any code page, with delayed expansion or
 * without: it has no way to quote the rest.
 */
function plainForCmd(name: string, value: string): string {
  const isPlain = /^[ -~]*$/.test(value) && !/[%!^"]/.test(value);
  if (isPlain && value.length <= maxCmdLength) return value;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `the value of ${name} has a character that cmd.exe cannot hold, or is too long for it`,
    { hints: [say('choose another format: --format powershell or --format json')] },
  );
}

function oneLine(name: string, value: string): string {
  if (!/[\r\n]/.test(value)) return value;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `the value of ${name} has several lines, which the format env cannot hold`,
    {
      hints: [say('choose another format: --format dotenv or --format json')],
    },
  );
}

/**
 * A value in letters of ASCII alone: PowerShell reads our output by the code page of its console, where
 * a byte of UTF-8 can become a quote.
 */
function powerShellValue(value: string): string {
  // The first is text in any case, so that the sum is one.
  const [first = '', ...others] = value.split(/([\u0080-\uffff])/);
  if (others.length === 0) return powerShellLiteral(first);
  const parts = others
    .filter((part) => part !== '')
    .map((part) => (/[\u0080-\uffff]/.test(part) ? characterOf(part) : powerShellLiteral(part)));
  return `(${[powerShellLiteral(first), ...parts].join(' + ')})`;
}

/** One unit of UTF-16, of which some letters are two. */
function characterOf(unit: string): string {
  return `[char]0x${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

function byName([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}
