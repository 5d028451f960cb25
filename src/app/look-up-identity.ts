import { AtmosError, isAtmosError } from '../core/errors.ts';
import { optionWords, run } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import type { AuthManager } from './open.ts';
import type { Whoami } from './whoami.ts';

// Separate from whoami.ts, which every start loads.

/**
 * What is known about an identity, even without a session or a key.
 *
 * @returns `failure`: ERR_AUTH_NO_SESSION or ERR_AUTH_KEYS_MISSING, if it is not authenticated
 * @throws the other errors of `whoami`
 */
export async function lookUpIdentity(
  { manager }: { readonly manager: Pick<AuthManager, 'whoami' | 'describe'> },
  identity: Identity,
): Promise<{ who: Whoami; failure?: AtmosError }> {
  const { name } = identity;
  try {
    const who = await manager.whoami(identity);
    if (who.isValid !== false) return { who };
    const message = `identity ${name} is not authenticated: ${who.reason}`;
    const hints = [run(['atmos', 'auth', 'login', ...optionWords('--identity', name)])];
    return { who, failure: new AtmosError('ERR_AUTH_NO_SESSION', message, { hints }) };
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_MISSING')) throw error;
    const known = await manager.describe(identity);
    return { who: { ...known, isValid: false, reason: error.message }, failure: error };
  }
}
