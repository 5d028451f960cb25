import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { sha256 } from '../../core/sha256.ts';
import type { Host } from '../../host/host.ts';
import type { ProcessCommand, ProcessProfile } from '../contract.ts';
import { sharedPaths } from './shared-paths.ts';

/**
 * Whether every SDK finds a profile of this name, and only by its name. That of JavaScript finds none
 * with `=`, and none that is called as a property of every object (`constructor`): docs/adr/0025.
 */
function isSafe(profile: string): boolean {
  return /^[A-Za-z0-9_.@+/-]{1,128}$/.test(profile) && profile !== 'default' && !(profile in {});
}

/**
 * The AWS profile of an identity: of its name, as in Atmos, or `atmos-` and 8 hex digits of the
 * SHA-256 of a name that not every SDK finds as a profile. `default` is hashed too, since a program
 * that is started without AWS_PROFILE would use a profile of that name.
 */
export function profileOf(identity: string): string {
  return isSafe(identity) ? identity : `atmos-${sha256(identity).slice(0, 8)}`;
}

/**
 * The AWS files of the user that a program no longer reads in mode `process`, home written as `~`.
 *
 * @param configFile the one that it reads instead
 */
export function hiddenFiles(
  configFile: string,
  host: Pick<Host, 'env' | 'homeDirectory' | 'userId'>,
): readonly string[] {
  if (host.homeDirectory === undefined) return [];
  const { config, credentials } = sharedPaths(host);
  // One of ours is there where this shell has evaluated `auth env`.
  const isTheirs = (path: string) => dirname(path) !== dirname(configFile) && existsSync(path);
  const home = join(host.homeDirectory, sep);
  return [config, credentials]
    .filter(isTheirs)
    .map((path) => (path.startsWith(home) ? `~/${path.slice(home.length)}` : path));
}

/**
 * An AWS configuration file with one profile that asks us for its credentials.
 *
 * @throws TypeError for a command or a region that is not one line
 */
export function formatProcessProfile({ identity, command, region }: ProcessProfile): string {
  if (hasControl(command)) throw new TypeError('the command of the profile is not one line');
  if (hasControl(region ?? '')) throw new TypeError('the region of the profile is not one line');
  const regionLine = region === undefined ? '' : `region = ${region}\n`;
  return `[profile ${profileOf(identity)}]\ncredential_process = ${command}\n${regionLine}`;
}

/**
 * One line for `credential_process` that all its readers take apart alike.
 *
 * Elsewhere than on Windows they are sh (the Go and JavaScript SDKs) and shlex (botocore): a plain
 * word stays as it is, others stand in double quotes. On Windows nothing can be quoted: the SDKs of
 * Go and Rust hand cmd.exe a quote as `\"`, .NET's one line with quotes too many, and botocore knows
 * no escape of cmd.exe's. So there every word has to be plain, and its path separators `\`, since
 * cmd.exe takes `/` in a bare name for an option.
 *
 * @returns undefined when a word holds a character that one of them would expand, escape or cut at
 */
export function credentialProcessLine(
  { node, script, args }: ProcessCommand,
  platform: NodeJS.Platform,
): string | undefined {
  if (platform === 'win32')
    return plainLine([withBackslashes(node), withBackslashes(script), ...args]);
  const words = [node, script, ...args].map(quoteForAll);
  if (words.includes(undefined)) return undefined;
  const line = words.join(' ');
  // The Go SDK takes a quote off both ends of a value.
  return line.startsWith('"') && line.endsWith('"') ? undefined : line;
}

function quoteForAll(word: string): string | undefined {
  if (/^[A-Za-z0-9_@+:,./-]+$/.test(word)) return word;
  const isExpanded = /["$`\\%!]/.test(word) || hasControl(word) || !word.isWellFormed();
  // Readers of INI files cut there, whatever stands around it.
  const isCut = /\s[#;]/.test(word);
  return isExpanded || isCut ? undefined : `"${word}"`;
}

// Nor may there be another letter than ASCII's: botocore reads the file in the code page of the
// machine, others as UTF-8. `~` is in the short names of the system.
function plainLine(words: readonly string[]): string | undefined {
  return words.every((word) => /^[A-Za-z0-9_+:.\\~-]+$/.test(word)) ? words.join(' ') : undefined;
}

function withBackslashes(path: string): string {
  return path.replaceAll('/', '\\');
}

function hasControl(text: string): boolean {
  return /\p{Cc}|\p{Zl}|\p{Zp}/u.test(text);
}
