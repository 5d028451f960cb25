import { decidingVariables, maySaySecret } from '../core/deciding-variables.ts';
import { isObject, parseJson } from '../core/json.ts';
import { version } from '../core/version.ts';
import type { Host } from './host.ts';
import { removeLeftovers } from './leftovers.ts';
import { readOwnText, writeOwnText } from './own-text.ts';
import { areUnchanged, canRecord, type Seen } from './read-recorder.ts';

// A result that is kept in a file of the user's with everything that it depends on: what was read, as
// src/host/read-recorder.ts notes it, and the circumstances. docs/adr/0045.

/** The names of 2,000 identities, with what a picker shows beside them, take 130 KiB. */
const maxRecordBytes = 512 * 1024;

type Where = Pick<Host, 'userId'>;

/**
 * Whether records are written and used: not with `ATMOS_AUTH_FAST=off`, nor if the variables in them may say
 * a secret, and see {@link canRecord}.
 */
export function usesRecords({ env, platform }: Pick<Host, 'env' | 'platform'>): boolean {
  return env['ATMOS_AUTH_FAST'] !== 'off' && canRecord(platform) && !maySaySecret(env);
}

/** What decides every result besides files. A new version of the program may refuse more. */
export function circumstancesOf(
  {
    env,
    userId,
    homeDirectory,
    scriptPath,
  }: Pick<Host, 'env' | 'userId' | 'homeDirectory' | 'scriptPath'>,
  recordVersion: number,
) {
  return {
    version: `${version}/${recordVersion}`,
    script: scriptPath,
    user: userId ?? null,
    home: homeDirectory ?? null,
    environment: decidingVariables(env),
  };
}

/** Something that was recorded. */
export interface Recorded<T> {
  readonly result: T;
  readonly seen: readonly Seen[];
}

/**
 * What was recorded in a file, if the circumstances are equal and what was seen has not changed since.
 * Never throws.
 *
 * @param path of a file that no other user can replace
 * @param circumstances what decides besides files: plain JSON
 * @param files that must be among what was seen. No one can write their inodes and times in advance, so a
 *   record that came with a project, or that is of something else, is not used
 */
export function readRecorded(
  path: string,
  circumstances: object,
  files: readonly string[],
  where: Where,
): Recorded<unknown> | undefined {
  const text = readOwnText(path, maxRecordBytes, where) ?? '';
  // Compared as text, and before anything of it is parsed: both are written by the same function.
  if (!text.startsWith(beginningOf(circumstances))) return undefined;
  const record = parseJson(text);
  if (!isObject(record)) return undefined;
  const { result, seen } = record;
  if (!isSeenList(seen) || !files.every((file) => isAmong(seen, file))) return undefined;
  return areUnchanged(seen) ? { result, seen } : undefined;
}

/**
 * Writes a record that {@link readRecorded} reads. One that is too large is not written, nor one in a
 * directory that another user can replace.
 *
 * @throws the system's errors
 */
export function writeRecorded(
  path: string,
  circumstances: object,
  { result, seen }: Recorded<unknown>,
  where: Where & Pick<Host, 'now'>,
): void {
  const text = `${beginningOf(circumstances)}${JSON.stringify(result)},"seen":${JSON.stringify(seen)}}`;
  if (Buffer.byteLength(text) > maxRecordBytes) return;
  if (readOwnText(path, maxRecordBytes, where) === text) return;
  writeOwnText(path, text, where);
  removeLeftovers(path, where);
}

function beginningOf(circumstances: object): string {
  return `{"circumstances":${JSON.stringify(circumstances)},"result":`;
}

function isAmong(seen: readonly Seen[], file: string): boolean {
  return seen.some(([look, path, found]) => look === 'stat' && path === file && found !== null);
}

function isSeenList(value: unknown): value is readonly Seen[] {
  return Array.isArray(value) && value.every(isSeen);
}

const looks: readonly unknown[] = ['stat', 'lstat', 'list', 'real'] satisfies Seen[0][];

function isSeen(value: unknown): value is Seen {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [look, path, found]: unknown[] = value;
  return (
    looks.includes(look) &&
    typeof path === 'string' &&
    (found === null || typeof found === 'string')
  );
}
