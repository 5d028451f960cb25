import { isUtf8 } from 'node:buffer';
import { closeSync, fsyncSync, linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AtmosError, KeyringError, systemErrorCode } from '../../core/errors.ts';
import {
  createPrivateFile,
  makePrivateDirectories,
  syncDirectory,
  whileInUse,
} from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import { digest } from '../digest.ts';
import type { OnStep } from './atomic-write.ts';
import type { Derivation } from './derivation.ts';
import { keyOfEntry, readEntryFile } from './entry.ts';
import { hasParameters, openJwe, parseJwe, sealJwe, type Jwe, type KeyParameters } from './jwe.ts';
import type { Replacement } from './rekey-journal.ts';
import { discardNext, statePaths } from './state.ts';
import { stampOf } from './survey.ts';
import { translateSystemError, translating } from './system-error.ts';
import { createBounds, openWithin, untried, whenWhole, type Bounds } from './torn.ts';

// In each, all entries are looked at: only what is written without any pause outlasts them.
const maxRounds = 100;
const maxRunMs = 20;

/** What entries are to be encrypted under. */
export interface Target {
  readonly parameters: KeyParameters;
  readonly wrappingKey: Buffer;
  /** The text of the verifier that says so. */
  readonly verifier: string;
}

export interface Staging {
  readonly directory: string;
  readonly host: Host;
  /** Of the passwords that an entry may be under. */
  readonly derivations: readonly Derivation[];
  readonly target: Target;
  /** Only tells what there is to do. */
  readonly isDryRun: boolean;
  readonly onStep: OnStep;
  onProgress(done: number, total: number): void;
  /** Ends it with ERR_CANCELLED. */
  readonly signal: AbortSignal | undefined;
}

/** One pass over the entries, and what it may still cost in vain. */
interface Pass extends Staging {
  readonly bounds: Bounds;
}

export interface Staged {
  /** How many entries open, those that need no change included. */
  readonly entries: number;
  readonly replacements: readonly Replacement[];
  /** What keeps others from being opened, by the names of their files. */
  readonly unreadable: ReadonlyMap<string, KeyringError>;
  /** The files that changed again and again. */
  readonly unstable: readonly string[];
}

/** An entry as it was looked at: its hash, and that of what is to replace it, if anything is. */
interface Look {
  /** What the system says of the file, which changes when it is written. */
  readonly stamp: string;
  readonly from: string;
  readonly to?: string;
}

/**
 * Encrypts into `.state/next/` every entry that is not under the target yet, and once more what
 * changes meanwhile, since other tools take no lock. What is encrypted is kept byte for byte, whoever
 * wrote it and under whatever file name. The exclusive lock is held.
 *
 * @throws ERR_CANCELLED, ERR_KEYRING_IO, ERR_KEYRING_PERMISSIONS
 */
export async function stageEntries(staging: Staging): Promise<Staged> {
  const { directory, isDryRun, onStep, onProgress } = staging;
  const looks = new Map<string, Look>();
  const unreadable = new Map<string, KeyringError>();
  if (!isDryRun) makeNext(staging);
  const pass: Pass = { ...staging, bounds: createBounds(staging.host) };
  const breathe = createPause(staging);
  let names = fileNames(directory);
  for (let round = 0; names.length > 0 && round < maxRounds; round++) {
    for (const [index, name] of names.entries()) {
      await breathe();
      const look = await lookAt(pass, name);
      looks.delete(name);
      if (look instanceof KeyringError) unreadable.set(name, look);
      else if (look !== undefined) looks.set(name, look);
      if (round === 0) onProgress(index + 1, names.length);
    }
    if (isDryRun) return result(looks, unreadable, []);
    sync(statePaths(directory).nextEntries);
    onStep('entries staged');
    names = changedSince(staging, looks).filter((name) => !unreadable.has(name));
  }
  return result(looks, unreadable, names);
}

function result(
  looks: ReadonlyMap<string, Look>,
  unreadable: ReadonlyMap<string, KeyringError>,
  unstable: readonly string[],
): Staged {
  const replacements = [...looks].flatMap(([name, { from, to }]) =>
    to === undefined ? [] : [{ name, from, to }],
  );
  return { entries: looks.size, replacements, unreadable, unstable };
}

// The verifier first, so that nothing is left to do between the last look at the entries and the commit.
function makeNext({ directory, target, onStep }: Staging): void {
  const paths = statePaths(directory);
  discardNext(paths);
  for (const made of [paths.next, paths.nextEntries, paths.nextReplaced]) {
    translating('make', made, () => makePrivateDirectories(made));
  }
  onStep('next made');
  writeStaged(paths.nextVerifier, target.verifier);
  sync(paths.next);
  sync(paths.root);
  onStep('verifier staged');
}

/** Files that may be entries, whatever their names: those of other tools too. */
function fileNames(directory: string): string[] {
  return translating('list', directory, () =>
    readdirSync(directory, { withFileTypes: true, encoding: 'buffer' }),
  )
    .filter((entry) => !entry.isDirectory() && isUtf8(entry.name))
    .map((entry) => entry.name.toString())
    .sort();
}

/** What is new or another since it was looked at. What is gone is forgotten. */
function changedSince({ directory, host }: Staging, looks: Map<string, Look>): string[] {
  const names = fileNames(directory);
  const present = new Set(names);
  for (const name of looks.keys()) if (!present.has(name)) looks.delete(name);
  return names.filter((name) => {
    const look = looks.get(name);
    return look === undefined
      ? keyOfEntry(name, host.platform) !== undefined
      : stampOf(join(directory, name)) !== look.stamp;
  });
}

/** Stages one entry. Undefined: it is gone, or none. */
async function lookAt(pass: Pass, name: string): Promise<Look | KeyringError | undefined> {
  const { directory, target, isDryRun, onStep } = pass;
  // Before it is read: what is written meanwhile has another one.
  const stamp = stampOf(join(directory, name));
  const opened = await openFile(pass, name);
  if (opened === undefined || opened instanceof KeyringError) return opened;
  const { from, plaintext } = opened;
  if (plaintext === undefined) return { stamp, from };
  const text = sealJwe(plaintext, target.parameters, target.wrappingKey);
  plaintext.fill(0);
  if (!isDryRun) writeStaged(join(statePaths(directory).nextEntries, name), text);
  onStep('entry staged');
  return { stamp, from, to: digest(text) };
}

/** Links a file that may be replaced, so that what is written to it at that moment is not lost. */
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

interface OpenedFile {
  readonly from: string;
  /** Undefined of an entry that is under the target. */
  readonly plaintext?: Buffer;
}

/** An error is of this entry alone. A file that neither looks nor is called like one is passed over. */
async function openFile(pass: Pass, name: string): Promise<OpenedFile | KeyringError | undefined> {
  const { directory, host, isDryRun } = pass;
  const path = join(directory, name);
  let isEntry = keyOfEntry(name, host.platform) !== undefined;
  try {
    return await whenWhole(pass, path, async () => {
      const text = readEntryFile(path, host.userId);
      if (text === undefined) return undefined;
      if (!isDryRun && keepReplaced(pass, name) !== text) return { fault: 'it is being written' };
      const token = parseJwe(text);
      if ('fault' in token) return isEntry ? token : undefined;
      isEntry = true;
      const opened = await openToken(pass, token, path);
      return 'fault' in opened ? opened : { from: digest(text), ...opened };
    });
  } catch (error) {
    if (!(error instanceof KeyringError) || error.code === 'ERR_KEYRING_IO') throw error;
    return isEntry ? error : undefined;
  }
}

async function openToken(
  { derivations, target, bounds }: Pass,
  token: Jwe,
  path: string,
): Promise<{ plaintext?: Buffer } | { fault: string }> {
  if (hasParameters(token, target.parameters)) {
    const opened = openJwe(token, target.wrappingKey);
    if ('plaintext' in opened) {
      opened.plaintext.fill(0);
      return {};
    }
  }
  const opened = await openWithin(bounds, token, derivations);
  if (opened === undefined) throw untried(path);
  if ('plaintext' in opened) return opened;
  if (opened.failed === 'content') return { fault: 'its content was changed' };
  return { fault: 'it was changed, or written under another password' };
}

function writeStaged(path: string, text: string): void {
  translating('write', path, () => {
    whileInUse(() => rmSync(path, { force: true }));
    const descriptor = createPrivateFile(path);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Between entries: lets a signal in now and then, and heeds it. */
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
      `cancelled: nothing in the keyring ${directory} was changed, and its password is the old one`,
    );
  };
}

function sync(directory: string): void {
  translating('write', directory, () => syncDirectory(directory));
}
