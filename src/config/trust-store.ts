import { join } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { TrustNeed } from '../core/kind-config.ts';
import { sha256 } from '../core/sha256.ts';
import { parseTimestamp } from '../core/time.ts';
import { closedInHome } from '../host/closed-home.ts';
import { reasonOf } from '../host/denial.ts';
import { whileInUse } from '../host/files.ts';
import { requireStateDirectory, stateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { linkStatOf, readFile, realPathIfVisible, type Stats } from '../host/read-files.ts';
import type { Config } from './config.ts';

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId'>;

/** What trust is given to: exactly these files, in this order, in this place. */
export type FileSet = Pick<Config, 'directory' | 'projectFiles'>;

/** What one `atmos auth trust` has settled, as it is kept in a file. */
export interface TrustRecord {
  readonly version: 1;
  /** The real path of the configuration's directory. */
  readonly directory: string;
  readonly profiles: readonly string[];
  /** By their real paths. */
  readonly files: readonly TrustedFile[];
  /** What the person was shown. Only this is trusted. */
  readonly needs: readonly ShownNeed[];
  /** RFC 3339 in UTC, in seconds; in records of earlier versions with milliseconds. */
  readonly trusted_at: string;
}

export interface TrustedFile {
  readonly path: string;
  readonly sha256: string;
}

export type ShownNeed = TrustNeed & { readonly source: string };

/** Far above what the files of any project need. */
const maxBytes = 4 * 1024 * 1024;

/** @throws ERR_USAGE without a home directory, where no variable names another */
export function trustDirectory(host: Where): string {
  return join(requireStateDirectory('trust records', host), 'trust');
}

/**
 * {@link trustDirectory} for reading. Undefined where nothing can have been trusted, or where the home
 * directory cannot be searched: what cannot be looked at there is no trust.
 */
export function readableStore(host: Where): string | undefined {
  if (stateDirectory(host) === undefined) return undefined;
  const directory = trustDirectory(host);
  return closedInHome(directory, host) === undefined ? directory : undefined;
}

/** The files as a record names them. Links are followed, so that every way to a project is one. */
export function identify({ directory, projectFiles }: FileSet) {
  return {
    directory: realPathIfVisible(directory),
    files: projectFiles.map(({ path, text }) => ({
      path: realPathIfVisible(path),
      sha256: sha256(text),
    })),
  };
}

/** The name of the record of these files, and of no others. */
export function recordName({ directory, files }: Pick<TrustRecord, 'directory' | 'files'>): string {
  const pairs = files.map((file) => [file.path, file.sha256]);
  return `${sha256(JSON.stringify(['atmos auth trust', 1, directory, pairs]))}.json`;
}

/** A record, or why it is ignored. Both are absent if no record exists. */
export interface FoundRecord {
  readonly record?: TrustRecord;
  /** A whole clause: `/p/trust can be written by other users`. */
  readonly fault?: string;
}

/** Looks up what was settled about these files. Never throws: what cannot be read is no trust. */
export function findRecord(set: FileSet, host: Where): FoundRecord {
  const fault = storeFault(host);
  return fault === undefined ? readRecord(recordName(identify(set)), host) : { fault };
}

/**
 * Why the whole store is ignored: another user could have written to it. Undefined if it is safe or
 * does not exist yet.
 */
export function storeFault(host: Where): string | undefined {
  const directory = readableStore(host);
  if (directory === undefined) return undefined;
  try {
    const stats = linkStatOf(directory);
    if (stats === undefined) return undefined;
    if (!stats.isDirectory()) return `${directory} is not a directory`;
    return ownerFault(directory, stats, host);
  } catch (error) {
    return unreadable(directory, error);
  }
}

/** @param name of a file in the store, whose own owner counts */
export function readRecord(name: string, host: Where): FoundRecord {
  const directory = readableStore(host);
  if (directory === undefined) return {};
  const path = join(directory, name);
  try {
    const { stats, bytes } = whileInUse(() => readFile(path, { followsLinks: false, maxBytes }));
    if (bytes === undefined) return { fault: `${path} is not a trust record` };
    const fault = ownerFault(path, stats, host);
    if (fault !== undefined) return { fault };
    const record = parseJson(bytes.toString('utf8'));
    // The name says which files it is about: it is not moved to others.
    const isWhole = isRecord(record) && recordName(record) === name;
    return isWhole ? { record } : { fault: `${path} is damaged or was written by another version` };
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? {} : { fault: unreadable(path, error) };
  }
}

function ownerFault(path: string, stats: Stats, { userId }: Where): string | undefined {
  const permissions = permissionCheckFor(userId).permissionsOf(path, stats);
  if (permissions === undefined) return `${path} was replaced while it was checked`;
  if (!permissions.isOurs) return `${path} belongs to another user`;
  return permissions.others.write ? `${path} can be written by other users` : undefined;
}

function unreadable(path: string, error: unknown): string {
  return `${path} cannot be read: ${reasonOf(systemErrorCode(error) ?? 'unknown error', path)}`;
}

// We wrote it ourselves: enough to tell it from another layout.
function isRecord(value: unknown): value is TrustRecord {
  if (!isObject(value)) return false;
  const { version, directory, profiles, files, needs, trusted_at } = value;
  if (version !== 1 || typeof directory !== 'string' || !isTime(trusted_at)) return false;
  return isTexts(profiles) && areFiles(files) && areNeeds(needs);
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && parseTimestamp(value) !== undefined;
}

function areFiles(value: unknown): boolean {
  return isListOf(value, (file) => isTexts([file['path'], file['sha256']]));
}

function areNeeds(value: unknown): boolean {
  return isListOf(value, ({ path, what, source }) => isTexts(path) && isTexts([what, source]));
}

function isListOf(value: unknown, isOne: (item: Record<string, unknown>) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => isObject(item) && isOne(item));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
