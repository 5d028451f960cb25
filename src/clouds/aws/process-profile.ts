import { isAwsRegion } from './regions.ts';
import { AtmosError } from '../../core/errors.ts';

export interface ProcessProfile {
  /** Letters, digits and `. _ -` only. `default` is the profile that needs no name. */
  readonly profile: string;
  /** From {@link credentialProcessLine}. */
  readonly command: string;
  readonly region?: string;
}

/**
 * An AWS configuration file with one profile that asks us for its credentials.
 *
 * @throws ERR_CONFIG_INVALID for a region that is none; TypeError for a name or command that would
 *   not stay in its place
 */
export function formatProcessProfile({ profile, command, region }: ProcessProfile): string {
  if (!/^[A-Za-z0-9._-]+$/.test(profile))
    throw new TypeError(
      'the name of the profile has other characters than letters, digits and . _ -',
    );
  if (hasControl(command)) throw new TypeError('the command of the profile is not one line');
  if (region !== undefined && !isAwsRegion(region)) {
    throw new AtmosError('ERR_CONFIG_INVALID', 'the region is not the name of an AWS region', {
      hints: ['write it like eu-central-1'],
    });
  }
  const section = profile === 'default' ? '[default]' : `[profile ${profile}]`;
  const regionLine = region === undefined ? '' : `region = ${region}\n`;
  return `${section}\ncredential_process = ${command}\n${regionLine}`;
}

/** A program of Node, and how it is started. */
export interface ProcessCommand {
  readonly node: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly platform: NodeJS.Platform;
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
export function credentialProcessLine(command: ProcessCommand): string | undefined {
  const { node, script, args, platform } = command;
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
