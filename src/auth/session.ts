import type { LinkPlan } from '../clouds/contract.ts';
import { isSession, type Credentials } from '../core/credentials.ts';
import { sha256 } from '../core/sha256.ts';
import type { CredentialStore, ItemNotes } from '../store/credential-store.ts';
import type { ChainSettings } from '../store/envelope.ts';

const reuseMarginMs = 15 * 60 * 1000;

/** A session as it is kept, with what is needed to judge it. */
export interface Session {
  readonly credentials: Credentials & { readonly expiresAt: Date };
  /** How far the server's clock is ahead of the local clock. */
  readonly clockOffsetMs: number;
  /** What it cannot do, one line each. */
  readonly limits: readonly string[];
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
 * Looks for a session that was opened for exactly this. The long-lived key is not read. A session
 * without an expiry or without a fingerprint, and a long-lived key in its place, are ignored.
 */
export async function storedSession(
  store: CredentialStore,
  link: Pick<LinkPlan, 'name' | 'kind' | 'fingerprint'>,
): Promise<StoredSession> {
  const envelope = await store.read(link.name, 'session');
  if (envelope?.chainFingerprint === undefined) return {};
  const { credentials, savedAt, clockOffsetMs = 0, limits = [] } = envelope;
  const { expiresAt } = credentials;
  if (expiresAt === undefined || !isSession(credentials)) return {};
  const chain = chainOf(link);
  if (envelope.chainFingerprint !== chain.chainFingerprint) {
    return { changed: describeChange(envelope.chainSettings, chain.chainSettings) };
  }
  const session = {
    credentials: Object.assign(credentials, { expiresAt }),
    clockOffsetMs,
    limits,
    ...(savedAt === undefined ? {} : { savedAt }),
  };
  return { session };
}

/** @param before absent in sessions of version 0.1.0, whose fingerprint had the access key in it */
function describeChange(before: ChainSettings | undefined, now: ChainSettings): string {
  if (before === undefined) return 'an earlier version of this program opened the session';
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

/** The settings that a session of this link depends on, and the SHA-256 over them. */
export function chainOf({ kind, fingerprint }: Pick<LinkPlan, 'kind' | 'fingerprint'>): Chain {
  const settings = Object.entries(fingerprint).sort(([a], [b]) => (a < b ? -1 : 1));
  const values = settings.map(([name, { value }]) => [name, value]);
  return {
    chainFingerprint: sha256(JSON.stringify([kind, values])),
    chainSettings: { kind: { value: kind }, ...Object.fromEntries(settings) },
  };
}
