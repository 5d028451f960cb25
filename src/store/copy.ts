import { AtmosError, isAtmosError, isEntryError, KeyringError } from '../core/errors.ts';
import { run, say } from '../core/hint.ts';
import type { Keyring } from '../keyring/contract.ts';
import { hasExpired, type Inventory } from './inventory.ts';
import { sessionKeyOf, type ItemKind } from './key.ts';

/** One entry that is to be copied into a keyring, the target. */
export interface Copy {
  /** Its key in the target. */
  readonly key: string;
  /** Reads both sides. Null: the source has it no more. */
  prepare(): Promise<PreparedCopy | null>;
  /**
   * Deletes it where it was copied from, if the target holds at that moment what it holds there. Absent
   * where nothing is ever deleted.
   *
   * @throws ERR_STORE_CONFLICT when it does not
   */
  deleteSource?(): Promise<void>;
}

export interface PreparedCopy extends CopiedContent {
  readonly target: 'absent' | 'same' | 'different';
  /** Writes it, and reads it back. */
  write(): Promise<void>;
}

/** What the content of an entry tells, where it is looked at. */
export interface CopiedContent {
  readonly item?: ItemKind;
  /** A session or token that has, which is not copied. */
  readonly hasExpired?: boolean;
}

/**
 * What became of an entry, or would become of it in a dry run. `present`: the target had the same
 * value. `expired`: a session or token that is of no use any more, and was left. `conflict`: it had another one, which stays. `gone`: the source lost it meanwhile. `pending`:
 * its turn did not come.
 */
export type CopyState =
  | 'copied'
  | 'overwritten'
  | 'present'
  | 'expired'
  | 'conflict'
  | 'failed'
  | 'gone'
  | 'pending';

export interface CopiedEntry {
  readonly key: string;
  state: CopyState;
  /** What its content is; absent where that is not known, and its name has to tell. */
  item?: ItemKind;
  sourceDeleted: boolean;
  /** Why it was not copied, or why its source was kept although it was to go. */
  error?: AtmosError;
}

export interface CopyResult {
  /** In the order of the copies; the last are pending when something stopped it. */
  readonly entries: readonly CopiedEntry[];
  /** What would be the same for every other entry, or ERR_CANCELLED. */
  readonly stopped: AtmosError | undefined;
}

export interface Run {
  /** Asked before each entry, so that none is left half-way. */
  isInterrupted(): Promise<boolean>;
  /** Told after each how many have had their turn. */
  onEntry(done: number): void | Promise<void>;
}

export interface CopyOptions extends Run {
  /** Whether another value in the target is replaced. */
  readonly overwrite: boolean;
  /** Reads, and writes nothing. */
  readonly isDryRun: boolean;
}

/**
 * Copies one after the other. An entry that cannot be copied is noted and keeps no other from its
 * turn; so a second run finds what the first one did, and goes on.
 */
export async function runCopies(
  copies: readonly Copy[],
  options: CopyOptions,
): Promise<CopyResult> {
  const turns = copies.map((copy) => ({
    copy,
    entry: newEntry(copy.key),
  }));
  const stopped = await takeTurns(turns, options, async ({ copy, entry }) => {
    entry.state = await settle(copy, entry, options);
    const fault = faults[entry.state];
    if (fault) entry.error = new AtmosError('ERR_STORE_CONFLICT', `${entry.key} ${fault}`);
  });
  return { entries: turns.map(({ entry }) => entry), stopped };
}

/**
 * Gives each its turn, and notes the error of one in its entry.
 *
 * @returns what ended it before all had theirs
 */
async function takeTurns<T extends { readonly entry: CopiedEntry }>(
  turns: readonly T[],
  { isInterrupted, onEntry }: Run,
  take: (turn: T) => Promise<void>,
): Promise<AtmosError | undefined> {
  for (const [index, turn] of turns.entries()) {
    if (await isInterrupted()) return new AtmosError('ERR_CANCELLED', 'interrupted');
    try {
      await take(turn);
    } catch (error) {
      if (!isAtmosError(error)) throw error;
      // A full disk would be the same for the next one.
      if (!isEntryError(error) || error.code === 'ERR_KEYRING_IO') return error;
      turn.entry.error = error;
      if (turn.entry.state === 'pending') turn.entry.state = 'failed';
    }
    await onEntry(index + 1);
  }
  return undefined;
}

function newEntry(key: string): CopiedEntry {
  return { key, state: 'pending', sourceDeleted: false };
}

async function settle(
  copy: Copy,
  entry: CopiedEntry,
  { overwrite, isDryRun }: CopyOptions,
): Promise<CopyState> {
  const prepared = await copy.prepare();
  if (prepared === null) return 'gone';
  if (prepared.item !== undefined) entry.item = prepared.item;
  if (prepared.hasExpired) return 'expired';
  if (prepared.target === 'same') return 'present';
  const isThere = prepared.target === 'different';
  if (isThere && !overwrite) return 'conflict';
  if (!isDryRun) await prepared.write();
  return isThere ? 'overwritten' : 'copied';
}

const faults: Partial<Record<CopyState, string>> = {
  conflict: 'is there already, with another value',
  gone: 'is gone from where it was to be copied from',
};

export interface Between {
  readonly source: Keyring;
  readonly target: Keyring;
}

/** Tells of an entry of ours what its content is. @param now absent where expired ones count as others */
export function contentReader(inventory: Inventory, now?: Date): ReadContent {
  return (key, value) => {
    const entry = inventory.read(key, value);
    if (entry.owner !== 'atmos-auth' || entry.holds === undefined) return {};
    const isShortLived = entry.holds !== 'key';
    return {
      item: entry.holds,
      hasExpired: now !== undefined && isShortLived && hasExpired(entry, now),
    };
  };
}

type ReadContent = (key: string, value: string) => CopiedContent;

/**
 * An entry as it is, whatever is in it: a key, a session, a token, one that only Atmos knows. A session in
 * the target goes before the key that has opened it is replaced by another one.
 */
export function entryCopy(
  key: string,
  { source, target }: Between,
  readContent: ReadContent = () => ({}),
): Copy {
  return {
    key,
    async prepare() {
      const value = await source.get(key);
      if (value === null) return null;
      const existing = await target.get(key);
      const content = readContent(key, value);
      return {
        ...content,
        target: existing === null ? 'absent' : existing === value ? 'same' : 'different',
        async write() {
          if (existing !== null && content.item === 'key') {
            await removeSession(sessionKeyOf(key), target, readContent);
          }
          await target.set(key, value);
          if ((await target.get(key)) !== value) throw notKept(key, target);
        },
      };
    },
    async deleteSource() {
      const value = await source.get(key);
      if (value === null) return;
      if ((await target.get(key)) !== value) throw changed(key, source);
      await source.delete(key);
    },
  };
}

/** What an identity of Atmos called `x@session` has under that name is its key, and stays. */
async function removeSession(
  key: string,
  target: Keyring,
  readContent: ReadContent,
): Promise<void> {
  try {
    const value = await target.get(key);
    if (value !== null && readContent(key, value).item === 'session') await target.delete(key);
  } catch (error) {
    // One that cannot be read is not used either.
    if (!isEntryError(error)) throw error;
  }
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
      { hints: [say('run the same command again')] },
    );
  }
}

/**
 * Deletes from the source what was copied, one by one, each only when the target holds at that moment
 * what the source holds.
 *
 * @param entries what became of the copies, in their order
 * @returns what ended it before all had their turn
 */
export async function deleteCopied(
  copies: readonly Copy[],
  entries: readonly CopiedEntry[],
  operation: Run,
): Promise<AtmosError | undefined> {
  const turns = entries.flatMap((entry, index) => {
    const copy = copies[index];
    return copy !== undefined && isInTarget(entry.state) ? [{ copy, entry }] : [];
  });
  return takeTurns(turns, operation, async ({ copy, entry }) => {
    if (copy.deleteSource === undefined) return;
    await copy.deleteSource();
    entry.sourceDeleted = true;
  });
}

/** Whether the target holds what the source had. */
export function isInTarget(state: CopiedEntry['state']): boolean {
  return state === 'copied' || state === 'overwritten' || state === 'present';
}

/** The error for a keyring that gives back another value than it was given. */
export function notKept(key: string, { info }: Keyring): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_IO',
    `the ${info.type} keyring (${info.location}) does not give back what was stored as ${key}`,
    { hints: [run(['atmos', 'auth', 'keyring', 'status'])] },
  );
}

/** The error for an entry whose source or target was changed since it was copied. */
export function changed(key: string, { info }: Keyring): AtmosError {
  return new AtmosError(
    'ERR_STORE_CONFLICT',
    `${key} was changed while it was copied, so it stays in the ${info.type} keyring`,
    { hints: [say('run the same command again')] },
  );
}
