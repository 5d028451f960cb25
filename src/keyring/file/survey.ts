import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';
import { entryName, readEntryFile } from './entry.ts';
import { parseJwe, type WrappedKey } from './jwe.ts';
import { translating } from './system-error.ts';
import { damaged, tornReadPauseMs, tornReads } from './torn.ts';

/** A file with a valid format. Small, whatever the size of the file. */
export interface Candidate extends WrappedKey {
  readonly path: string;
  /** {@link stampOf} the file before it was read. */
  readonly stamp: string;
}

export interface Survey {
  readonly candidates: readonly Candidate[];
  /** The errors of the other files, by entry name. */
  readonly faults: ReadonlyMap<string, KeyringError>;
  /** The candidate that ended the survey; the files after it were not read. */
  readonly enough?: Candidate;
}

/**
 * Reads the files of these entries, each once. Waits for all files that may be incomplete together,
 * and reads them again only if they changed.
 *
 * @param isEnough ends the survey when it returns true for a candidate
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
 * File status of the operating system that changes with each write. It is fast, so that the files
 * of all entries can be compared at almost the same time. Two writes within one tick of the system
 * clock have the same stamp.
 */
export function stampOf(path: string): string {
  const stats = translating('access', path, () =>
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
