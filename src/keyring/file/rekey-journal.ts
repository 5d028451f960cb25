import { basename } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { moveHome, run } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { readEntryFile } from './entry.ts';
import type { StatePaths } from './state.ts';

const currentVersion = 1;
const sha256Form = /^[0-9a-f]{64}$/;

/** One file of the keyring that a re-encryption replaces. The hashes are SHA-256, in hex. */
export interface Replacement {
  readonly name: string;
  /** Of the text that is replaced: a file that holds another one was written since, and stays. */
  readonly from: string;
  /** Of the text that replaces it. */
  readonly to: string;
}

/** What a re-encryption does, once it is decided. Nothing in it is secret. */
export interface Commit {
  /** The hash of the new verifier. */
  readonly verifier: string;
  readonly entries: readonly Replacement[];
}

export function formatCommit({ verifier, entries }: Commit): string {
  return `${JSON.stringify({ version: currentVersion, verifier, entries })}\n`;
}

/**
 * The commit that is to be done to the end, or undefined when there is none.
 *
 * @throws ERR_KEYRING_VERSION for one of a newer atmos-auth, ERR_KEYRING_DAMAGED for none of ours
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
      `${paths.commit} has version ${String(value['version'])}, and this atmos-auth knows version ${currentVersion}`,
      { hints: [run(['npm', 'install', '--global', 'atmos-auth@latest'])] },
    );
  }
  const commit =
    isObject(value) && value['version'] === currentVersion ? parseCommit(value) : undefined;
  if (commit !== undefined) return commit;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the password of the keyring was being changed, and ${paths.commit}, which says how far, is damaged`,
    {
      hints: [
        moveHome(paths.next, 'to start again, with each entry under the old or the new password'),
        run(['atmos', 'auth', 'keyring', 'rekey'], 'then to give all of them the new password'),
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
