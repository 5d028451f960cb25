import type { Ask, KeySource, LinkPlan, OpenContext, Turn } from '../clouds/contract.ts';
import { credentialId, isSameCredentials, type Credentials } from '../core/credentials.ts';
import { AtmosError, isAtmosError, type ErrorCode } from '../core/errors.ts';
import { optionWords, run, type Hint } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import type { LogEvents } from '../core/log-events.ts';
import { foldName } from '../core/names.ts';
import { formatMoment, formatTimestamp } from '../core/time.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import {
  checkTrust,
  keySourceOf,
  longLivedKeyOf,
  ownerOf,
  planLink,
  type AuthContext,
} from './context.ts';
import { forgetRefusal, noteRefusal, refusedAt } from './refusals.ts';
import {
  chainOf,
  isReusable,
  remainingMs,
  storedSession,
  type Session,
  type StoredSession,
} from './session.ts';
import { singleFlight } from './single-flight.ts';

export interface LoginOptions {
  /** Open a session even when a stored one would do. */
  readonly force?: boolean;
  /** How long to wait for another process that is opening the same session. Default 2 minutes. */
  readonly waitMs?: number;
}

export interface LoginResult {
  readonly session: Session;
  readonly region: string;
  /** False when a stored session was taken. */
  readonly wasOpened: boolean;
  /** Why the session could not be stored, if so. It is good all the same. */
  readonly storeFailure?: AtmosError;
  /** Why a stored session was not used, in one line: a setting that changed, old and new. */
  readonly changed?: string;
}

// Other failures depend on the process: its terminal, its password, its disk.
const isSameForAll = (code: ErrorCode) =>
  /^ERR_(AUTH_|AWS|NETWORK|CLOCK_SKEW|CANCELLED)/.test(code) && code !== 'ERR_AUTH_MFA_REQUIRED';

const defaultWaitMs = 120_000;
const requestTimeoutMs = 20_000;

/**
 * The session of the identity: the stored one while it is reusable, else a new one, which one
 * process opens for all processes that request it at the same time.
 *
 * @throws ERR_AUTH_*, ERR_LOGIN_BUSY, ERR_CONFIG_UNTRUSTED, the errors of STS, of the store and of the keyring
 */
export async function login(
  context: AuthContext,
  identity: Identity,
  options: LoginOptions = {},
): Promise<LoginResult> {
  const { host, store, keyring } = context;
  const link = await planLink(context, identity);
  const kept = await storedSession(store, link);
  const { session: stored, changed } = kept;
  const region = link.region ?? link.defaultRegion;
  const found = (session: Session): LoginResult => {
    const { expiresAt } = session.credentials;
    host.log('session.found', { identity: identity.name, expires_at: expiresAt });
    return { session, region, wasOpened: false };
  };
  if (stored && !options.force && isReusable(stored, host.now())) return found(stored);
  host.log('session.needed', { identity: identity.name, because: reasonFor(kept, options) });

  const source = keySourceOf(context, link);
  const key = await longLivedKeyOf(context, link, source);
  context.requireStorable();
  const alone: OpenContext['alone'] = (turn, task) =>
    singleFlight(
      {
        ...turn,
        timeoutMs: options.waitMs ?? defaultWaitMs,
        host,
        warn: context.warn,
        isLockNeeded: keyring.info.persistent,
      },
      task,
    );
  const turn: Turn = {
    subject: ['identity', store.realm, foldName(identity.name), whereKept(keyring, host)],
    named: `identity ${identity.name}`,
    isShared: isSameForAll,
  };
  return alone(turn, async () => {
    // Another process may have opened a session while we waited.
    const { session: meanwhile } = await storedSession(store, link);
    if (meanwhile && isReusable(meanwhile, host.now())) {
      const isNew =
        stored === undefined ||
        credentialId(meanwhile.credentials) !== credentialId(stored.credentials);
      if (isNew || !options.force) return found(meanwhile);
    }
    const opening = openSession(context, identity, link, { ...source, key, alone });
    const session = await opening.catch((error: unknown) => {
      throw error instanceof AtmosError ? named(error, identity) : error;
    });
    const storeFailure = await keep(context, link, session, source);
    return { session, region, wasOpened: true, ...withoutAbsent({ storeFailure, changed }) };
  });
}

function reasonFor(
  { session, changed }: StoredSession,
  { force }: LoginOptions,
): LogEvents['session.needed']['because'] {
  if (changed !== undefined) return 'changed';
  if (session === undefined) return 'absent';
  return force ? 'forced' : 'short';
}

/** The same for all processes that would find each other's session. */
function whereKept({ info }: Keyring, { processId }: Host): string {
  if (!info.persistent) return `process ${processId}`;
  // A system has one keyring, and tells its location only once it was looked at.
  return info.type === 'system' ? info.type : info.location;
}

interface Opening extends KeySource, Pick<OpenContext, 'alone'> {
  readonly key: Credentials | undefined;
}

async function openSession(
  context: AuthContext,
  identity: Identity,
  link: LinkPlan,
  { key, ...opening }: Opening,
): Promise<Session> {
  const { host, warn } = context;
  const owner = ownerOf(context, identity);
  const keyId = key && credentialId(key);
  const refused = keyId === undefined ? undefined : refusedAt(owner, keyId, host);
  if (refused !== undefined) {
    warn(
      `AWS refused the access key of identity ${identity.name} at ${formatMoment(refused, host)}; trying it again`,
    );
  }
  try {
    const ask = trustedAsk(context, identity);
    const opened = await link.open({ ...opening, host, ask, timeoutMs: requestTimeoutMs, warn });
    const { expiresAt } = opened.credentials;
    if (expiresAt === undefined) throw new TypeError('a session that was opened has an expiry');
    const now = host.now();
    const session = {
      ...opened,
      credentials: Object.assign(opened.credentials, { expiresAt }),
      savedAt: now,
    };
    if (remainingMs(session, now) <= 0) throw openedExpired(session, now);
    forgetRefusal(owner, host);
    host.log('session.opened', {
      identity: identity.name,
      region: link.shownRegion ?? link.region ?? link.defaultRegion,
      expires_at: expiresAt,
      clock_offset_ms: opened.clockOffsetMs,
    });
    return session;
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_REFUSED')) throw error;
    if (keyId !== undefined) noteRefusal(owner, keyId, host);
    host.log('key.refused', { identity: identity.name });
    throw error;
  }
}

/** A program would find such a session invalid, and its error would not name the clock. */
function openedExpired({ credentials, clockOffsetMs }: Session, now: Date): AtmosError {
  const there = new Date(now.getTime() + clockOffsetMs);
  return new AtmosError(
    'ERR_CLOCK_SKEW',
    `the new session had already expired at ${formatTimestamp(credentials.expiresAt)}: the clock of this machine shows ${formatTimestamp(now)}, the clock of the server ${formatTimestamp(there)}`,
    { hints: [run(['atmos', 'auth', 'login'], 'set the clock of this machine, then')] },
  );
}

/** Asks for a code only where it may be sent. */
function trustedAsk(context: AuthContext, identity: Identity): Ask {
  const { mfaCode } = context.ask;
  if (mfaCode === undefined) return {};
  return {
    async mfaCode(request) {
      await checkTrust(context, identity, 'mfa-code');
      return mfaCode(request);
    },
  };
}

/**
 * Stores the session. One that cannot be stored is still used, and the failure is reported.
 *
 * The key may have been replaced while the server was asked. So the key is read again after the
 * session was stored, and a command that replaces a key removes the session after it stored the
 * key. In any order, one of the two removes the session of the old key.
 */
async function keep(
  context: AuthContext,
  link: LinkPlan,
  { credentials, clockOffsetMs, limits }: Session,
  source: KeySource,
): Promise<AtmosError | undefined> {
  const { store, host } = context;
  try {
    const notes = { ...chainOf(link), clockOffsetMs, limits };
    await store.write(link.name, 'session', credentials, notes);
    if (await isKeyCurrent(context, link, source)) return undefined;
    await store.remove(link.name, 'session');
    throw keyReplaced(link);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    host.log('session.unstored', { identity: link.name, code: error.code });
    return error;
  }
}

/** Whether the stored key is still the one that was read for this login. */
async function isKeyCurrent(
  context: AuthContext,
  link: LinkPlan,
  source: KeySource,
): Promise<boolean> {
  if (link.storedKey !== 'needed') return true;
  const used = await source.storedKey();
  const stored = await keySourceOf(context, link).storedKey();
  return used !== null && stored !== null && isSameCredentials(used, stored);
}

function keyReplaced({ name }: LinkPlan): AtmosError {
  return new AtmosError(
    'ERR_STORE_CONFLICT',
    `the access key of identity ${name} was replaced or removed while this session was opened`,
    { hints: [run(['atmos', 'auth', 'login', ...optionWords('--identity', name)])] },
  );
}

/** The same error with the name of the identity, also in the hints that need it. */
function named(error: AtmosError, { name }: Identity): AtmosError {
  if (error.message.includes(`identity ${name}`)) return error;
  return new AtmosError(error.code, `no session for identity ${name}: ${error.message}`, {
    hints: error.hintValues.map((hint) => forIdentity(hint, name)),
    cause: error.cause,
  });
}

/** Commands that use the default identity if no name is given. */
const needingIdentity = [
  ['atmos', 'auth', 'login'],
  ['atmos', 'auth', 'login', '--force'],
  ['atmos', 'auth', 'user', 'configure'],
];

/** The hint, with the identity in a command that needs one. */
function forIdentity(hint: Hint, name: string): Hint {
  if (hint.kind !== 'run') return hint;
  const [command, ...others] = hint.commands;
  const needsIdentity = needingIdentity.some(
    (words) =>
      words.length === command.length && words.every((word, index) => word === command[index]),
  );
  if (others.length > 0 || !needsIdentity) return hint;
  return { ...hint, commands: [[...command, ...optionWords('--identity', name)]] };
}
