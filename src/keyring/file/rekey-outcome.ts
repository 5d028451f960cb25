import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { distinctHints, say } from '../../core/hint.ts';
import type { RekeyResult } from '../contract.ts';
import type { Place } from './rekey-plan.ts';
import type { Staged, Staging } from './rekey-stage.ts';

// What re-encrypting the entries has found: whether it may be committed, and the result for the caller.

/** Maximum number of failing entries that a message names. */
const maxShown = 5;

/** @throws ERR_KEYRING_DAMAGED, _PERMISSIONS, ERR_KEYRING_BUSY with the names of the entries */
export function checkStaged(
  { directory }: Pick<Place, 'directory'>,
  { wrappedSecret }: Pick<Staging, 'wrappedSecret'>,
  staged: Staged,
): void {
  const [first, ...others] = Array.from(staged.unreadable.values())
    .filter(({ doesNotOpen }) => wrappedSecret === undefined || !doesNotOpen)
    .map(({ error }) => error);
  if (first !== undefined) {
    const shown = [first, ...others.slice(0, maxShown - 1)];
    const rest = others.length + 1 - shown.length;
    const more = rest === 0 ? '' : `; and ${rest} more`;
    throw new KeyringError(
      first.code,
      `nothing was changed, because some entries cannot be decrypted: ${shown.map(({ message }) => message).join('; ')}${more}`,
      { hints: distinctHints(shown.flatMap(({ hintValues }) => hintValues)) },
    );
  }
  if (staged.unstable.length === 0) return;
  const paths = staged.unstable.map((name) => join(directory, name));
  throw new KeyringError(
    'ERR_KEYRING_BUSY',
    `nothing was changed, because another program keeps writing ${paths.join(', ')}`,
    {
      hints: [
        say('stop the program that writes there (Atmos, aws-vault), then run the command again'),
      ],
    },
  );
}

export function resultOf(staged: Staged, isWork: boolean): RekeyResult {
  const { entries, replacements, weakOthers } = staged;
  const unreadable = unreadableOf(staged);
  return {
    outcome: isWork ? 'changed' : 'none',
    entries: entries + unreadable.length,
    rewritten: replacements.length,
    weakOthers,
    unreadable,
    left: [],
  };
}

/** The names of the files that were not decrypted, sorted. */
export function unreadableOf({ unreadable, unreadableOthers }: Staged): string[] {
  return [...unreadable.keys(), ...unreadableOthers].sort();
}
