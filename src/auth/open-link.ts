import type { Ask, KeySource, OpenContext, Turn } from '../clouds/contract.ts';
import {
  credentialId,
  expiryOf,
  type Credentials,
  type ProgramCredentials,
} from '../core/credentials.ts';
import { AtmosError, isAtmosError, type ErrorCode } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import { titleOf, type LinkConfig } from '../core/kind-config.ts';
import type { LogEvents } from '../core/log-events.ts';
import { foldName } from '../core/names.ts';
import { formatMoment } from '../core/time.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { keyLinkOf, linkAt, type Chain, type ChainLink } from './chain.ts';
import { checkTrust, keySourceOf, longLivedKeyOf, ownerOf, type AuthContext } from './context.ts';
import { keepSession } from './keep-session.ts';
import { forgetRefusal, noteRefusal, refusedAt } from './refusals.ts';
import {
  isReusable,
  isSameSession,
  isUsableAsBase,
  openedExpired,
  remainingMs,
  storedSession,
  type Session,
  type StoredSession,
} from './session.ts';
import { sharedSession } from './shared-session.ts';
import { singleFlight } from './single-flight.ts';

// Other failures depend on the process: its terminal, its password, its disk.
const isSameForAll = (code: ErrorCode) =>
  /^ERR_(AUTH_|AWS|NETWORK|CLOCK_SKEW|CANCELLED)/.test(code) &&
  code !== 'ERR_AUTH_MFA_REQUIRED' &&
  code !== 'ERR_AUTH_SIGN_IN_REQUIRED';

const defaultWaitMs = 120_000;
/** A person has ten minutes to sign in on a page. */
const signInWaitMs = 660_000;
const requestTimeoutMs = 20_000;

export interface LoginOptions {
  /** Open a session even when a stored one would do. */
  readonly force?: boolean;
  /** How long the session must last at least. Default: see `isReusable`. */
  readonly minValidityMs?: number;
  /**
   * How long to wait for another process that is opening the same session. Default: 2 minutes, and 11
   * minutes where this process could also ask a person to sign in.
   */
  readonly waitMs?: number;
}

/** A chain that is opened for one caller. */
export interface Opening {
  readonly context: AuthContext;
  readonly chain: Chain;
  /** Of the target: links before it are reused while they last. */
  readonly options: LoginOptions;
}

export interface LinkResult {
  readonly session: Session<Credentials>;
  /** False when a stored session was taken. */
  readonly wasOpened: boolean;
  /** Why the session could not be stored, if so. It is good all the same. */
  readonly storeFailure?: AtmosError;
  /** Why a stored session was not used, in one line: a setting that changed, old and new. */
  readonly changed?: string;
}

/**
 * The session of one link of the chain.
 *
 * @param refused a session of it that the service did not accept, although it had not expired
 */
export async function openLink(
  opening: Opening,
  at: number,
  refused?: Session<Credentials>,
): Promise<LinkResult> {
  const { context, chain, options } = opening;
  const { host, store, keyring } = context;
  const link = linkAt(chain, at);
  const { name, slot } = link.plan;
  const isTarget = link === chain.target;
  const mustOpen = isTarget && (options.force ?? false);
  const { minValidityMs = 0 } = options;
  const isRefused = (session: Session) => refused !== undefined && isSameSession(session, refused);
  const isEnough = (session: Session, now: Date) => {
    if (isRefused(session) || link.plan.accepts?.(session) === false) return false;
    return isTarget
      ? isReusable(session, now) && remainingMs(session, now) >= minValidityMs
      : isUsableAsBase(session, now);
  };
  const kept = await storedSession(store, link);
  const { session: stored, changed } = kept;
  const found = (session: Session): LinkResult => {
    const { expiresAt } = session.credentials;
    host.log('session.found', { identity: name, expires_at: expiresAt });
    return { session, wasOpened: false };
  };
  if (stored && !mustOpen && isEnough(stored, host.now())) return found(stored);
  const other = mustOpen ? undefined : await sharedSession(context, chain, at);
  if (other && isEnough(other, host.now())) return found(other);
  host.log('session.needed', { identity: name, because: reasonFor(kept, mustOpen) });

  if (isTarget) for (const { plan } of chain.links) await plan.refuseLoop?.(host);
  const { opensWithKey } = link.plan;
  const keyLink = keyLinkOf(chain, at);
  const source = keySourceOf(context, keyLink.plan);
  const key = await inChain(chain, chain.links.indexOf(keyLink), () =>
    longLivedKeyOf(context, keyLink.plan, source),
  );
  const alone: OpenContext['alone'] = (turn, task) =>
    singleFlight(
      {
        ...turn,
        timeoutMs: options.waitMs ?? (canSignIn(opening) ? signInWaitMs : defaultWaitMs),
        host,
        warn: context.warn,
        isLockNeeded: keyring.info.persistent,
      },
      task,
    );
  /** @param previous what is kept in a shared slot */
  const open = async (
    previous: Session | undefined,
    refusedBase?: Session<Credentials>,
  ): Promise<LinkResult> => {
    const base =
      at === 0 || opensWithKey ? undefined : (await openLink(opening, at - 1, refusedBase)).session;
    const session = await inChain(chain, at, () =>
      openSession(context, link, {
        ...source,
        key,
        keyOwner: keyLink.config,
        alone,
        base: opensWithKey ? key : base?.credentials,
        ...withoutAbsent({
          // All links call the same service, whose clock is right: a wrong clock here is found once.
          clockOffsetMs: base?.clockOffsetMs,
          previous: previous && { ...previous, isRefused: isRefused(previous) },
        }),
      }),
    ).catch(async (error: unknown) => {
      if (refusedBase || base === undefined || !isAtmosError(error, 'ERR_AUTH_BASE_REFUSED')) {
        throw error;
      }
      host.log('session.refused', { identity: linkAt(chain, at - 1).plan.name });
      return undefined;
    });
    if (session === undefined) return open(previous, base);
    const storeFailure = await keepSession(context, chain, at, session, { source, base });
    return { session, wasOpened: true, ...withoutAbsent({ storeFailure, changed }) };
  };
  if (slot === 'nothing') return open(undefined);

  context.requireStorable();
  const turn: Turn = {
    ...(slot === 'own'
      ? {
          subject: ['identity', store.realm, foldName(name), whereKept(keyring, host)],
          named: titleOf(link.config),
        }
      : {
          subject: ['token', slot.id, whereKept(keyring, host)],
          named: `${titleOf(link.config)} (${slot.issuer})`,
        }),
    isShared: isSameForAll,
  };
  return alone(turn, async () => {
    // Another process may have opened a session while we waited.
    const { session: meanwhile } = await storedSession(store, link);
    if (meanwhile && isEnough(meanwhile, host.now())) {
      const isNew = stored === undefined || !isSameSession(meanwhile, stored);
      if (isNew || !mustOpen) return found(meanwhile);
    }
    if (slot === 'own') return open(undefined);
    // Others must not use it if it cannot be replaced now.
    if (meanwhile && isRefused(meanwhile)) await store.tokens.remove(slot);
    return open(mustOpen ? undefined : meanwhile);
  });
}

/** Whether a person can be asked to sign in for a link of the chain. */
function canSignIn({ context, chain }: Opening): boolean {
  const isAsked = chain.links.some(({ plan }) => plan.mayAsk?.includes('browser'));
  return isAsked && context.ask.signIn !== undefined;
}

function reasonFor(
  { session, changed }: StoredSession,
  mustOpen: boolean,
): LogEvents['session.needed']['because'] {
  if (changed !== undefined) return 'changed';
  if (session === undefined) return 'absent';
  return mustOpen ? 'forced' : 'short';
}

/** The same for all processes that would find each other's session. */
function whereKept({ info }: Keyring, { processId }: Host): string {
  if (!info.persistent) return `process ${processId}`;
  // A system has one keyring, and tells its location only once it was looked at.
  return info.type === 'system' ? info.type : info.location;
}

interface LinkOpening
  extends KeySource, Pick<OpenContext, 'alone' | 'base' | 'clockOffsetMs' | 'previous'> {
  readonly key: ProgramCredentials | undefined;
  /** The link that has the key. */
  readonly keyOwner: LinkConfig;
}

async function openSession(
  context: AuthContext,
  { config, plan }: ChainLink,
  { key, keyOwner, ...opening }: LinkOpening,
): Promise<Session<Credentials>> {
  const { host, commandEnv, warn } = context;
  const owner = ownerOf(context, keyOwner);
  const keyId = key && credentialId(key);
  const refused = keyId === undefined ? undefined : refusedAt(owner, keyId, host);
  if (refused !== undefined) {
    warn(
      `AWS refused the access key of identity ${keyOwner.name} at ${formatMoment(refused, host)}; trying it again`,
    );
  }
  try {
    const ask = trustedAsk(context, config);
    const opened = await plan.open({
      ...opening,
      host,
      commandEnv,
      ask,
      timeoutMs: requestTimeoutMs,
      warn,
    });
    const now = host.now();
    const session = { ...opened, savedAt: now };
    if (remainingMs(session, now) <= 0) throw openedExpired(session, now);
    if (keyId !== undefined) forgetRefusal(owner, host);
    host.log('session.opened', {
      identity: config.name,
      region: plan.shownRegion ?? plan.region ?? plan.defaultRegion,
      expires_at: expiryOf(opened.credentials),
      clock_offset_ms: opened.clockOffsetMs,
    });
    return session;
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_REFUSED')) throw error;
    if (keyId !== undefined) noteRefusal(owner, keyId, host);
    host.log('key.refused', { identity: keyOwner.name });
    throw error;
  }
}

/** Asks for a code only where it may be sent. */
function trustedAsk(context: AuthContext, config: LinkConfig): Ask {
  const { mfaCode, ...others } = context.ask;
  return {
    ...others,
    async mfaCode(request) {
      if (mfaCode === undefined && request.program === undefined) return undefined;
      await checkTrust(context, config, 'mfa-code');
      return mfaCode === undefined ? request.program?.() : mfaCode(request);
    },
  };
}

/** Opens a link. An error says which link of the chain failed. */
async function inChain<T>(chain: Chain, at: number, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof AtmosError)) throw error;
    // Loaded lazily, because most sessions open without an error.
    throw (await import('./chain-errors.ts')).errorOfLink(error, chain, at);
  }
}
