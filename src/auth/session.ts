import {
  credentialId,
  expiryOf,
  isSession,
  type Credentials,
  type StoredCredentials,
} from '../core/credentials.ts';
import { AtmosError } from '../core/errors.ts';
import { run, say } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import { formatLength, formatTimestamp } from '../core/time.ts';
import type { CredentialStore } from '../store/credential-store.ts';
import type { ChainSettings, Envelope } from '../store/envelope.ts';
import type { LinkPlan, TokenTool } from '../clouds/contract.ts';
import type { ChainLink } from './chain.ts';

const reuseMarginMs = 15 * 60 * 1000;
const baseMarginMs = 60 * 1000;

/** The programs whose plain files are read: Atmos, or a tool with the token of a portal. */
export type SessionSource = 'atmos' | TokenTool;

/** Opened credentials, with what is needed to judge whether they are still valid. */
export interface Session<C extends Credentials = StoredCredentials> {
  readonly credentials: C;
  /** How far the server's clock is ahead of the local clock. */
  readonly clockOffsetMs: number;
  /** What it cannot do, one line each. */
  readonly limits: readonly string[];
  readonly savedAt?: Date;
  /** Of a token: what opens it again without a person. */
  readonly renewal?: Readonly<Record<string, string>>;
  /** As in `Opened`. Not stored. */
  readonly signedInAs?: string;
  /** Absent: opened by this program. Else by another one, and found in its plain files. */
  readonly source?: SessionSource;
}

/** The part of a link that determines its session. */
type SessionTerms = Pick<ChainLink, 'chainFingerprint' | 'chainSettings'> & {
  readonly plan: Pick<LinkPlan, 'name' | 'slot'>;
};

/** What is stored as the session of a link. Both absent: nothing, or nothing to be used. */
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
  { plan, ...terms }: SessionTerms,
): Promise<StoredSession> {
  if (plan.slot === 'nothing') return {};
  const envelope =
    plan.slot === 'own'
      ? await store.read(plan.name, 'session')
      : await store.tokens.read(plan.slot);
  return sessionIn(envelope, terms);
}

/** The session that an entry has, as {@link storedSession}. */
export function sessionIn(
  envelope: Envelope<StoredCredentials> | null,
  { chainFingerprint, chainSettings }: Omit<SessionTerms, 'plan'>,
): StoredSession {
  if (envelope?.chainFingerprint === undefined) return {};
  const { credentials, savedAt, renewal, clockOffsetMs = 0, limits = [] } = envelope;
  if (credentials.expiresAt === undefined || !isSession(credentials)) return {};
  if (envelope.chainFingerprint !== chainFingerprint) {
    return { changed: describeChange(envelope.chainSettings, chainSettings) };
  }
  const session = {
    credentials,
    clockOffsetMs,
    limits,
    ...withoutAbsent({ savedAt, renewal }),
  };
  return { session };
}

/** @param before absent in sessions of version 0.1.0, whose fingerprint had the access key in it */
function describeChange(before: ChainSettings | undefined, now: ChainSettings): string {
  if (before === undefined) return 'an earlier version of this program opened the session';
  const changed = 'a setting changed after the session was opened';
  const different = Object.keys(before).filter((name) => before[name]?.value !== now[name]?.value);
  // The settings of another base all differ.
  const names = different.includes('via') ? ['via'] : different;
  const changes = names.map(
    (name) => `${name} was ${shownSetting(before[name])} and is now ${shownSetting(now[name])}`,
  );
  return changes.length === 0 ? changed : `${changed}: ${changes.join('; ')}`;
}

function shownSetting(setting: ChainSettings[string] | undefined): string {
  const { value, shown } = setting ?? { value: null };
  return value === null ? 'not set' : (shown ?? String(value));
}

/**
 * Milliseconds that the session is still good for, by the server's clock; zero or less: expired.
 * Infinite for credentials without an expiry.
 */
export function remainingMs(session: Session<Credentials>, now: Date): number {
  const expiresAt = expiryOf(session.credentials);
  if (expiresAt === undefined) return Number.POSITIVE_INFINITY;
  return expiresAt.getTime() - (now.getTime() + session.clockOffsetMs);
}

/** Whether at least 15 minutes remain, or a quarter of its life where that is less. */
export function isReusable(session: Session<Credentials>, now: Date): boolean {
  const { savedAt } = session;
  const leftMs = remainingMs(session, now);
  const lifeMs = savedAt ? leftMs + now.getTime() - savedAt.getTime() : Number.POSITIVE_INFINITY;
  return leftMs >= Math.min(reuseMarginMs, lifeMs / 4) && leftMs > 0;
}

/** Whether the session can open the next link of a chain: it only has to outlast one request. */
export function isUsableAsBase(session: Session<Credentials>, now: Date): boolean {
  return remainingMs(session, now) >= baseMarginMs;
}

/** Whether two sessions are the same, by the identifiers of their credentials. */
export function isSameSession(
  one: Pick<Session<Credentials>, 'credentials'>,
  other: Pick<Session<Credentials>, 'credentials'>,
): boolean {
  return credentialId(one.credentials) === credentialId(other.credentials);
}

/**
 * Checks that a session can be valid for as long as the user requires.
 *
 * @param openingMs the time that opening it may have taken. Default: 0
 * @throws ERR_USAGE, which names how long it lasts
 */
export function requireValidity(
  identity: string,
  lastsMs: number,
  minValidityMs: number,
  openingMs = 0,
): void {
  if (lastsMs + openingMs >= minValidityMs) return;
  const most = formatLength(lastsMs);
  throw new AtmosError(
    'ERR_USAGE',
    `a session of identity ${identity} lasts ${most} at most, and ${formatLength(minValidityMs)} are required`,
    { hints: [say('require less, or configure a longer session')] },
  );
}

/**
 * A session that was opened between two times of the local clock. If this program was suspended in
 * between, it read the answer of the server late, and the clock of the server seemed to be behind.
 *
 * @param named the link: `identity dev`
 * @throws ERR_AUTH_SESSION_EXPIRED if it has expired since then; ERR_CLOCK_SKEW if it had before
 */
export function newSession(
  named: string,
  opened: Omit<Session<Credentials>, 'savedAt'>,
  startedAt: Date,
  now: Date,
): Session<Credentials> {
  const tookMs = now.getTime() - startedAt.getTime();
  const readMs = opened.clockOffsetMs;
  const clockOffsetMs = readMs < 0 ? Math.min(readMs + Math.max(tookMs, 0), 0) : readMs;
  const session = { ...opened, clockOffsetMs, savedAt: now };
  if (remainingMs(session, now) > 0) return session;
  throw remainingMs(session, startedAt) > 0
    ? expiredMeanwhile(named, session)
    : openedExpired(session, now);
}

/** The session was valid when this program got it. */
export function expiredMeanwhile(
  named: string,
  { credentials }: Pick<Session<Credentials>, 'credentials'>,
): AtmosError {
  const expiry = expiryOf(credentials);
  const at = expiry === undefined ? '' : ` at ${formatTimestamp(expiry)}`;
  return new AtmosError(
    'ERR_AUTH_SESSION_EXPIRED',
    `the session of ${named} expired${at}, before this program could use it: it was suspended`,
    { hints: [say('run the command again')] },
  );
}

/** A program would find such a session invalid, and its error would not name the clock. */
function openedExpired(
  { credentials, clockOffsetMs }: Session<Credentials>,
  now: Date,
): AtmosError {
  const expiresAt = expiryOf(credentials) ?? now;
  const there = new Date(now.getTime() + clockOffsetMs);
  return new AtmosError(
    'ERR_CLOCK_SKEW',
    `the new session had already expired at ${formatTimestamp(expiresAt)}: the clock of this machine shows ${formatTimestamp(now)}, the clock of the server ${formatTimestamp(there)}`,
    { hints: [run(['atmos', 'auth', 'login'], 'set the clock of this machine, then')] },
  );
}
