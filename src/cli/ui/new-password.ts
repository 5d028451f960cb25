import { resolve } from 'node:path';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import type { NewPasswordSource } from '../../keyring/contract.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { readInput } from './read-input.ts';

const variable = 'ATMOS_KEYRING_NEW_PASSWORD_FILE';
const minBytes = 8;

/**
 * Where the new password comes from: `--stdin`, `--new-password-file`, the file that
 * `ATMOS_KEYRING_NEW_PASSWORD_FILE` names, else a person, who types it twice.
 *
 * @throws ERR_USAGE for two of them
 */
export function newPasswordSource(
  context: Context,
  { flags, values }: Invocation,
): NewPasswordSource {
  const { host } = context;
  const option = values['new-password-file'];
  if (flags['stdin']) {
    if (option === undefined) return { ask: () => readLine(host) };
    throw new AtmosError(
      'ERR_USAGE',
      'the new password comes from one place: --stdin or --new-password-file',
      { hints: [say('give one of them')] },
    );
  }
  const named = option ?? (host.env[variable] || undefined);
  if (named === undefined) return { ask: (location) => askTwice(context, location) };
  const source = option === undefined ? variable : '--new-password-file';
  return { file: { value: resolve(host.workingDirectory(), named), source } };
}

async function readLine(host: Host): Promise<string> {
  const text = await readInput(
    host,
    say('give the new password through a pipe or a file: --stdin < file'),
  );
  return text.replace(/\r?\n$/, '');
}

async function askTwice({ prompt }: Context, location: string): Promise<string> {
  const instead = say(`pass --stdin or --new-password-file FILE, or set ${variable}`);
  const password = await prompt.masked({
    message: `New password of the keyring ${location}`,
    instead,
    fault: (typed) =>
      Buffer.byteLength(typed) < minBytes ? `It needs at least ${minBytes} bytes` : undefined,
  });
  await prompt.masked({
    message: 'The same password again',
    instead,
    fault: (typed) => (typed === password ? undefined : 'It is not the same'),
  });
  return password;
}
