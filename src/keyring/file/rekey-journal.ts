import { basename } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { moveHome, run } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { readEntryFile } from './entry.ts';
import type { StatePaths } from './state.ts';

/** Of a commit with a new wrapped secret: version 0.1.0 would complete it without the secret. */
const secretVersion = 2;
const currentVersion = 1;
const sha256Form = /^[0-9a-f]{64}$/;

/** A file of the keyring that a re-encryption replaces. The hashes are SHA-256, in hex. */
export interface Replacement {
  readonly name: string;
  /** Hash of the old text: a file with another text was written later and is not replaced. */
  readonly from: string;
  /** Hash of the new text. */
  readonly to: string;
}

/** What a committed re-encryption replaces. Contains no secret. */
export interface Commit {
  /** The hash of the new verifier. */
  readonly verifier: string;
  /** The hash of the new wrapped secret, if it changes. */
  readonly secret?: string;
  readonly entries: readonly Replacement[];
}

export function formatCommit({ verifier, secret, entries }: Commit): string {
  const version = secret === undefined ? currentVersion : secretVersion;
  return `${JSON.stringify({ version, verifier, secret, entries })}\n`;
}

/**
 * The commit of an interrupted re-encryption that must be completed. Undefined if it does not
 * exist.
 *
 * @throws ERR_KEYRING_VERSION for a commit of a newer atmos-auth, ERR_KEYRING_DAMAGED for an
 *   invalid one
 */
export function readCommit(paths: StatePaths, userId: number | undefined): Commit | undefined {
  const text = readEntryFile(paths.commit, userId);
  if (text === undefined) return undefined;
  const value = parseJson(Buffer.from(text, 'latin1').toString('utf8'));
  if (isObject(value) && Number.isSafeInteger(value['version']) && !isSupported(value['version'])) {
    throw new KeyringError(
      'ERR_KEYRING_VERSION',
      `${paths.commit} has version ${String(value['version'])}; this atmos-auth supports version ${secretVersion}`,
      { hints: [run(['npm', 'install', '--global', 'atmos-auth@latest'])] },
    );
  }
  const commit = isObject(value) && isSupported(value['version']) ? parseCommit(value) : undefined;
  if (commit !== undefined) return commit;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `a password change was interrupted, and its progress file ${paths.commit} is damaged`,
    {
      hints: [
        moveHome(paths.next, 'to cancel the change: each entry keeps the old or the new password'),
        run(['atmos', 'auth', 'keyring', 'rekey'], 'then to set the new password for all entries'),
      ],
    },
  );
}

function isSupported(version: unknown): boolean {
  return version === currentVersion || version === secretVersion;
}

function parseCommit(value: Record<string, unknown>): Commit | undefined {
  const { version, verifier, secret, entries } = value;
  if (!isHash(verifier) || !Array.isArray(entries) || !entries.every(isReplacement)) return;
  if (version === currentVersion) return { verifier, entries };
  return isHash(secret) ? { verifier, secret, entries } : undefined;
}

function isReplacement(value: unknown): value is Replacement {
  if (!isObject(value)) return false;
  const { name, from, to } = value;
  return typeof name === 'string' && isFileName(name) && isHash(from) && isHash(to);
}

function isFileName(name: string): boolean {
  return (
    name !== '' && name !== '.' && name !== '..' && !name.includes('\0') && basename(name) === name
  );
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && sha256Form.test(value);
}
