import { AtmosError, KeyringError } from '../../core/errors.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { takeTurns, type CopiedEntry, type Copy, type Run } from '../copy.ts';
import { parseItemKey } from '../key.ts';

export interface Between {
  readonly source: Keyring;
  readonly target: Keyring;
}

/** The keys of entries of ours, sorted, and how many there are of other programs. */
export async function ownKeys(keyring: Keyring): Promise<{ keys: string[]; others: number }> {
  const all = await keyring.keys();
  const keys = all.filter((key) => parseItemKey(key, '') !== undefined);
  return { keys, others: all.length - keys.length };
}

/** An entry as it is, whatever is in it: a key, a session, a token, one that only Atmos knows. */
export function entryCopy(key: string, { source, target }: Between): Copy {
  return {
    key,
    async prepare() {
      const value = await source.get(key);
      if (value === null) return null;
      const existing = await target.get(key);
      return {
        target: existing === null ? 'absent' : existing === value ? 'same' : 'different',
        async write() {
          await target.set(key, value);
          if ((await target.get(key)) !== value) throw notKept(key, target);
        },
      };
    },
  };
}

/**
 * Notes what the target has lost since it was copied, as when its directory was taken away meanwhile.
 * One look at the names, which asks for nothing more.
 */
export async function noteLost(entries: readonly CopiedEntry[], target: Keyring): Promise<void> {
  const there = new Set(await target.keys());
  for (const entry of entries) {
    if (!isInTarget(entry.state) || there.has(entry.key)) continue;
    entry.state = 'failed';
    entry.error = new AtmosError(
      'ERR_STORE_CONFLICT',
      `${entry.key} vanished from the ${target.info.type} keyring after it was copied`,
      { hints: ['run the same command again'] },
    );
  }
}

/**
 * Deletes from the source what was copied, one by one, each only when the target holds at that moment
 * what the source holds.
 *
 * @returns what ended it before all had their turn
 */
export async function deleteCopied(
  entries: readonly CopiedEntry[],
  { source, target }: Between,
  run: Run,
): Promise<AtmosError | undefined> {
  const copied = entries.filter(({ state }) => isInTarget(state)).map((entry) => ({ entry }));
  return takeTurns(copied, run, async ({ entry }) => {
    const { key } = entry;
    const value = await source.get(key);
    if (value !== null && (await target.get(key)) !== value) throw changed(key, source);
    if (value !== null) await source.delete(key);
    entry.sourceDeleted = true;
  });
}

/** Whether the target holds what the source had. */
export function isInTarget(state: CopiedEntry['state']): boolean {
  return state === 'copied' || state === 'overwritten' || state === 'present';
}

function notKept(key: string, { info }: Keyring): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_IO',
    `the ${info.type} keyring (${info.location}) does not give back what was stored as ${key}`,
    { hints: ['atmos auth keyring status'] },
  );
}

function changed(key: string, { info }: Keyring): AtmosError {
  return new AtmosError(
    'ERR_STORE_CONFLICT',
    `${key} was changed while it was copied, so it stays in the ${info.type} keyring`,
    { hints: ['run the same command again'] },
  );
}
