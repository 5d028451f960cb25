import type { PreparedIdentity } from '../clouds/contract.ts';
import { strategyOf } from '../clouds/registry.ts';
import { AtmosError, isAtmosError, type ErrorCode } from '../core/errors.ts';
import { edit, optionWords, run, type Hint } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import type { LogEvents } from '../core/log-events.ts';
import { foldName } from '../core/names.ts';
import { formatMoment, formatTimestamp } from '../core/time.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { checkTrust, ownerOf, prepareIdentity, type AuthContext } from './context.ts';
import { forgetRefusal, noteRefusal, refusedAt } from './refusals.ts';
import {
  chainOf,
  isReusable,
  remainingMs,
  storedSession,
  type Chain,
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
  /** What the session cannot do, in one line. */
  readonly limits?: string;
}

// Other failures depend on the process: its terminal, its password, its disk.
const isSameForAll = (code: ErrorCode) =>
  /^ERR_(AUTH_|AWS|NETWORK|CLOCK_SKEW|CANCELLED)/.test(code) && code !== 'ERR_AUTH_MFA_REQUIRED';
// Of a device, only what became of the code: one code, one attempt.
const isOfCode = (code: ErrorCode) => code === 'ERR_AUTH_MFA_REFUSED' || code === 'ERR_CANCELLED';

const defaultWaitMs = 120_000;
const requestTimeoutMs = 20_000;

/**
 * The identity's session: the stored one while it is good for a while, else a new one, which one
 * process opens for all that ask at once.
 *
 * @throws ERR_AUTH_*, ERR_LOGIN_BUSY, ERR_CONFIG_UNTRUSTED, the errors of STS, of the store and of the keyring
 */
export async function login(
  context: AuthContext,
  identity: Identity,
  options: LoginOptions = {},
): Promise<LoginResult> {
  const { host, store, keyring } = context;
  const prepared = await prepareIdentity(context, identity);
  const chain = chainOf(identity.kind, prepared);
  const { region, limits } = prepared;
  const result = (session: Session, wasOpened: boolean, storeFailure?: AtmosError): LoginResult => {
    const { expiresAt } = session.credentials;
    if (!wasOpened) host.log('session.found', { identity: identity.name, expires_at: expiresAt });
    const changed = wasOpened ? kept.changed : undefined;
    return { session, region, wasOpened, ...withoutAbsent({ storeFailure, limits, changed }) };
  };

  const kept = await storedSession(store, identity.name, chain);
  const { session: stored } = kept;
  if (stored && !options.force && isReusable(stored, host.now())) return result(stored, false);
  host.log('session.needed', { identity: identity.name, because: reasonFor(kept, options) });
  context.requireStorable();

  const flight = {
    timeoutMs: options.waitMs ?? defaultWaitMs,
    host,
    warn: context.warn,
    isLockNeeded: keyring.info.persistent,
  };
  const keptBy = whereKept(keyring, host);
  const identityFlight = {
    ...flight,
    subject: ['identity', store.realm, foldName(identity.name), keptBy],
    named: `identity ${identity.name}`,
    isShared: isSameForAll,
  };
  return singleFlight(identityFlight, async () => {
    // Somebody else may have opened one while we waited.
    const { session: meanwhile } = await storedSession(store, identity.name, chain);
    const isNew = meanwhile?.credentials.accessKeyId !== stored?.credentials.accessKeyId;
    if (meanwhile && (isNew || !options.force) && isReusable(meanwhile, host.now())) {
      return result(meanwhile, false);
    }
    tellRefusal(context, identity, prepared);
    const open = () => openSession(context, identity, prepared);
    const { mfaDevice } = prepared;
    const deviceFlight = {
      ...flight,
      subject: ['mfa', mfaDevice ?? ''],
      named: `the MFA device ${prepared.shown?.mfaDevice ?? mfaDevice}`,
      isShared: isOfCode,
    };
    const opening = mfaDevice === undefined ? open() : singleFlight(deviceFlight, open);
    const session = await opening.catch((error: unknown) => {
      throw error instanceof AtmosError ? named(error, identity) : error;
    });
    return result(session, true, await keep(context, identity, session, chain));
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

async function openSession(
  context: AuthContext,
  identity: Identity,
  prepared: PreparedIdentity,
): Promise<Session> {
  const owner = ownerOf(context, identity);
  try {
    const mfaCode = trustedMfaCode(context, identity);
    const opened = await prepared.open({
      timeoutMs: requestTimeoutMs,
      ...withoutAbsent({ mfaCode }),
    });
    const { expiresAt } = opened.credentials;
    if (expiresAt === undefined) throw new TypeError('a session that was opened has an expiry');
    const now = context.host.now();
    const session = {
      credentials: Object.assign(opened.credentials, { expiresAt }),
      clockOffsetMs: opened.clockOffsetMs,
      savedAt: now,
    };
    if (remainingMs(session, now) <= 0) throw openedExpired(session, now);
    forgetRefusal(owner, context.host);
    context.host.log('session.opened', {
      identity: identity.name,
      region: prepared.shown?.region ?? prepared.region,
      expires_at: expiresAt,
      clock_offset_ms: opened.clockOffsetMs,
    });
    return session;
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_REFUSED')) throw error;
    noteRefusal(owner, prepared.baseAccessKeyId, context.host);
    context.host.log('key.refused', { identity: identity.name });
    if ((await strategyOf(identity)).usesStoredKeys(identity)) throw error;
    throw new AtmosError(error.code, error.message, {
      hints: [
        edit(identity.locate(['credentials']), 'correct access_key_id and secret_access_key'),
      ],
    });
  }
}

/** A program would find such a session invalid, and its error would not name the clock. */
function openedExpired({ credentials, clockOffsetMs }: Session, now: Date): AtmosError {
  const there = new Date(now.getTime() + clockOffsetMs);
  return new AtmosError(
    'ERR_CLOCK_SKEW',
    `the session that was opened expired at ${formatTimestamp(credentials.expiresAt)} already: the clock shows ${formatTimestamp(now)} here, and ${formatTimestamp(there)} at the server`,
    { hints: [run(['atmos', 'auth', 'login'], 'set the clock of this machine, then')] },
  );
}

/** Asks for a code only where it may be sent. */
function trustedMfaCode(context: AuthContext, identity: Identity): AuthContext['mfaCode'] {
  const { mfaCode } = context;
  return (
    mfaCode &&
    (async (request) => {
      await checkTrust(context, identity, 'mfa-code');
      return mfaCode(request);
    })
  );
}

/** A session that cannot be stored is still a session: it is used, and the failure told. */
async function keep(
  { store, host }: AuthContext,
  identity: Identity,
  session: Session,
  chain: Chain,
): Promise<AtmosError | undefined> {
  try {
    const { credentials, clockOffsetMs } = session;
    await store.write(identity.name, 'session', credentials, { ...chain, clockOffsetMs });
    return undefined;
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    host.log('session.unstored', { identity: identity.name, code: error.code });
    return error;
  }
}

function tellRefusal(context: AuthContext, identity: Identity, prepared: PreparedIdentity): void {
  const refused = refusedAt(ownerOf(context, identity), prepared.baseAccessKeyId, context.host);
  if (refused === undefined) return;
  context.warn(
    `AWS refused the access key of identity ${identity.name} at ${formatMoment(refused, context.host)}: trying it again`,
  );
}

/** The same error, naming the identity; hints of what knows none are completed with it. */
function named(error: AtmosError, { name }: Identity): AtmosError {
  if (error.message.includes(`identity ${name}`)) return error;
  return new AtmosError(error.code, `no session for identity ${name}: ${error.message}`, {
    hints: error.hintValues.map((hint) => forIdentity(hint, name)),
    cause: error.cause,
  });
}

/** Commands of ours that act for the default identity when they name none. */
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
