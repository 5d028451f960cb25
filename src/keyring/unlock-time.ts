import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { quote } from '../core/json.ts';
import { parseDuration } from '../core/time.ts';

/** Nothing stays unlocked for longer than this after its password was given, renewed or not. */
export const maxUnlockMs = 24 * 60 * 60 * 1000;

/** What is not said otherwise. */
export const defaultTerms = { ttl: '8h', idle: '1h' } as const;

/**
 * How long a keyring stays unlocked, in milliseconds.
 *
 * @param what names the setting or option in the error
 * @param shown stands for the text in the error
 * @throws ERR_CONFIG_INVALID for what is no duration, or longer than a day
 */
export function parseUnlockTime(text: string, what: string, shown = quote(text)): number {
  const timeMs = parseDuration(text, what, shown) * 1000;
  if (timeMs <= maxUnlockMs) return timeMs;
  throw new AtmosError('ERR_CONFIG_INVALID', `${what} ${shown} is longer than 24h`, {
    hints: [say('write a time of at most 24h')],
  });
}
