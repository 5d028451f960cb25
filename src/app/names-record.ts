import { dirname, join } from 'node:path';
import type { LoadOptions } from '../config/load.ts';
import { isAtmosError, systemErrorCode } from '../core/errors.ts';
import { sha256 } from '../core/sha256.ts';
import { stateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { removeOldFiles } from '../host/leftovers.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { statOf } from '../host/read-files.ts';
import { recordReads, type Reads } from '../host/read-recorder.ts';
import { circumstancesOf, readRecorded, usesRecords, writeRecorded } from '../host/record-file.ts';

/** With fewer names, reading the configuration is fast enough. */
const minNames = 200;
const recordVersion = 2;
/** The variables that choose the files of the configuration. None holds a secret. */
const choosingNames = [
  'ATMOS_BASE_PATH',
  'ATMOS_CLI_CONFIG_PATH',
  'ATMOS_CONFIG',
  'ATMOS_CONFIG_PATH',
  'ATMOS_GIT_ROOT_BASEPATH',
  'ATMOS_PROFILE',
];
/** With the end of a temporary file that was left. */
const recordName = /^[0-9a-f]{32}[.]json(?:$|[.])/;
/** Each directory in which names were listed has a record. */
const maxAgeMs = 30 * 24 * 60 * 60 * 1000;

/** Names of a configuration that are kept in a file while nothing that decided them changes: docs/speed.md. */
export interface NamesRecord {
  /** What was kept, not checked. Undefined if nothing was kept, or if it may be outdated. */
  read(): unknown;
  /**
   * Keeps them if there are many and it is known what decided them. If they cannot be written, the next
   * command reads the configuration again.
   */
  keep(found: {
    readonly names: readonly unknown[];
    /** What is kept instead of the names alone: plain JSON. */
    readonly result: unknown;
    readonly hasTags: boolean;
    readonly reads: Reads;
  }): void;
}

/** Runs a task that lists names, and notes what it reads, and that this program ran it. */
export function recordNames<T>(
  task: () => Promise<T>,
  { scriptPath, now }: Pick<Host, 'scriptPath' | 'now'>,
): Promise<{ result: T; reads: Reads }> {
  return recordReads(() => {
    statOf(scriptPath);
    return task();
  }, now());
}

/**
 * @param what is listed. Another word has a record of its own
 * @returns undefined if nothing is recorded here
 */
export function openNamesRecord(
  what: string,
  options: LoadOptions,
  host: Host,
): NamesRecord | undefined {
  const state = stateDirectory(host);
  if (state === undefined || !usesRecords(host)) return undefined;
  const directory = host.workingDirectory();
  const circumstances = {
    ...circumstancesOf(host, recordVersion),
    directory,
    what,
    options,
    choosing: choosingNames.map((name) => host.env[name] ?? null),
  };
  const id = sha256(JSON.stringify([directory, what, options])).slice(0, 32);
  const path = join(state, 'names', `${id}.json`);
  return {
    read: () => readRecorded(path, circumstances, [host.scriptPath], host)?.result,
    keep({ names, result, hasTags, reads }) {
      if (names.length < minNames || hasTags || 'refusal' in reads) return;
      const kept = dirname(path);
      try {
        makeOwnDirectories(kept, host);
        writeRecorded(path, circumstances, { result, seen: reads.seen }, host);
        removeOldFiles(kept, (name) => recordName.test(name), maxAgeMs, host);
      } catch (error) {
        if (systemErrorCode(error) === undefined && !isAtmosError(error)) throw error;
      }
    },
  };
}
