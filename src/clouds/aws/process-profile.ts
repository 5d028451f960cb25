import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { hasControl } from '../../core/control-characters.ts';
import { sha256 } from '../../core/sha256.ts';
import type { Host } from '../../host/host.ts';
import type { ProcessCommand, ProcessProfile } from '../cloud-contract.ts';
import { sharedPaths } from './shared-paths.ts';

/**
 * Whether every SDK finds a profile with this name, and only by its name. The JavaScript SDK finds
 * no profile with `=` or with the name of a property of every object (`constructor`):
 * docs/adr/0025.
 */
function isSafe(profile: string): boolean {
  return /^[A-Za-z0-9_.@+/-]{1,128}$/.test(profile) && profile !== 'default' && !(profile in {});
}

/** Whether {@link profileOf} with this prefix is a name that every SDK finds. */
export function isPrefix(prefix: string): boolean {
  return prefix.length <= 64 && isSafe(`${prefix}x`);
}

/**
 * The AWS profile of an identity: its name, as in Atmos, or `atmos-` and 8 hex digits of the
 * SHA-256 of a name that some SDK does not find. `default` is hashed as well, because a program
 * without AWS_PROFILE would use that profile.
 *
 * @param prefix precedes either name
 */
export function profileOf(identity: string, prefix = ''): string {
  const name = `${prefix}${identity}`;
  return isSafe(name) ? name : `${prefix}atmos-${sha256(identity).slice(0, 8)}`;
}

/** Whether the profile of an identity has another name than the identity. */
export function hasOtherName({
  identity,
  prefix = '',
}: Pick<ProcessProfile, 'identity' | 'prefix'>): boolean {
  return profileOf(identity, prefix) !== `${prefix}${identity}`;
}

/**
 * The user's AWS files that a program no longer reads in mode `process`, with the home directory as
 * `~`.
 *
 * @param configFile the file that it reads instead
 */
export function hiddenFiles(
  configFile: string,
  host: Pick<Host, 'env' | 'homeDirectory' | 'userId'>,
): readonly string[] {
  if (host.homeDirectory === undefined) return [];
  const { config, credentials } = sharedPaths(host);
  // If this shell has evaluated `auth env`, the variables already name a file of atmos-auth.
  const isTheirs = (path: string) => dirname(path) !== dirname(configFile) && existsSync(path);
  const home = join(host.homeDirectory, sep);
  return [config, credentials]
    .filter(isTheirs)
    .map((path) => (path.startsWith(home) ? `~/${path.slice(home.length)}` : path));
}

/**
 * Formats an AWS configuration file with one profile that runs atmos-auth for its credentials.
 *
 * @throws TypeError for a command or a region with more than one line
 */
export function formatProcessProfile(profile: ProcessProfile): string {
  const { identity, prefix, command, region } = profile;
  if (breaksLine(command)) throw new TypeError('the command of the profile is not one line');
  if (breaksLine(region ?? '')) throw new TypeError('the region of the profile is not one line');
  const regionLine = region === undefined ? '' : `region = ${region}\n`;
  return `[profile ${profileOf(identity, prefix)}]\ncredential_process = ${command}\n${regionLine}`;
}

/**
 * Formats a line for `credential_process` that all programs parse in the same way.
 *
 * On systems other than Windows, the parsers are sh (the Go and JavaScript SDKs) and shlex
 * (botocore): a plain word is not changed, other words are in double quotes. On Windows nothing can
 * be quoted: the Go and Rust SDKs pass a quote to cmd.exe as `\"`, .NET passes too many quotes, and
 * botocore does not support the escapes of cmd.exe. Every word must therefore be plain there, with
 * `\` as the path separator, because cmd.exe reads `/` in a name without quotes as an option.
 *
 * @returns undefined if a word has a character that one of them would expand, escape or treat as
 *   the end
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
  // The Go SDK removes a quote from both ends of a value.
  return line.startsWith('"') && line.endsWith('"') ? undefined : line;
}

function quoteForAll(word: string): string | undefined {
  if (/^[A-Za-z0-9_@+:,./-]+$/.test(word)) return word;
  const isExpanded = /["$`\\%!]/.test(word) || breaksLine(word) || !word.isWellFormed();
  // INI parsers start a comment here, even inside quotes.
  const isCut = /\s[#;]/.test(word);
  return isExpanded || isCut ? undefined : `"${word}"`;
}

// Only ASCII letters are plain: botocore reads the file in the code page of the machine, others as
// UTF-8. `~` is in the short file names of Windows.
function plainLine(words: readonly string[]): string | undefined {
  return words.every((word) => /^[A-Za-z0-9_+:.\\~-]+$/.test(word)) ? words.join(' ') : undefined;
}

function withBackslashes(path: string): string {
  return path.replaceAll('/', '\\');
}

/** Whether a text contains a control character or a separator of lines or paragraphs. */
function breaksLine(text: string): boolean {
  return hasControl(text) || /[\u2028\u2029]/.test(text);
}
