import { AtmosError, isAtmosError } from '../core/errors.ts';
import { optionWords, run, say, type Hint } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import type { AuthManager } from './open.ts';
import type { Whoami } from './whoami.ts';

// Separate from whoami.ts, which every start loads.

/**
 * What is known about an identity, even without a session or a key.
 *
 * @param isAmbient see `LinkPlan.isAmbient`
 * @returns `failure`: ERR_AUTH_NO_SESSION or ERR_AUTH_KEYS_MISSING, if it is not authenticated
 * @throws the other errors of `whoami`
 */
export async function lookUpIdentity(
  { manager }: { readonly manager: Pick<AuthManager, 'whoami' | 'describe'> },
  identity: Identity,
  { isAmbient, now }: { readonly isAmbient: boolean } & Pick<Host, 'now'>,
): Promise<{ who: Whoami; failure?: AtmosError }> {
  const { name } = identity;
  try {
    const who = await manager.whoami(identity);
    if (who.isValid !== false) return { who };
    const message = `identity ${name} is not authenticated: ${who.reason}`;
    const hint = isAmbient ? renewEnvironment : logIn(who, now());
    return { who, failure: new AtmosError('ERR_AUTH_NO_SESSION', message, { hints: [hint] }) };
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_MISSING')) throw error;
    const known = await manager.describe(identity);
    return { who: { ...known, isValid: false, reason: error.message }, failure: error };
  }
}

const renewEnvironment = say('renew the credentials of the environment');

/** A session that AWS has refused before its end would be used again without `--force`. */
function logIn({ identity, expiresAt }: Whoami, now: Date): Hint {
  const isRefused = expiresAt !== undefined && expiresAt > now;
  return run([
    'atmos',
    'auth',
    'login',
    ...optionWords('--identity', identity),
    ...(isRefused ? ['--force'] : []),
  ]);
}
