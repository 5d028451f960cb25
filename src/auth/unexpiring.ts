import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject, parseJson } from '../core/json.ts';
import { foldName } from '../core/names.ts';
import { sha256 } from '../core/sha256.ts';
import { replacePrivately } from '../host/files.ts';
import { requireStateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { readRegularFile } from '../host/read-files.ts';
import type { Owner } from '../store/key.ts';

/**
 * Records that the credentials of a link had no expiry, so that they are never stored. Without the
 * record, only opening them tells. It contains no secret.
 */
export function noteUnexpiring(owner: Owner, chainFingerprint: string, host: Host): void {
  if (isUnexpiring(owner, chainFingerprint, host)) return;
  const record = { ...owner, chain_fingerprint: chainFingerprint };
  try {
    const path = recordPath(owner, host);
    makeOwnDirectories(dirname(path), host);
    replacePrivately(path, JSON.stringify(record));
  } catch {
    // Without the record, whoami and list report that there is no session.
    return;
  }
}

/** Whether the link gave credentials without an expiry when it was last opened with these settings. */
export function isUnexpiring(owner: Owner, chainFingerprint: string, host: Host): boolean {
  try {
    const record = parseJson(readRegularFile(recordPath(owner, host)) ?? '');
    return isObject(record) && record['chain_fingerprint'] === chainFingerprint;
  } catch {
    return false;
  }
}

export function forgetUnexpiring(owner: Owner, host: Host): void {
  try {
    rmSync(recordPath(owner, host), { force: true });
  } catch {
    // A stored session takes precedence over the record.
    return;
  }
}

function recordPath({ realm, alias }: Owner, host: Host): string {
  const name = sha256(JSON.stringify([realm, foldName(alias)])).slice(0, 32);
  const directory = requireStateDirectory('the record of credentials without an expiry', host);
  return join(directory, 'unexpiring', `${name}.json`);
}
