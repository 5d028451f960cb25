import { findIdentity } from '../config/find-identity.ts';
import type { Config } from '../config/load.ts';
import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import { whyNoDefault } from './choose-identity.ts';

// Separate from choose-identity.ts, which every start loads.

/**
 * The identity of this name, or the default one, for a caller that cannot be prompted.
 *
 * @throws ERR_IDENTITY_UNKNOWN; ERR_IDENTITY_REQUIRED without a name if not exactly one is the default
 */
export function identityNamed(config: Config, name: string | undefined): Identity {
  if (name !== undefined) return findIdentity(config, name);
  const defaults = config.identities.filter(({ isDefault }) => isDefault);
  const [only] = defaults;
  if (only && defaults.length === 1) return findIdentity(config, only.name);
  throw new AtmosError('ERR_IDENTITY_REQUIRED', whyNoDefault(config.identities), {
    hints: [say('name one, or set default: true for one')],
  });
}
