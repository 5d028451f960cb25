import type { Host } from '../host/host.ts';
import type { Owner } from '../store/key.ts';
import { createOwnerRecord } from './owner-record.ts';

const record = createOwnerRecord('unexpiring');

/**
 * Records that the credentials of a link had no expiry, so that they are never stored. Without the
 * record only opening them tells, and whoami and list report that there is no session.
 */
export function noteUnexpiring(owner: Owner, chainFingerprint: string, host: Host): void {
  if (isUnexpiring(owner, chainFingerprint, host)) return;
  record.write(owner, { chain_fingerprint: chainFingerprint }, host);
}

/** Whether the link gave credentials without an expiry when it was last opened with these settings. */
export function isUnexpiring(owner: Owner, chainFingerprint: string, host: Host): boolean {
  return record.read(owner, host)?.['chain_fingerprint'] === chainFingerprint;
}

/** A stored session takes precedence over the record. */
export function forgetUnexpiring(owner: Owner, host: Host): void {
  record.remove(owner, host);
}
