import { dependentsOf, planLinks } from '../auth/chain.ts';
import { planTrusted, type AuthContext } from '../auth/context.ts';
import { storedSession } from '../auth/session.ts';
import { sharedSession } from '../auth/shared-session.ts';
import { linkKindOf } from '../clouds/registry.ts';
import { isStoredType, type SharedSlot } from '../core/credentials.ts';
import {
  AtmosError,
  isAtmosError,
  isEntryError,
  type ErrorCode,
  type ErrorDetails,
} from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { titleOf, type Provider } from '../core/kind-config.ts';
import { itemKey, sharedTokenKey } from '../store/key.ts';
import type { LogoutResult, RemovedEntry } from './logout.ts';

export interface SignOutOptions {
  /** Remove nothing; only list what would be removed. */
  readonly isDryRun: boolean;
  /** Do not end the session at the service. */
  readonly isLocal: boolean;
}

/** A session that was signed out at its service. */
export interface EndedSession {
  readonly provider: string;
  /** The start URL of the portal. */
  readonly issuer: string;
}

export interface SignOutResult extends LogoutResult {
  /** Undefined if no session existed, or it remains. */
  readonly ended: EndedSession | undefined;
}

const requestTimeoutMs = 10_000;

/**
 * Signs out of a provider: ends the session at its service, and removes its token and the sessions of
 * the identities that were opened with it. What can be removed is removed, also if the service
 * cannot be reached, or nothing may be sent to it because the project is not trusted: this is then one
 * of the failures. Nothing happens for a provider whose tokens are not kept.
 *
 * @throws the keyring's errors, except those about a single entry; nothing is removed if the token
 *   cannot be read, because the session could not be ended any more
 */
export async function signOut(
  context: AuthContext,
  provider: Provider,
  options: SignOutOptions,
): Promise<SignOutResult> {
  const failures: AtmosError[] = [];
  const collect = (error: unknown) => {
    if (!(error instanceof AtmosError)) throw error;
    failures.push(error);
  };
  const { slot, isShared } = (await slotOf(context, provider).catch(collect)) ?? {};
  if (slot === undefined) return { removed: [], failures, ended: undefined };
  let isEnded = false;
  const mayEnd = !options.isDryRun && !options.isLocal;
  if (mayEnd && (isShared || (await hasToken(context, slot)))) {
    isEnded = (await endAtService(context, provider, slot).catch(collect)) ?? false;
  }
  const removed = await removeAll(context, provider, slot, options, (error) => {
    if (!isEntryError(error)) throw error;
    failures.push(error);
  });
  const ended = isEnded ? { provider: provider.name, issuer: slot.issuer } : undefined;
  return { removed, failures, ended };
}

/** An entry that cannot be read has no token. */
async function hasToken({ store }: AuthContext, slot: SharedSlot): Promise<boolean> {
  try {
    return (await store.tokens.read(slot)) !== null;
  } catch (error) {
    if (!isEntryError(error)) throw error;
    return false;
  }
}

interface Slot {
  readonly slot: SharedSlot;
  /** Whether another tool may have a newer token of the same session. */
  readonly isShared: boolean;
}

/**
 * Where the token is kept, which no endpoint changes. Undefined for a kind that has kept nothing, as one
 * that this version does not support.
 */
async function slotOf({ host }: AuthContext, provider: Provider): Promise<Slot | undefined> {
  try {
    const { gives } = await linkKindOf(provider);
    if (!isStoredType(gives)) return undefined;
    const [link] = await planLinks([provider], host.env);
    if (link === undefined || typeof link.plan.slot === 'string') return undefined;
    return { slot: link.plan.slot, isShared: link.plan.toolTokens?.write !== undefined };
  } catch (error) {
    if (isAtmosError(error, 'ERR_IDENTITY_UNSUPPORTED')) return undefined;
    throw error;
  }
}

/** Sends the token only where it came from, and only with trust. Returns whether a session ended. */
async function endAtService(
  context: AuthContext,
  provider: Provider,
  slot: SharedSlot,
): Promise<boolean> {
  const { store, host } = context;
  const chain = await planTrusted(context, provider);
  const { target } = chain;
  const { revoke, name, toolTokens } = target.plan;
  if (revoke === undefined) return false;
  const notEnded = (code: ErrorCode, reason: string, details: ErrorDetails) =>
    new AtmosError(
      code,
      `${titleOf(provider)}: the session at ${slot.issuer} was not ended: ${reason}`,
      details,
    );
  const { session: stored, changed } = await storedSession(store, target);
  if (changed !== undefined) {
    const hints = [say('sign out of it in the browser')];
    throw notEnded('ERR_AUTH_NO_SESSION', changed, { hints });
  }
  const isShared = toolTokens?.write !== undefined;
  const session = stored ?? (isShared ? await sharedSession(context, chain) : undefined);
  if (session === undefined) return false;
  const { clockOffsetMs } = session;
  try {
    await revoke(session, { host, timeoutMs: requestTimeoutMs, clockOffsetMs });
  } catch (error) {
    if (!(error instanceof AtmosError)) throw error;
    const { code, message, hintValues, cause } = error;
    throw notEnded(code, message, { hints: hintValues, cause });
  }
  host.log('session.ended', { provider: name });
  return true;
}

/** The token last, so that after an interruption the sessions are found again. */
async function removeAll(
  { keyring, store, configured = { identities: [], providers: [] } }: AuthContext,
  provider: Provider,
  slot: SharedSlot,
  { isDryRun }: SignOutOptions,
  onFailure: (error: unknown) => void,
): Promise<RemovedEntry[]> {
  const present = new Set(await keyring.keys());
  const removed: RemovedEntry[] = [];
  const remove = async (item: RemovedEntry, doRemove: () => Promise<boolean>) => {
    if (!present.has(item.key)) return;
    try {
      if (isDryRun || (await doRemove())) removed.push(item);
    } catch (error) {
      onFailure(error);
    }
  };
  for (const identity of await dependentsOf(provider, configured)) {
    const key = itemKey({ realm: store.realm, alias: identity }, 'session');
    const item = { key, realm: store.realm, identity, item: 'session' } as const;
    await remove(item, () => store.remove(identity, 'session'));
  }
  const key = sharedTokenKey(slot.id);
  const token = { key, realm: null, identity: provider.name, item: 'token' } as const;
  await remove(token, () => store.tokens.remove(slot));
  return removed;
}
