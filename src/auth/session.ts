import type { PreparedIdentity } from '../clouds/contract.ts';
import type { AwsCredentials } from '../core/credentials.ts';
import { sha256 } from '../core/sha256.ts';
import type { CredentialStore } from '../store/credential-store.ts';

const reuseMarginMs = 15 * 60 * 1000;

/** A session as it is kept, with what is needed to judge it. */
export interface Session {
  readonly credentials: AwsCredentials & { readonly expiresAt: Date };
  /** How far the server's clock is ahead of ours. */
  readonly clockOffsetMs: number;
  readonly savedAt?: Date;
}

/**
 * The stored session of an identity, or undefined when there is none that was opened for exactly
 * this. One without an expiry, or without a token, is none.
 */
export async function storedSession(
  store: CredentialStore,
  alias: string,
  fingerprint: string,
): Promise<Session | undefined> {
  const envelope = await store.read(alias, 'session');
  if (envelope === null || envelope.chainFingerprint !== fingerprint) return undefined;
  const { credentials, savedAt } = envelope;
  const { expiresAt, sessionToken } = credentials;
  if (expiresAt === undefined || sessionToken === undefined) return undefined;
  return {
    credentials: Object.assign(credentials, { expiresAt }),
    clockOffsetMs: envelope.clockOffsetMs ?? 0,
    ...(savedAt === undefined ? {} : { savedAt }),
  };
}

/** Milliseconds that the session is still good for, by the server's clock; zero or less: expired. */
export function remainingMs(session: Session, now: Date): number {
  return session.credentials.expiresAt.getTime() - (now.getTime() + session.clockOffsetMs);
}

/** Whether at least 15 minutes remain, or a quarter of its life where that is less. */
export function isReusable(session: Session, now: Date): boolean {
  const { savedAt, clockOffsetMs, credentials } = session;
  const lifeMs = savedAt
    ? credentials.expiresAt.getTime() - (savedAt.getTime() + clockOffsetMs)
    : Number.POSITIVE_INFINITY;
  return (
    remainingMs(session, now) >= Math.min(reuseMarginMs, lifeMs / 4) &&
    remainingMs(session, now) > 0
  );
}

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
