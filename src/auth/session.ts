import type { PreparedIdentity } from '../clouds/contract.ts';
import type { AwsCredentials } from '../core/credentials.ts';
import { withoutAbsent } from '../core/json.ts';
import { sha256 } from '../core/sha256.ts';
import type { CredentialStore, ItemNotes } from '../store/credential-store.ts';
import type { ChainSettings } from '../store/envelope.ts';

const reuseMarginMs = 15 * 60 * 1000;

/** A session as it is kept, with what is needed to judge it. */
export interface Session {
  readonly credentials: AwsCredentials & { readonly expiresAt: Date };
  /** How far the server's clock is ahead of ours. */
  readonly clockOffsetMs: number;
  readonly savedAt?: Date;
}

/** What a session is opened for. */
export type Chain = Required<Pick<ItemNotes, 'chainFingerprint' | 'chainSettings'>>;

/** What is stored as the session of an identity. Both absent: nothing, or nothing to be used. */
export interface StoredSession {
  readonly session?: Session;
  /** Why the one that is there cannot be used: the settings that changed, old and new. */
  readonly changed?: string;
}

/**
 * Looks for a session that was opened for exactly this. One without an expiry, or without a token, or
 * that does not say what it was opened for, is none.
 */
export async function storedSession(
  store: CredentialStore,
  alias: string,
  chain: Chain,
): Promise<StoredSession> {
  const envelope = await store.read(alias, 'session');
  if (envelope?.chainFingerprint === undefined) return {};
  const { credentials, savedAt } = envelope;
  const { expiresAt, sessionToken } = credentials;
  if (expiresAt === undefined || sessionToken === undefined) return {};
  if (envelope.chainFingerprint !== chain.chainFingerprint) {
    return { changed: describeChange(envelope.chainSettings, chain.chainSettings) };
  }
  const session = {
    credentials: Object.assign(credentials, { expiresAt }),
    clockOffsetMs: envelope.clockOffsetMs ?? 0,
    ...(savedAt === undefined ? {} : { savedAt }),
  };
  return { session };
}

/** @param before absent in sessions of version 0.1.0 and of other programs */
function describeChange(before: ChainSettings = {}, now: ChainSettings): string {
  const changed = 'a setting changed after the session was opened';
  const names = Object.keys(before).filter((name) => before[name]?.value !== now[name]?.value);
  const changes = names.map(
    (name) => `${name} was ${shownSetting(before[name])} and is now ${shownSetting(now[name])}`,
  );
  return changes.length === 0 ? changed : `${changed}: ${changes.join('; ')}`;
}

function shownSetting(setting: ChainSettings[string] | undefined): string {
  const { value, shown } = setting ?? { value: null };
  return value === null ? 'not set' : (shown ?? String(value));
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

/** The settings that a session of this identity depends on, and the SHA-256 over them. */
export function chainOf(
  kind: string,
  {
    fingerprintOf,
    fingerprintShown = {},
  }: Pick<PreparedIdentity, 'fingerprintOf' | 'fingerprintShown'>,
): Chain {
  const fields = Object.entries(fingerprintOf).sort(([a], [b]) => (a < b ? -1 : 1));
  const settings = fields.map(
    ([name, value]) => [name, withoutAbsent({ value, shown: fingerprintShown[name] })] as const,
  );
  return {
    chainFingerprint: sha256(JSON.stringify([kind, fields])),
    chainSettings: { kind: { value: kind }, ...Object.fromEntries(settings) },
  };
}
