import { ownerOf, prepareIdentity, type AuthContext } from '../auth/context.ts';
import { refusedAt } from '../auth/refusals.ts';
import { chainOf, remainingMs, storedSession } from '../auth/session.ts';
import { strategyOf } from '../clouds/registry.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { optionWords, run } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';

export interface Whoami {
  readonly identity: string;
  readonly kind: string;
  readonly provider: string;
  readonly region: string;
  readonly expiresAt?: Date;
  /** From AWS itself; absent when it could not be asked. */
  readonly principal?: string;
  readonly account?: string;
  /** Undefined when that could not be checked. */
  readonly isValid: boolean | undefined;
  /** Why the session is not valid, or what could not be checked and why. */
  readonly reason?: string;
  /** When AWS refused the identity's access key, if it did the last time. */
  readonly keyRefusedAt?: Date;
}

const checkTimeoutMs = 5_000;

/**
 * Who an identity is at the moment: its stored session, confirmed by the server where that can be
 * reached within 5 seconds. Opens no session and asks nobody.
 *
 * @throws ERR_AUTH_KEYS_MISSING, and the errors of the store and of the keyring
 */
export async function whoami(context: AuthContext, identity: Identity): Promise<Whoami> {
  const { host, store } = context;
  const prepared = await prepareIdentity(context, identity);
  const chain = chainOf(identity.kind, prepared);
  const { session, changed } = await storedSession(store, identity.name, chain);
  const known = {
    identity: identity.name,
    kind: identity.kind,
    provider: (await strategyOf(identity)).providerName,
    region: prepared.region,
    ...withoutAbsent({
      expiresAt: session?.credentials.expiresAt,
      keyRefusedAt: refusedAt(ownerOf(context, identity), prepared.baseAccessKeyId, host),
    }),
  };
  if (session === undefined) {
    return { ...known, isValid: false, reason: changed ?? 'there is no session' };
  }
  if (remainingMs(session, host.now()) <= 0) {
    return { ...known, isValid: false, reason: 'the session has expired' };
  }
  try {
    const { arn, account } = await prepared.whoIs(session.credentials, checkTimeoutMs);
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

/** Without a stored key even the region may be unknown. */
export type KnownIdentity = Omit<Whoami, 'region'> & Partial<Pick<Whoami, 'region'>>;

/**
 * What is known of an identity, also without a session or a key.
 *
 * @returns `failure`: ERR_AUTH_NO_SESSION or ERR_AUTH_KEYS_MISSING, if it is not authenticated
 * @throws what `whoami` throws besides
 */
export async function lookUpIdentity(
  { manager }: { readonly manager: { whoami(identity: Identity): Promise<Whoami> } },
  identity: Identity,
): Promise<{ who: KnownIdentity; failure?: AtmosError }> {
  const { name, kind } = identity;
  try {
    const who = await manager.whoami(identity);
    if (who.isValid !== false) return { who };
    const message = `identity ${name} is not authenticated: ${who.reason}`;
    const hints = [run(['atmos', 'auth', 'login', ...optionWords('--identity', name)])];
    return { who, failure: new AtmosError('ERR_AUTH_NO_SESSION', message, { hints }) };
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_MISSING')) throw error;
    const { providerName: provider, configuredRegion } = await strategyOf(identity);
    const region = configuredRegion(identity);
    const who = { identity: name, kind, provider, isValid: false, reason: error.message };
    return { who: { ...who, ...withoutAbsent({ region }) }, failure: error };
  }
}
