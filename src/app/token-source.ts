import { linkAt, type Chain } from '../auth/chain.ts';
import type { AuthContext } from '../auth/context.ts';
import {
  remainingMs,
  storedSession,
  type SessionSource,
  type StoredSession,
} from '../auth/session.ts';
import { sharedSession } from '../auth/shared-session.ts';
import { isAtmosError } from '../core/errors.ts';

/**
 * Where the valid token is with which the next session of the chain would be opened: in the keyring, else in
 * the plain files of another program. Undefined without one.
 */
export async function tokenSourceOf(
  context: AuthContext,
  chain: Chain,
): Promise<'keyring' | SessionSource | undefined> {
  const now = context.host.now();
  const at = chain.links.findIndex(({ plan }) => plan.gives === 'sso');
  const { session: own } = await storedSession(context.store, linkAt(chain, at)).catch(
    noneReadable,
  );
  if (own !== undefined && remainingMs(own, now) > 0) return 'keyring';
  const other = await sharedSession(context, chain, at, own);
  return other !== undefined && remainingMs(other, now) > 0 ? other.source : undefined;
}

/** Only a sign-in is needed to replace an entry that cannot be read. */
function noneReadable(error: unknown): StoredSession {
  if (!isAtmosError(error)) throw error;
  return {};
}
