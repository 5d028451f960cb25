import { basename } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { moveHome, run } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { readEntryFile } from './entry.ts';
import type { StatePaths } from './state.ts';

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
  readonly entries: readonly Replacement[];
}

export function formatCommit({ verifier, entries }: Commit): string {
  return `${JSON.stringify({ version: currentVersion, verifier, entries })}\n`;
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
  if (
    isObject(value) &&
    Number.isSafeInteger(value['version']) &&
    value['version'] !== currentVersion
  ) {
    throw new KeyringError(
      'ERR_KEYRING_VERSION',
      `${paths.commit} has version ${String(value['version'])}; this atmos-auth supports version ${currentVersion}`,
      { hints: [run(['npm', 'install', '--global', 'atmos-auth@latest'])] },
    );
  }
  const commit =
    isObject(value) && value['version'] === currentVersion ? parseCommit(value) : undefined;
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

function parseCommit({ verifier, entries }: Record<string, unknown>): Commit | undefined {
  if (!isHash(verifier) || !Array.isArray(entries) || !entries.every(isReplacement)) return;
  return { verifier, entries };
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
