import { KeyringError } from '../../../core/errors.ts';

/** The account of every item of ours: Atmos's own. */
export const account = 'atmos-auth';

/**
 * Most bytes of a command for `security -i`, its newline included. One more, and it would read the
 * newline as a command of its own, whose success it would then tell as ours; from two more on it would
 * take the rest of the value for a command.
 */
export const maxCommandBytes = 4095;

/**
 * The line for the standard input of `security -i` that stores or overwrites an item. The secret
 * stands in it, so it is nobody's argument.
 *
 * @throws ERR_KEYRING_INVALID_KEY for text that would end the line
 */
export function formatAddCommand(name: string, secret: string): string {
  const [service, user, value] = [name, account, secret].map(quoted);
  return `add-generic-password -U -s ${service} -a ${user} -w ${value}\n`;
}

/** How many bytes of secret a command for that name has room for. */
export function secretRoom(name: string): number {
  return maxCommandBytes - Buffer.byteLength(formatAddCommand(name, ''));
}

/**
 * As `security -i` splits its lines: a backslash takes the sign after it as it is, and a quote ends the
 * argument wherever it stands. What a POSIX shell does with quotes would inject arguments here.
 */
function quoted(text: string): string {
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) {
    throw new KeyringError(
      'ERR_KEYRING_INVALID_KEY',
      'a name with a control character cannot be given to security',
    );
  }
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
