import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';
import { entryName, readEntryFile } from './entry.ts';
import { parseJwe, type WrappedKey } from './jwe.ts';
import { translating } from './system-error.ts';
import { damaged, tornReadPauseMs, tornReads } from './torn.ts';

/** A well-formed file. Small, whatever the size of the file. */
export interface Candidate extends WrappedKey {
  readonly path: string;
  /** {@link stampOf} the file before it was read. */
  readonly stamp: string;
}

export interface Survey {
  readonly candidates: readonly Candidate[];
  /** What is wrong with the other files, by their keys. */
  readonly faults: ReadonlyMap<string, KeyringError>;
  /** The candidate that was enough; the files after it were not read. */
  readonly enough?: Candidate;
}

/**
 * Reads the files of these keys, each once. Files that may be torn are waited for together, and read
 * again only if they changed.
 *
 * @param isEnough ends the survey at a candidate
 */
export async function surveyEntries(
  { directory, host }: { readonly directory: string; readonly host: Host },
  keys: readonly string[],
  isEnough: (candidate: Candidate) => Promise<boolean> | boolean = () => false,
): Promise<Survey> {
  const candidates: Candidate[] = [];
  const faults = new Map<string, KeyringError>();
  const stamps = new Map<string, string>();
  let pending = keys;
  for (let reads = 1; pending.length > 0; reads++) {
    const torn: string[] = [];
    for (const key of pending) {
      const path = join(directory, entryName(key, host));
      const stamp = stampOf(path);
      const found = stamp === stamps.get(key) ? faults.get(key) : read(path, host.userId);
      stamps.set(key, stamp);
      faults.delete(key);
      if (found === undefined) continue;
      if (!(found instanceof KeyringError)) {
        const candidate = { ...found, path, stamp };
        candidates.push(candidate);
        if (await isEnough(candidate)) return { candidates, faults, enough: candidate };
        continue;
      }
      faults.set(key, found);
      if (found.code === 'ERR_KEYRING_DAMAGED') torn.push(key);
    }
    if (torn.length === 0 || reads === tornReads) break;
    await host.sleep(tornReadPauseMs);
    pending = torn;
  }
  return { candidates, faults };
}

/**
 * What the system says of a file, which changes when it is written. Quick to have, so that nothing is
 * written between the look at the first entry and at the last. Two writes in one tick of the system's
 * clock look alike.
 */
export function stampOf(path: string): string {
  const stats = translating('look at', path, () =>
    lstatSync(path, { bigint: true, throwIfNoEntry: false }),
  );
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

function read(path: string, userId: number | undefined): WrappedKey | KeyringError | undefined {
  try {
    const text = readEntryFile(path, userId);
    if (text === undefined) return undefined;
    const token = parseJwe(text);
    if ('fault' in token) return damaged(path, token.fault);
    const { parameters, encryptedKey } = token;
    return { parameters, encryptedKey };
  } catch (error) {
    if (error instanceof KeyringError) return error;
    throw error;
  }
}
