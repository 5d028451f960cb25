import { longLivedKeyOf, ownerOf, planLink, type AuthContext } from '../auth/context.ts';
import { refusedAt } from '../auth/refusals.ts';
import { remainingMs, storedSession } from '../auth/session.ts';
import { kindOf } from '../clouds/registry.ts';
import { credentialId } from '../core/credentials.ts';
import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';

export interface Whoami {
  readonly identity: string;
  readonly kind: string;
  readonly provider: string;
  readonly region: string;
  readonly expiresAt?: Date;
  /** From AWS; absent if AWS could not be reached. */
  readonly principal?: string;
  readonly account?: string;
  /** Undefined if it could not be checked. */
  readonly isValid: boolean | undefined;
  /** Why the session is not valid, or what could not be checked and why. */
  readonly reason?: string;
  /** When AWS refused the identity's access key, if the last attempt was refused. */
  readonly keyRefusedAt?: Date;
}

/** What is known about an identity without its key. */
export async function describeIdentity(
  identity: Identity,
): Promise<Pick<Whoami, 'identity' | 'kind' | 'provider'> & { readonly region?: string }> {
  const { name, kind } = identity;
  const { rootName: provider, plan } = await kindOf(identity);
  const { region } = plan(identity);
  return { identity: name, kind, provider, ...withoutAbsent({ region }) };
}

const checkTimeoutMs = 5_000;

/**
 * The current state of an identity: its stored session, verified by the server if it can be reached
 * within 5 seconds. Opens no session and never prompts.
 *
 * @throws ERR_AUTH_KEYS_MISSING, and the errors of the store and of the keyring
 */
export async function whoami(context: AuthContext, identity: Identity): Promise<Whoami> {
  const { host, store } = context;
  const link = await planLink(context, identity);
  const { session, changed } = await storedSession(store, link);
  const isAlive = session !== undefined && remainingMs(session, host.now()) > 0;
  // With a valid session, the long-lived key is not decrypted.
  const key = isAlive ? undefined : await longLivedKeyOf(context, link);
  const known = {
    ...(await describeIdentity(identity)),
    region: link.region ?? link.defaultRegion,
    ...withoutAbsent({
      expiresAt: session?.credentials.expiresAt,
      keyRefusedAt: refusedAt(ownerOf(context, identity), key && credentialId(key), host),
    }),
  };
  if (session === undefined) {
    return { ...known, isValid: false, reason: changed ?? 'there is no session' };
  }
  if (!isAlive) {
    return { ...known, isValid: false, reason: 'the session has expired' };
  }
  try {
    const { arn, account } = await link.whoIs(session.credentials, {
      host,
      timeoutMs: checkTimeoutMs,
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
