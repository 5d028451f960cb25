import { dirname, join } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { removeFile, run } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { replacePrivately } from '../../host/files.ts';
import { requireStateDirectory } from '../../host/home.ts';
import { removeLeftovers } from '../../host/leftovers.ts';
import { makeOwnDirectories } from '../../host/own-directory.ts';
import { readRegularFile } from '../../host/read-files.ts';
import { digest } from '../digest.ts';
import type { OnStep } from './atomic-write.ts';
import type { FileContext } from './settings.ts';
import { fingerprintOf, isFingerprint, type SharedSecret } from './shared-secret.ts';
import { translating } from './system-error.ts';

/**
 * What this machine knows of a keyring with readers: which secret it accepts. The record is in the
 * state directory, which is not shared, so that a user who can write to the keyring's directory cannot
 * change it. It contains no secret.
 */
export interface Pin {
  /** Of the accepted secret. */
  readonly fingerprint: string;
  /** Of the list of readers that was seen last. */
  readonly revision: number;
  readonly readers: readonly string[];
  /** Of secrets that were replaced: they are never accepted again. */
  readonly earlier: readonly string[];
  /** Of a secret that this machine is about to set. */
  readonly next?: string;
}

type Where = Pick<FileContext, 'settings' | 'host'>;

/** How a secret in the keyring's directory compares with the record. */
export type PinState =
  /** No secret of this keyring was accepted on this machine. */
  | 'unknown'
  | 'accepted'
  /** The accepted secret, and a list of readers that is not the one that was seen last. */
  | 'readers-changed'
  /** Another secret, which was not accepted. */
  | 'changed'
  /** A secret that was replaced. */
  | 'older-secret'
  /** The accepted secret, and a list of readers from before the one that was seen last. */
  | 'older-readers';

export function comparePin(pin: Pin | undefined, shared: SharedSecret): PinState {
  if (pin === undefined) return 'unknown';
  const fingerprint = fingerprintOf(shared.secret);
  if (fingerprint === pin.next) return 'readers-changed';
  if (pin.earlier.includes(fingerprint)) return 'older-secret';
  if (fingerprint !== pin.fingerprint) return 'changed';
  if (shared.revision < pin.revision) return 'older-readers';
  const isSame = shared.revision === pin.revision && isSameList(shared.readers, pin.readers);
  return isSame ? 'accepted' : 'readers-changed';
}

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, at) => one === others[at]);
}

/** The record of the keyring in this directory, which need not exist. @throws ERR_USAGE */
export function pinPath({ settings, host }: Where): string {
  const name = digest(settings.directory.value).slice(0, 32);
  const state = requireStateDirectory('the record of an accepted keyring', host);
  return join(state, 'keyrings', `${name}.json`);
}

/** @throws ERR_KEYRING_DAMAGED, ERR_KEYRING_IO, ERR_KEYRING_PERMISSIONS; ERR_USAGE without a home */
export function readPin(where: Where): Pin | undefined {
  const path = pinPath(where);
  const text = translating('read', path, () => readIfThere(path));
  if (text === undefined) return undefined;
  const pin = parsePin(text);
  if (pin !== undefined) return pin;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `${path}, which records the accepted secret of the keyring ${where.settings.directory.value}, is damaged`,
    { hints: [removeFile(path), acceptHint('then to compare the secret and accept it again')] },
  );
}

function readIfThere(path: string): string | undefined {
  try {
    return readRegularFile(path) ?? '';
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parsePin(text: string): Pin | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { fingerprint, revision, readers, earlier, next } = value;
  const isValid =
    isText(fingerprint) &&
    isFingerprint(fingerprint) &&
    typeof revision === 'number' &&
    isTexts(readers) &&
    isTexts(earlier) &&
    (next === undefined || isText(next));
  if (!isValid) return undefined;
  return { fingerprint, revision, readers, earlier, ...(next === undefined ? {} : { next }) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

/** @throws ERR_KEYRING_IO, ERR_KEYRING_PERMISSIONS; ERR_USAGE in the home of another user */
export function writePin(where: Where, pin: Pin, onStep: OnStep = () => {}): void {
  const path = pinPath(where);
  translating('write', path, () => {
    makeOwnDirectories(dirname(path), where.host);
    removeLeftovers(path, where.host);
    const record = { location: where.settings.directory.value, ...pin };
    const text = `${JSON.stringify(record, undefined, 2)}\n`;
    replacePrivately(path, text, { onStep });
  });
}

/** Accepts a secret. The secrets that it replaced are never accepted again. */
export function acceptSecret(
  where: Where,
  shared: SharedSecret,
  pin: Pin | undefined,
  onStep?: OnStep,
): void {
  const fingerprint = fingerprintOf(shared.secret);
  const known = [...(pin?.earlier ?? []), ...shared.earlier, ...(pin ? [pin.fingerprint] : [])];
  const earlier = [...new Set(known)].filter((one) => one !== fingerprint);
  const { revision, readers } = shared;
  writePin(where, { fingerprint, revision, readers, earlier }, onStep);
}

export function acceptHint(comment: string) {
  return run(['atmos', 'auth', 'keyring', 'recipients', 'accept'], comment);
}
