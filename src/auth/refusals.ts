import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject, parseJson } from '../core/json.ts';
import { foldName } from '../core/names.ts';
import { sha256 } from '../core/sha256.ts';
import { parseTimestamp } from '../core/time.ts';
import { replacePrivately } from '../host/files.ts';
import { requireStateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { readRegularFile } from '../host/read-files.ts';
import type { Owner } from '../store/key.ts';

/**
 * What is remembered of a key that AWS refused: when, and a hash of its id. Nothing secret, and only
 * to tell a person: it never blocks an attempt, and the key itself stays where it is.
 */
export function noteRefusal(owner: Owner, keyId: string, host: Host): void {
  const record = { ...owner, key_hash: sha256(keyId), refused_at: host.now().toISOString() };
  try {
    const path = recordPath(owner, host);
    makeOwnDirectories(dirname(path), host);
    replacePrivately(path, JSON.stringify(record));
  } catch {
    // A help for the next command; this one has its error already.
    return;
  }
}

/**
 * When AWS refused exactly this key the last time, if it did and has not taken it since.
 *
 * @param keyId undefined: the key was not read, so any key of the owner is meant. One that we store makes
 *   the record go.
 */
export function refusedAt(owner: Owner, keyId: string | undefined, host: Host): Date | undefined {
  try {
    const record = parseJson(readRegularFile(recordPath(owner, host)) ?? '');
    if (!isObject(record)) return undefined;
    const { key_hash, refused_at } = record;
    if (typeof refused_at !== 'string') return undefined;
    if (keyId !== undefined && key_hash !== sha256(keyId)) return undefined;
    return parseTimestamp(refused_at);
  } catch {
    return undefined;
  }
}

export function forgetRefusal(owner: Owner, host: Host): void {
  try {
    rmSync(recordPath(owner, host), { force: true });
  } catch {
    // What stays only warns once more.
    return;
  }
}

function recordPath({ realm, alias }: Owner, host: Host): string {
  const name = sha256(JSON.stringify([realm, foldName(alias)])).slice(0, 32);
  return join(
    requireStateDirectory('the record of a refused key', host),
    'refused',
    `${name}.json`,
  );
}
