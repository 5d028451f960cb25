import type { AuthPlan } from '../auth/plan.ts';
import type { Chain, ChainLink } from '../auth/chain.ts';
import { keptSignInOf, type AuthContext } from '../auth/context.ts';
import { remainingMs, storedSession, type Session } from '../auth/session.ts';
import { sessionFilesOf, sharedSession } from '../auth/shared-session.ts';
import { isUnexpiring } from '../auth/unexpiring.ts';
import type { KeptSignIn } from '../clouds/contract.ts';
import type { ProgramCredentials } from '../core/credentials.ts';
import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { openKeyrings } from '../store/sessions-keyring.ts';
import { createCredentialStore, type CredentialStore } from '../store/credential-store.ts';
import { findContactRefusal, keyringContext, otherOwners } from './keyring-context.ts';

/** What is known about the session of a link without asking anyone. */
export type SessionState =
  | { readonly kind: 'valid' | 'expired'; readonly session: Session }
  /** `unstored`: sessions of this link are never stored, or its last one was not. */
  | { readonly kind: 'none' | 'locked' | 'unstored' }
  /** `changed`: a setting has changed since it was opened. `unknown`: it could not be read. */
  | { readonly kind: 'changed' | 'unknown'; readonly reason: string };

/** Stored sessions, which are read only if that prompts for nothing and runs nothing. */
export interface StoredSessions {
  /** Whether the keyring can be read: see `Keyring.probe`. */
  readonly state: 'ready' | 'locked' | 'unavailable';
  /** Why it cannot be read. */
  readonly reason?: string;
  /**
   * The stored session of a link, or that of Atmos, if sessions are shared with it. Never throws an
   * `AtmosError`.
   *
   * @param chain the chain of the link. Without it no session of Atmos is found
   */
  of(link: ChainLink, chain?: Chain): Promise<SessionState>;
  /** The stored key of a link that needs one, if it can be read. Never throws an `AtmosError`. */
  keyOf(link: ChainLink): Promise<ProgramCredentials | undefined>;
  /** The sign-in that is kept for a link, if it can be read. Never throws an `AtmosError`. */
  signInOf(link: ChainLink): Promise<KeptSignIn | undefined>;
  close(): Promise<void>;
}

/**
 * @param opened the keyring of the plan, if it is open. Default: opens it
 * @throws ERR_KEYRING_UNKNOWN_TYPE, and as the settings of the keyring
 */
export async function openStoredSessions(
  plan: AuthPlan,
  host: Host,
  opened?: Keyring,
): Promise<StoredSessions> {
  const refusal = opened === undefined ? findContactRefusal(plan, host) : undefined;
  if (refusal !== undefined) return unreachableSessions(refusal.message);
  const keyring = opened ?? (await openKeyrings(keyringContext(plan, host))).keyring;
  const store = createCredentialStore({
    keyring,
    realm: plan.realm.value,
    otherOwners: otherOwners(plan, host),
    host,
  });
  const { realm, config } = plan;
  const shared = withoutAbsent({ sessionFiles: sessionFilesOf(config) });
  return storedSessionsIn({ keyring, store, realm, host, ...shared });
}

/** Those of a keyring that may not be looked at. */
function unreachableSessions(reason: string): StoredSessions {
  return {
    state: 'unavailable',
    reason,
    async of({ plan }) {
      return plan.slot === 'nothing' ? { kind: 'unstored' } : { kind: 'unknown', reason };
    },
    async keyOf() {
      return undefined;
    },
    async signInOf() {
      return undefined;
    },
    async close() {},
  };
}

/** The stored sessions of a keyring that is open. */
export async function storedSessionsIn(
  context: Pick<AuthContext, 'keyring' | 'store' | 'host' | 'realm' | 'sessionFiles'>,
): Promise<StoredSessions> {
  const { keyring, store, host } = context;
  const { state, reason = `the ${keyring.info.type} keyring is ${state}` } = await keyring
    .probe()
    .catch(unavailable);
  return {
    state,
    ...(state === 'ready' ? {} : { reason }),
    async of(link, chain) {
      if (link.plan.slot === 'nothing') return { kind: 'unstored' };
      if (state === 'locked') return { kind: 'locked' };
      if (state === 'unavailable') return { kind: 'unknown', reason };
      const own = await readState(store, link, host).catch(unreadable);
      if (chain === undefined || own.kind === 'valid' || own.kind === 'unknown') return own;
      const stored = 'session' in own ? own.session : undefined;
      const session = await sharedSession(context, chain, chain.links.indexOf(link), stored);
      const isValid = session !== undefined && remainingMs(session, host.now()) > 0;
      return isValid ? { kind: 'valid', session } : own;
    },
    async keyOf({ plan }) {
      if (plan.storedKey !== 'needed' || state !== 'ready') return undefined;
      return (await store.read(plan.name, 'key').catch(noneReadable))?.credentials;
    },
    async signInOf({ plan }) {
      if (!plan.opensBySignIn || state !== 'ready') return undefined;
      return (await keptSignInOf(store, plan.name).catch(noneReadable)) ?? undefined;
    },
    close: () => keyring.close(),
  };
}

function unavailable(error: unknown): { readonly state: 'unavailable'; readonly reason: string } {
  if (!isAtmosError(error)) throw error;
  return { state: 'unavailable', reason: error.message };
}

async function readState(
  store: CredentialStore,
  link: ChainLink,
  host: Host,
): Promise<SessionState> {
  const { session, changed } = await storedSession(store, link);
  if (changed !== undefined) return { kind: 'changed', reason: changed };
  if (session === undefined) {
    const owner = { realm: store.realm, alias: link.plan.name };
    return { kind: isUnexpiring(owner, link.chainFingerprint, host) ? 'unstored' : 'none' };
  }
  return { kind: remainingMs(session, host.now()) > 0 ? 'valid' : 'expired', session };
}

function noneReadable(error: unknown): null {
  if (!isAtmosError(error)) throw error;
  return null;
}

function unreadable(error: unknown): SessionState {
  if (!isAtmosError(error)) throw error;
  return { kind: 'unknown', reason: error.message };
}
