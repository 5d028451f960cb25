import { sha256 } from '../core/sha256.ts';
import { parseTimestamp } from '../core/time.ts';
import type { Host } from '../host/host.ts';
import type { Owner } from '../store/key.ts';
import { createOwnerRecord } from './owner-record.ts';

const record = createOwnerRecord('refused');

/**
 * What is remembered of a key that AWS refused: when, and a hash of its id. Nothing secret, and only
 * to tell a person: it never blocks an attempt, and the key itself stays where it is.
 */
export function noteRefusal(owner: Owner, keyId: string, host: Host): void {
  record.write(owner, { key_hash: sha256(keyId), refused_at: host.now().toISOString() }, host);
}

/**
 * When AWS refused exactly this key the last time, if it did and has not taken it since.
 *
 * @param keyId undefined: the key was not read, so any key of the owner is meant. One that we store makes
 *   the record go.
 */
export function refusedAt(owner: Owner, keyId: string | undefined, host: Host): Date | undefined {
  const { key_hash, refused_at } = record.read(owner, host) ?? {};
  if (typeof refused_at !== 'string') return undefined;
  if (keyId !== undefined && key_hash !== sha256(keyId)) return undefined;
  return parseTimestamp(refused_at);
}

export function forgetRefusal(owner: Owner, host: Host): void {
  record.remove(owner, host);
}
