import { resolve } from 'node:path';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { abbreviateHome, requirePath } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import type { NewPasswordSource } from '../../keyring/contract.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { readInput } from './read-input.ts';

const variable = 'ATMOS_KEYRING_NEW_PASSWORD_FILE';
const minBytes = 8;

/**
 * Reads the new password from `--stdin`, `--new-password-file`, or the file that
 * `ATMOS_KEYRING_NEW_PASSWORD_FILE` names. Without them it prompts for it twice.
 *
 * @throws ERR_USAGE when two of them are given
 */
export function newPasswordSource(
  context: Context,
  { flags, values }: Invocation,
): NewPasswordSource {
  const { host } = context;
  const option = values['new-password-file'];
  if (flags['stdin']) {
    if (option === undefined) return { ask: () => readLine(host) };
    throw new AtmosError('ERR_USAGE', '--stdin and --new-password-file cannot be combined', {
      hints: [say('use only one of them')],
    });
  }
  const named = option ?? (host.env[variable] || undefined);
  if (named === undefined) return { ask: (location) => askTwice(context, location) };
  const source = option === undefined ? variable : '--new-password-file';
  const path = requirePath({ value: named, source });
  return { file: { value: resolve(host.workingDirectory(), path), source } };
}

async function readLine(host: Host): Promise<string> {
  const text = await readInput(
    host,
    say('give the new password through a pipe or a file: --stdin < file'),
  );
  return text.replace(/\r?\n$/, '');
}

async function askTwice({ prompt, host }: Context, location: string): Promise<string> {
  const instead = say(`pass --stdin or --new-password-file FILE, or set ${variable}`);
  const password = await prompt.masked({
    message: `New password of the keyring ${abbreviateHome(location, host)}`,
    instead,
    fault: (typed) =>
      Buffer.byteLength(typed) < minBytes
        ? `The password needs at least ${minBytes} bytes`
        : undefined,
  });
  await prompt.masked({
    message: 'Repeat the password',
    instead,
    takesPasted: true,
    fault: (typed) => (typed === password ? undefined : 'The passwords are different'),
  });
  return password;
}
