import { join } from 'node:path';
import { AtmosError, isAtmosError, systemErrorCode } from '../core/errors.ts';
import { placeholder, setVariable, showPermissions } from '../core/hint.ts';
import { sha256 } from '../core/sha256.ts';
import { formatTimestamp } from '../core/time.ts';
import { reasonOf } from '../host/denial.ts';
import { removeIfThere, replacePrivately } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { listDirectory, realPathIfVisible } from '../host/read-files.ts';
import type { Config } from './config.ts';
import { readText } from './read.ts';
import {
  identify,
  readableStore,
  readRecord,
  recordName,
  storeFault,
  trustDirectory,
  type ShownNeed,
  type TrustedFile,
  type TrustRecord,
} from './trust-store.ts';

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId'>;

/**
 * Keeps that these files, as they were read, may do what was shown. Replaces what was settled about
 * exactly them before.
 *
 * @throws ERR_IO when it cannot be kept, or would not count
 */
export function writeRecord(
  config: Pick<Config, 'directory' | 'projectFiles' | 'profiles'>,
  needs: readonly ShownNeed[],
  host: Where & Pick<Host, 'now'>,
): TrustRecord {
  const { profiles } = config;
  const trusted_at = formatTimestamp(host.now());
  const record: TrustRecord = { version: 1, ...identify(config), profiles, needs, trusted_at };
  const directory = trustDirectory(host);
  const name = recordName(record);
  const path = join(directory, name);
  makeStore(directory, host);
  try {
    checkStore(host);
    replacePrivately(path, `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    if (isAtmosError(error)) throw error;
    throw cannotKeep(`cannot write ${path}: ${reasonFor(error, path)}`, host);
  }
  const { fault = `${path} was removed while it was written`, record: kept } = readRecord(
    name,
    host,
  );
  if (kept === undefined) throw cannotKeep(fault, host);
  return kept;
}

/**
 * All valid trust records, by directory, the latest first.
 *
 * @throws ERR_IO when none of them counts
 */
export function listRecords(host: Where): TrustRecord[] {
  checkStore(host);
  return namesIn(host)
    .map((name) => readRecord(name, host).record)
    .filter((record) => record !== undefined)
    .toSorted(
      (a, b) =>
        order(a.directory, b.directory) || Date.parse(b.trusted_at) - Date.parse(a.trusted_at),
    );
}

/**
 * Revokes the trust in all files of the directory.
 *
 * @param directory absolute; it need not be there any more
 * @returns what was trusted, as {@link listRecords}
 * @throws ERR_IO
 */
export function removeRecords(directory: string, host: Where): TrustRecord[] {
  const real = realPathIfVisible(directory);
  const records = listRecords(host).filter((record) => record.directory === real);
  for (const record of records) {
    const path = join(trustDirectory(host), recordName(record));
    try {
      removeIfThere(path);
    } catch (error) {
      throw cannotKeep(`cannot remove ${path}: ${reasonFor(error, path)}`, host);
    }
  }
  return records;
}

/**
 * Whether the files of a record are unchanged (`current`), at least one changed (`changed`), or all
 * are missing (`gone`).
 */
export function stateOf({ files }: Pick<TrustRecord, 'files'>): 'current' | 'changed' | 'gone' {
  const states = files.map(stateOfFile);
  if (states.every((state) => state === 'gone')) return 'gone';
  return states.every((state) => state === 'current') ? 'current' : 'changed';
}

function stateOfFile(file: TrustedFile): 'current' | 'changed' | 'gone' {
  try {
    const read = readText(file.path);
    if (read === undefined) return 'gone';
    return sha256(read.text) === file.sha256 ? 'current' : 'changed';
  } catch {
    // It cannot be read, or is no text any more.
    return 'changed';
  }
}

function makeStore(directory: string, host: Where): void {
  try {
    makeOwnDirectories(directory, host);
  } catch (error) {
    if (isAtmosError(error)) throw error;
    throw cannotKeep(`cannot create ${directory}: ${reasonFor(error, directory)}`, host);
  }
}

function checkStore(host: Where): void {
  const fault = storeFault(host);
  if (fault !== undefined)
    throw cannotKeep(`${fault}, so the trust records in it are ignored`, host);
}

function namesIn(host: Where): string[] {
  const directory = readableStore(host);
  if (directory === undefined) return [];
  try {
    return listDirectory(directory)
      .map(({ name }) => name)
      .filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw cannotKeep(`cannot list ${directory}: ${reasonFor(error, directory)}`, host);
  }
}

function reasonFor(error: unknown, path: string): string {
  return reasonOf(systemErrorCode(error) ?? 'unknown error', path);
}

function cannotKeep(message: string, host: Where): AtmosError {
  const directory = trustDirectory(host);
  return new AtmosError('ERR_IO', message, {
    hints: [
      showPermissions(directory),
      setVariable('XDG_STATE_HOME', placeholder('a directory of your own')),
    ],
  });
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
