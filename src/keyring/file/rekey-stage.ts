import { linkSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AtmosError, KeyringError, systemErrorCode } from '../../core/errors.ts';
import {
  makePrivateDirectories,
  syncDirectory,
  whileInUse,
  writePrivateFile,
} from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import { digest } from '../digest.ts';
import type { OnStep } from './atomic-write.ts';
import { listEntries } from './directory.ts';
import { maxEntryBytes, readEntryFile, type EntryFile } from './entry.ts';
import { parseJwe } from './jwe.ts';
import type { IsOwn } from './own-entries.ts';
import type { Replacement } from './rekey-journal.ts';
import { reseal, type Resealing } from './reseal.ts';
import { discardNext, statePaths } from './state.ts';
import { stampOf } from './survey.ts';
import { translateSystemError, translating } from './system-error.ts';
import { createBounds, damagedEntry, whenWhole, type Bounds } from './torn.ts';

// Each round checks all entries: only a program that writes without a pause makes more rounds
// necessary.
const maxRounds = 100;
const maxRunMs = 20;

export interface Staging extends Omit<Resealing, 'bounds' | 'alike'> {
  readonly directory: string;
  readonly host: Host;
  readonly onStep: OnStep;
  /** The text of the new wrapped secret of a keyring with readers, if it changes. */
  readonly wrappedSecret?: string | undefined;
  onProgress(done: number, total: number): void;
  /** Cancels with ERR_CANCELLED. */
  readonly signal: AbortSignal | undefined;
}

/** One pass over the entries. */
interface Pass extends Staging {
  /** Limit for wasted work on our own entries, which entries of other programs cannot use up. */
  readonly ownBounds: Bounds;
  readonly otherBounds: Bounds;
  readonly alike: Resealing['alike'];
}

export interface Staged {
  /** Number of entries that were decrypted, including those that need no change. */
  readonly entries: number;
  readonly replacements: readonly Replacement[];
  /** Number of decrypted entries of other programs that keep weaker encryption than our own. */
  readonly weakOthers: number;
  /** Our own entries that cannot be decrypted, by file name. */
  readonly unreadable: ReadonlyMap<string, Failure>;
  /** File names of entries of other programs that cannot be decrypted. */
  readonly unreadableOthers: readonly string[];
  /** The files that kept changing. */
  readonly unstable: readonly string[];
}

/** Why an entry was not decrypted. */
export interface Failure {
  readonly error: KeyringError;
  /**
   * Whether it was tried and none of the passwords opens it, or the file cannot be an entry. False for
   * an entry that may open: of another owner, being written, or not tried.
   */
  readonly doesNotOpen: boolean;
}

/** An entry that was read: its hash, and the hash of its replacement if it needs one. */
interface Look {
  /** File status of the operating system that changes with each write. */
  readonly stamp: string;
  readonly from: string;
  readonly to?: string | undefined;
  readonly isWeakOther: boolean;
}

/**
 * Encrypts into `.state/next/` every entry that does not match the target yet, and repeats this for
 * entries that change meanwhile, since other tools use no lock. The decrypted bytes and the file
 * names do not change. Our own entries come first. The caller holds the exclusive lock.
 *
 * @throws ERR_CANCELLED, ERR_KEYRING_IO, ERR_KEYRING_PERMISSIONS
 */
export async function stageEntries(staging: Staging): Promise<Staged> {
  const { directory, isDryRun, isOwn, onStep, onProgress } = staging;
  const looks = new Map<string, Look>();
  const unreadable = new Map<string, Failure>();
  const unreadableOthers = new Map<string, Failure>();
  if (!isDryRun) makeNext(staging);
  const pass: Pass = {
    ...staging,
    ownBounds: createBounds(staging.host),
    otherBounds: createBounds(staging.host),
    alike: new Map(),
  };
  const breathe = createPause(staging);
  let entries = ownFirst(listEntries(directory, staging.host), isOwn);
  for (let round = 0; entries.length > 0 && round < maxRounds; round++) {
    for (const [index, entry] of entries.entries()) {
      await breathe();
      const look = await lookAt(pass, entry);
      const { name } = entry;
      looks.delete(name);
      if (look !== undefined && 'error' in look)
        (isOwn(entry.key) ? unreadable : unreadableOthers).set(name, look);
      else if (look !== undefined) looks.set(name, look);
      if (round === 0) onProgress(index + 1, entries.length);
    }
    if (isDryRun) return result([]);
    sync(statePaths(directory).nextEntries);
    onStep('entries staged');
    entries = ownFirst(changedSince(staging, looks), isOwn).filter(
      ({ name }) => !unreadable.has(name) && !unreadableOthers.has(name),
    );
  }
  return result(entries);

  function result(unstable: readonly EntryFile[]): Staged {
    const found = [...looks.values()];
    return {
      entries: found.length,
      replacements: [...looks].flatMap(([name, { from, to }]) =>
        to === undefined ? [] : [{ name, from, to }],
      ),
      weakOthers: found.filter(({ isWeakOther }) => isWeakOther).length,
      unreadable,
      unreadableOthers: [...unreadableOthers.keys()],
      unstable: unstable.map(({ name }) => name),
    };
  }
}

function ownFirst(entries: readonly EntryFile[], isOwn: IsOwn): EntryFile[] {
  return [...entries.filter(({ key }) => isOwn(key)), ...entries.filter(({ key }) => !isOwn(key))];
}

// Stages the verifier first, so that the commit directly follows the last check of the entries.
function makeNext({ directory, target, wrappedSecret, onStep }: Staging): void {
  const paths = statePaths(directory);
  discardNext(paths);
  for (const made of [paths.next, paths.nextEntries, paths.nextReplaced]) {
    translating('make', made, () => makePrivateDirectories(made));
  }
  onStep('next made');
  writeStaged(paths.nextVerifier, target.verifier);
  if (wrappedSecret !== undefined) writeStaged(paths.nextSecret, wrappedSecret);
  sync(paths.next);
  sync(paths.root);
  onStep('verifier staged');
}

/** Entries that are new or changed since they were read. Forgets deleted entries. */
function changedSince({ directory, host }: Staging, looks: Map<string, Look>): EntryFile[] {
  const entries = listEntries(directory, host);
  const present = new Set(entries.map(({ name }) => name));
  for (const name of looks.keys()) if (!present.has(name)) looks.delete(name);
  return entries.filter(({ name, path }) => stampOf(path) !== looks.get(name)?.stamp);
}

/** Stages one entry. Undefined if it was deleted. A failure concerns this entry only. */
async function lookAt(pass: Pass, entry: EntryFile): Promise<Look | Failure | undefined> {
  const { directory, host, isDryRun, onStep } = pass;
  const { name, path } = entry;
  // Read before the content: a later write changes it.
  const stamp = stampOf(path);
  const faulty = { path, isOwn: pass.isOwn(entry.key) };
  const bounds = faulty.isOwn ? pass.ownBounds : pass.otherBounds;
  let closed: KeyringError | undefined;
  const notOpened = (fault: KeyringError) => {
    closed = fault;
    return { fault };
  };
  try {
    const read = await whenWhole({ host, bounds }, async () => {
      const text = readEntryFile(path, host.userId);
      if (text === undefined) return undefined;
      if (!isDryRun && keepReplaced(pass, name) !== text)
        return { fault: damagedEntry(faulty, 'it is being written') };
      const token = parseJwe(text);
      if ('fault' in token) return notOpened(damagedEntry(faulty, token.fault));
      const resealed = await reseal({ ...pass, bounds }, token, entry);
      return 'fault' in resealed ? notOpened(resealed.fault) : { from: digest(text), ...resealed };
    });
    if (read === undefined) return undefined;
    const { text, ...look } = read;
    if (text !== undefined) {
      if (!isDryRun) writeStaged(join(statePaths(directory).nextEntries, name), text);
      onStep('entry staged');
    }
    return { stamp, ...look, to: text === undefined ? undefined : digest(text) };
  } catch (error) {
    if (!(error instanceof KeyringError) || error.code === 'ERR_KEYRING_IO') throw error;
    return { error, doesNotOpen: error === closed || !canBeEntry(path) };
  }
}

function canBeEntry(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined || (stats.isFile() && stats.size <= maxEntryBytes);
}

/** Creates a link to a file before it is replaced, so that a concurrent write to it is not lost. */
function keepReplaced({ directory, host }: Staging, name: string): string | undefined {
  const path = join(directory, name);
  const kept = join(statePaths(directory).nextReplaced, name);
  try {
    whileInUse(() => rmSync(kept, { force: true }));
    whileInUse(() => linkSync(path, kept));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw translateSystemError('link', path, error);
  }
  return readEntryFile(kept, host.userId);
}

function writeStaged(path: string, text: string): void {
  translating('write', path, () => {
    whileInUse(() => rmSync(path, { force: true }));
    writePrivateFile(path, text);
  });
}

/** Called between entries: lets signals arrive from time to time, and cancels if one did. */
function createPause({ directory, host, signal }: Staging): () => Promise<void> {
  let sinceMs = host.monotonicMs();
  return async () => {
    if (host.monotonicMs() - sinceMs > maxRunMs) {
      await host.sleep(0);
      sinceMs = host.monotonicMs();
    }
    if (!signal?.aborted) return;
    throw new AtmosError(
      'ERR_CANCELLED',
      `canceled: the keyring ${directory} was not changed and keeps its old password`,
    );
  };
}

function sync(directory: string): void {
  translating('write', directory, () => syncDirectory(directory));
}
