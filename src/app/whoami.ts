import type { Chain } from '../auth/chain.ts';
import {
  keptSignInOf,
  longLivedKeyOf,
  ownerOf,
  planTrusted,
  type AuthContext,
} from '../auth/context.ts';
import { login } from '../auth/login.ts';
import { refusedAt } from '../auth/refusals.ts';
import {
  remainingMs,
  storedSession,
  type Session,
  type SessionSource,
  type StoredSession,
} from '../auth/session.ts';
import { sharedSession } from '../auth/shared-session.ts';
import type { LinkPlan } from '../clouds/contract.ts';
import { kindOf } from '../clouds/registry.ts';
import { credentialId, type SignInToken } from '../core/credentials.ts';
import { isAtmosError, isDamagedEntry } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import { isProvider, type Identity } from '../core/kind-config.ts';
import { formatMoment, type LocalClock } from '../core/time.ts';
import type { Host } from '../host/host.ts';

export interface Whoami {
  readonly identity: string;
  readonly kind: string;
  readonly provider: string;
  /** Absent if neither the configuration nor the kind gives one. */
  readonly region?: string;
  readonly expiresAt?: Date;
  /** From AWS; absent if AWS could not be reached. */
  readonly principal?: string;
  readonly account?: string;
  /** `atmos`: Atmos opened the session, which was found in its plain files. Absent: this program. */
  readonly source?: SessionSource;
  /**
   * Where the valid token of a portal is with which its sessions are opened: in the keyring, or in the
   * plain files of another program. Absent: no token is valid, or the identity needs no token.
   */
  readonly tokenSource?: 'keyring' | SessionSource;
  /** Undefined if it could not be checked. */
  readonly isValid: boolean | undefined;
  /** Why the session is not valid, or what could not be checked and why. */
  readonly reason?: string;
  /** When AWS refused the identity's access key, if the last attempt was refused. */
  readonly keyRefusedAt?: Date;
}

/** What is known about an identity without its key and its session. */
export type IdentityDescription = Pick<Whoami, 'identity' | 'kind' | 'provider' | 'region'>;

/**
 * The provider is the link before the identity, as in Atmos, or the name that its kind has without
 * one.
 */
export async function describeIdentity({ links, target }: Chain): Promise<IdentityDescription> {
  const { name: identity, kind, region } = target.plan;
  const { config } = target;
  const { name: provider } =
    links.at(-2)?.plan ?? (isProvider(config) ? config : { name: (await kindOf(config)).rootName });
  return { identity, kind, provider, ...withoutAbsent({ region }) };
}

const checkTimeoutMs = 5_000;

/**
 * The current state of an identity: its stored session, verified by the server if it can be reached
 * within 5 seconds. Opens only what is never stored, and never prompts.
 *
 * @throws ERR_AUTH_KEYS_MISSING, and the errors of the store and of the keyring
 */
export async function whoami(context: AuthContext, identity: Identity): Promise<Whoami> {
  const { host } = context;
  const chain = await planTrusted(context, identity);
  const { plan } = chain.target;
  const region = plan.region ?? plan.defaultRegion;
  const described = { ...(await describeIdentity(chain)), ...withoutAbsent({ region }) };
  if (plan.gives !== 'aws') {
    return {
      ...described,
      isValid: undefined,
      reason: 'programs use what is in their environment',
    };
  }
  const { session, changed } = await currentSession(context, identity, chain);
  // With a valid session, the long-lived key is not decrypted.
  const key = isAlive(session, host) ? undefined : await longLivedKeyOf(context, plan);
  const known = {
    ...described,
    ...withoutAbsent({
      expiresAt: session?.credentials.expiresAt,
      source: session?.source,
      tokenSource: await tokenSourceOf(context, chain),
      keyRefusedAt: refusedAt(ownerOf(context, identity), key && credentialId(key), host),
    }),
  };
  if (!isAlive(session, host)) {
    const none = changed ?? 'there is no session';
    const reason = session === undefined ? none : 'the session has expired';
    const renewed = key === undefined ? await renewalOf(context, plan) : '';
    return { ...known, isValid: false, reason: `${reason}${renewed}` };
  }
  const { credentials } = session;
  if (plan.whoIs === undefined || credentials.type !== 'aws') {
    return { ...known, isValid: undefined };
  }
  try {
    const { arn, account } = await plan.whoIs(credentials, {
      host,
      timeoutMs: checkTimeoutMs,
      clockOffsetMs: session.clockOffsetMs,
    });
    return { ...known, principal: arn, account, isValid: true };
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    const isRefusal = error.code.startsWith('ERR_AUTH_');
    return {
      ...known,
      isValid: isRefusal ? false : undefined,
      reason: isRefusal ? error.message : `not checked with AWS: ${error.message}`,
    };
  }
}

/** Whether the next use renews the session by a sign-in that is kept, or why not. Completes the reason. */
async function renewalOf({ store, host }: AuthContext, plan: LinkPlan): Promise<string> {
  if (plan.whyNotRenewed === undefined) return '';
  try {
    const kept = await keptSignInOf(store, plan.name);
    if (kept === undefined) return '';
    const whyNot = await plan.whyNotRenewed(kept, host);
    if (whyNot !== undefined) return `; ${whyNot}`;
    return renewedUntil(kept.token, host);
  } catch (error) {
    if (!isDamagedEntry(error)) throw error;
    return `; ${error.message}`;
  }
}

function renewedUntil({ expiresAt, principal }: SignInToken, clock: LocalClock): string {
  return `; until ${formatMoment(expiresAt, clock)}, the next use renews it by the sign-in of ${principal}`;
}

/** Loaded lazily, because few identities have such a token. */
async function tokenSourceOf(context: AuthContext, chain: Chain): Promise<Whoami['tokenSource']> {
  if (chain.links.every(({ plan }) => plan.gives !== 'sso')) return undefined;
  return (await import('./token-source.ts')).tokenSourceOf(context, chain);
}

function isAlive(session: Session | undefined, { now }: Pick<Host, 'now'>): session is Session {
  return session !== undefined && remainingMs(session, now()) > 0;
}

/** The stored session, or that of Atmos. What is never stored is opened. */
async function currentSession(
  context: AuthContext,
  identity: Identity,
  chain: Chain,
): Promise<StoredSession> {
  const { host, store } = context;
  const { target } = chain;
  const kept = await storedSession(store, target);
  if (isAlive(kept.session, host)) return kept;
  const other = await sharedSession(context, chain);
  if (isAlive(other, host)) return { session: other };
  if (kept.session !== undefined) return kept;
  const { isUnexpiring } = await import('../auth/unexpiring.ts');
  const owner = ownerOf(context, identity);
  const isOpened = target.plan.isAmbient || isUnexpiring(owner, target.chainFingerprint, host);
  return isOpened ? { session: (await login(context, identity)).session } : kept;
}
