import type { KeySource, Opened } from '../clouds/contract.ts';
import type { Credentials, ProgramCredentials } from '../core/credentials.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import type { LinkConfig } from '../core/kind-config.ts';
import type { LogEvents } from '../core/log-events.ts';
import { keyLinkOf, linkAt, type Chain, type ChainLink } from './chain.ts';
import { keySourceOf, longLivedKeyOf } from './context.ts';
import { keepSession, keepSignInOf, prepareStoring, warnOfUnstored } from './keep-session.ts';
import { openSession } from './open-session.ts';
import { aloneFor, turnOf, type Opening } from './opening.ts';
import {
  isReusable,
  isSameSession,
  isUsableAsBase,
  remainingMs,
  storedSession,
  type Session,
  type StoredSession,
} from './session.ts';
import { isOwnFirst, noteRefusedToken, sharedSession } from './shared-session.ts';

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
 * @param refused sessions of it that the service did not accept, although they had not expired
 */
export async function openLink(
  opening: Opening,
  at: number,
  refused: readonly Session<Credentials>[] = [],
): Promise<LinkResult> {
  const step = stepOf(opening, at, refused);
  const { context, chain } = opening;
  const { store, host } = context;
  const { link, isForced } = step;
  const { slot } = link.plan;
  const kept = await storedSession(store, link);
  const usable = isForced ? undefined : await usableSession(step, kept.session);
  if (usable && !isOwnFirst(link.plan, kept.session, usable)) return found(step, usable);
  const because = reasonFor(kept, isForced);
  host.log('session.needed', { identity: link.plan.name, because });

  if (link === chain.target) for (const { plan } of chain.links) await plan.refuseLoop?.(host);
  const keys = await keysFor(step);
  const { changed } = kept;
  if (slot === 'nothing') return openStep(step, keys, { changed });
  context.requireStorable();
  await prepareStoring(context);
  return aloneFor(opening)(turnOf(opening, link), async () => {
    // Another process may have opened a session while we waited.
    const { session: meanwhile } = await storedSession(store, link);
    const isOther = meanwhile && !(kept.session && isSameSession(meanwhile, kept.session));
    if (meanwhile && (isOther || !isForced) && step.isEnough(meanwhile)) {
      return found(step, meanwhile);
    }
    if (slot === 'own') return openStep(step, keys, { changed });
    const previous = isForced ? undefined : meanwhile;
    const open = (asking: Step) =>
      openStep(asking, keys, { changed, previous }).catch(async (error: unknown) => {
        // It can neither be used nor renewed. After another failure it may be renewed the next time.
        const isUseless = isAtmosError(error) && error.code.startsWith('ERR_AUTH_');
        if (isUseless && meanwhile && step.isRefused(meanwhile)) await store.tokens.remove(slot);
        throw error;
      });
    if (usable === undefined) return open(step);
    try {
      return await open(withoutAsking(step));
    } catch (error) {
      if (!isAtmosError(error, 'ERR_AUTH_SIGN_IN_REQUIRED')) throw error;
      return found(step, usable);
    }
  });
}

/** One link that is opened for a caller. */
interface Step {
  readonly opening: Opening;
  readonly at: number;
  readonly link: ChainLink;
  /** Whether a stored session is not used. */
  readonly isForced: boolean;
  /** Whether a person is to sign in. */
  readonly mustSignIn: boolean;
  /** Whether the service has not accepted the session in this run. */
  isRefused(session: Session): boolean;
  /** Whether the session lasts long enough for what it is needed for. */
  isEnough(session: Session): boolean;
}

function stepOf(opening: Opening, at: number, refused: readonly Session<Credentials>[]): Step {
  const { context, chain, options } = opening;
  const link = linkAt(chain, at);
  const isTarget = link === chain.target;
  const { bySignIn = false, minValidityMs = 0 } = options;
  const { force = bySignIn } = options;
  const isRefused = (session: Session) => refused.some((one) => isSameSession(session, one));
  return {
    opening,
    at,
    link,
    isForced: isTarget && force,
    mustSignIn: isTarget && bySignIn,
    isRefused,
    isEnough(session) {
      if (isRefused(session) || link.plan.accepts?.(session) === false) return false;
      const now = context.host.now();
      if (!isTarget) return isUsableAsBase(session, now);
      return isReusable(session, now) && remainingMs(session, now) >= minValidityMs;
    },
  };
}

function withoutAsking(step: Step): Step {
  const { opening } = step;
  return { ...step, opening: { ...opening, context: { ...opening.context, ask: {} } } };
}

/** The stored session, or one that another program opened. */
async function usableSession(
  { opening: { context, chain }, at, isEnough }: Step,
  stored: Session | undefined,
): Promise<Session | undefined> {
  if (stored && isEnough(stored)) return stored;
  const other = await sharedSession(context, chain, at);
  return other && isEnough(other) ? other : undefined;
}

function found({ opening, link }: Step, session: Session): LinkResult {
  const { expiresAt } = session.credentials;
  opening.context.host.log('session.found', { identity: link.plan.name, expires_at: expiresAt });
  return { session, wasOpened: false };
}

/** The long-lived key that opens a link, of the link itself or of the one before it. */
interface StepKeys {
  readonly source: KeySource;
  readonly key: ProgramCredentials | undefined;
  readonly owner: LinkConfig;
}

async function keysFor(step: Step): Promise<StepKeys> {
  const { context, chain } = step.opening;
  const keyLink = keyLinkOf(chain, step.at);
  const { plan, config: owner } = keyLink;
  const source = keySourceOf(context, plan);
  if (step.mustSignIn) return { source, key: undefined, owner };
  const isRequired = keyLink !== step.link;
  const key = await inChain(chain, chain.links.indexOf(keyLink), () =>
    longLivedKeyOf(context, plan, source, isRequired),
  );
  return { source, key, owner };
}

interface StepState {
  /** Why a stored session is not used. */
  readonly changed: string | undefined;
  /** What is kept in a shared slot. */
  readonly previous?: Session | undefined;
}

/** Our own session, that of Atmos and that of another tool. */
const maxFound = 3;

/**
 * Opens the link, and before it those that it needs. A link before it whose session the service does not
 * accept is opened again: by another session that is found, at last by one that is opened now.
 */
async function openStep(
  step: Step,
  keys: StepKeys,
  state: StepState,
  refused: readonly Session<Credentials>[] = [],
): Promise<LinkResult> {
  const { opening, at, link } = step;
  const { context, chain } = opening;
  const { opensWithKey, slot } = link.plan;
  const { changed, previous } = state;
  const { source } = keys;
  const before = at === 0 || opensWithKey ? undefined : await openLink(opening, at - 1, refused);
  const base = before?.session;
  const keep = async (opened: Opened) => {
    await keepSession(context, chain, at, opened, { source, base });
  };
  try {
    const session = await inChain(chain, at, () =>
      openSession(context, link, {
        ...source,
        key: keys.key,
        keyOwner: keys.owner,
        alone: aloneFor(opening),
        base: opensWithKey ? keys.key : base?.credentials,
        ...withoutAbsent({
          // All links call the same service, whose clock is right: a wrong clock here is found once.
          clockOffsetMs: base?.clockOffsetMs,
          isForced: step.isForced || undefined,
          previous: previous && { ...previous, isRefused: step.isRefused(previous) },
          keep: typeof slot === 'string' ? undefined : keep,
          mustSignIn: step.mustSignIn || undefined,
          keepSignIn: link.plan.opensBySignIn && keepSignInOf(context, link),
        }),
      }),
    );
    const storeFailure = await keepSession(context, chain, at, session, { source, base });
    // That of the target is reported by who asked for it.
    if (storeFailure && link !== chain.target) warnOfUnstored(context, link, storeFailure);
    return { session, wasOpened: true, ...withoutAbsent({ storeFailure, changed }) };
  } catch (error) {
    if (before === undefined || !isAtmosError(error, 'ERR_AUTH_BASE_REFUSED')) throw error;
    const { plan } = linkAt(chain, at - 1);
    await noteRefusedToken(context, plan, before.session);
    const isLast = before.wasOpened || refused.length === maxFound;
    if (isLast && refused.length > 0) throw error;
    context.host.log('session.refused', { identity: plan.name });
    return openStep(step, keys, state, [...refused, before.session]);
  }
}

function reasonFor(
  { session, changed }: StoredSession,
  mustOpen: boolean,
): LogEvents['session.needed']['because'] {
  if (changed !== undefined) return 'changed';
  if (session === undefined) return 'absent';
  return mustOpen ? 'forced' : 'short';
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
