import type { PreparedIdentity } from '../clouds/contract.ts';
import { sha256 } from '../core/sha256.ts';

/**
 * SHA-256 over all that a session was opened for: kind, principal, endpoint, partition, MFA device,
 * base access key id. A session whose fingerprint differs is as good as none.
 */
export function chainFingerprint(
  kind: string,
  { fingerprintOf }: Pick<PreparedIdentity, 'fingerprintOf'>,
): string {
  const fields = Object.entries(fingerprintOf).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify([kind, fields]));
}
