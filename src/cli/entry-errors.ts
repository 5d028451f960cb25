import { AtmosError, KeyringError } from '../core/errors.ts';
import { distinctHints } from '../core/hint.ts';

/**
 * Whether an error is about one entry, so that the others are worth a try. A password, a lock or a
 * keyring that cannot be reached would be the same for all.
 */
export function isOfEntry(error: unknown): error is KeyringError {
  return (
    error instanceof KeyringError && !/PASSWORD|LOCKED|UNAVAILABLE|TIMEOUT|BUSY/.test(error.code)
  );
}

/** Several failures as one: every message, with the code of the first and the hints of all. */
export function joinErrors([first, ...others]: readonly [AtmosError, ...AtmosError[]]): AtmosError {
  if (others.length === 0) return first;
  const all = [first, ...others];
  const hints = distinctHints(all.flatMap((error) => error.hintValues));
  const lines = all.flatMap((error) => error.lines);
  return new AtmosError(first.code, lines, { hints });
}
