import { AtmosError, isAtmosError, isEntryError, KeyringError } from '../core/errors.ts';
import { run, say } from '../core/hint.ts';
import type { Keyring, KeyringReader } from '../keyring/contract.ts';
import { hasExpired, type Inventory } from './inventory.ts';
import { sessionKeyOf, type ItemKind } from './key.ts';

/** One entry to copy into a keyring, the target. */
export interface Copy {
  /** Its key in the target. */
  readonly key: string;
  /** Reads both sides. Null if the source no longer has it. */
  prepare(): Promise<PreparedCopy | null>;
  /**
   * Deletes it from the source, if source and target have the same value at that moment. Absent if
   * sources are never deleted.
   *
   * @throws ERR_STORE_CONFLICT if the values differ
   */
  deleteSource?(): Promise<void>;
}

export interface PreparedCopy extends CopiedContent {
  readonly target: 'absent' | 'same' | 'different';
  /** Writes it and reads it back. */
  write(): Promise<void>;
}

/** What the content of an entry says, if it is read. */
export interface CopiedContent {
  readonly item?: ItemKind;
  /** The session or token has expired and is not copied. */
  readonly hasExpired?: boolean;
}

/**
 * The result for an entry, or the result that it would have in a dry run. `present`: the target
 * already had the same value. `expired`: a session or token that has expired was not copied.
 * `conflict`: the target has another value, which was not changed. `gone`: the source lost it in
 * the meantime. `pending`: it was not processed.
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
  /** The type of its content; absent if unknown, in which case its name has to tell. */
  item?: ItemKind;
  sourceDeleted: boolean;
  /** Why it was not copied, or why its source was not deleted as requested. */
  error?: AtmosError;
}

export interface CopyResult {
  /** In the order of the copies. The last ones are pending if an error stopped the run. */
  readonly entries: readonly CopiedEntry[];
  /** An error that would be the same for every other entry, or ERR_CANCELLED. */
  readonly stopped: AtmosError | undefined;
}

export interface Run {
  /** Called before each entry, so that no entry is only partly copied. */
  isInterrupted(): Promise<boolean>;
  /** Called after each entry with the number of entries processed. */
  onEntry(done: number): void | Promise<void>;
}

export interface CopyOptions extends Run {
  /** Whether a different value in the target is replaced. */
  readonly overwrite: boolean;
  /** Only reads; writes nothing. */
  readonly isDryRun: boolean;
}

/**
 * Copies entries one after the other. An entry that cannot be copied is recorded and does not stop
 * the others. A second run recognizes the results of the first and continues.
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
 * Processes the entries in order, and records an error of one entry in its result.
 *
 * @returns the error that stopped the run before the last entry
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
      // A full disk would be the same for the next entry.
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
  conflict: 'already exists with a different value',
  gone: 'was deleted from the source keyring',
};

export interface Between {
  /** Its entries can be deleted if it is a keyring. */
  readonly source: Keyring | KeyringReader;
  readonly target: Keyring;
}

/**
 * Returns the type of the content of our own entries. @param now if absent, expired entries are
 * treated like others
 */
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
 * Copies an entry unchanged, whatever its content is: a key, a session, a token, or a type that
 * only Atmos knows. When a key is replaced by a different one, the session that it opened is removed
 * from the target: before, so that a second run still finds the difference, and after, because a
 * login that had read the old key may have stored its session meanwhile.
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
          const isNewKey = existing !== null && content.item === 'key';
          if (isNewKey) await removeSession(sessionKeyOf(key), target, readContent);
          await target.set(key, value);
          if ((await target.get(key)) !== value) throw notKept(key, target);
          if (isNewKey) await removeSession(sessionKeyOf(key), target, readContent);
        },
      };
    },
    ...('delete' in source ? { deleteSource: () => deleteSame(key, source, target) } : {}),
  };
}

/** Deletes an entry of the source if the target has the same value. */
async function deleteSame(key: string, source: Keyring, target: Keyring): Promise<void> {
  const value = await source.get(key);
  if (value === null) return;
  if ((await target.get(key)) !== value) throw changed(key, source);
  await source.delete(key);
}

/** Under that name an Atmos identity called `x@session` has its key, which is not removed. */
async function removeSession(
  key: string,
  target: Keyring,
  readContent: ReadContent,
): Promise<void> {
  if (await isSessionAt(key, target, readContent)) await target.delete(key);
}

async function isSessionAt(
  key: string,
  target: Keyring,
  readContent: ReadContent,
): Promise<boolean> {
  try {
    const value = await target.get(key);
    return value !== null && readContent(key, value).item === 'session';
  } catch (error) {
    // An entry that cannot be read cannot be used either.
    if (!isEntryError(error)) throw error;
    return false;
  }
}

/**
 * Records entries that the target has lost since they were copied, for example because its
 * directory was removed. Only lists the names.
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
 * Deletes copied entries from the source one by one, each only if source and target have the same
 * value at that moment.
 *
 * @param entries the results of the copies, in the same order
 * @returns the error that stopped the run before the last entry
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

/** Whether the target has the value of the source. */
export function isInTarget(state: CopiedEntry['state']): boolean {
  return state === 'copied' || state === 'overwritten' || state === 'present';
}

/** The error for a keyring that returns a different value than was stored. */
export function notKept(key: string, { info }: Keyring): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_IO',
    `the ${info.type} keyring (${info.location}) returned a different value than was stored as ${key}`,
    { hints: [run(['atmos', 'auth', 'keyring', 'status'])] },
  );
}

/** The error for an entry whose source or target has changed since it was copied. */
export function changed(key: string, { info }: Keyring): AtmosError {
  return new AtmosError(
    'ERR_STORE_CONFLICT',
    `${key} was changed while it was copied, so it stays in the ${info.type} keyring`,
    { hints: [say('run the same command again')] },
  );
}
