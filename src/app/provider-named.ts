import type { Config } from '../config/load.ts';
import { AtmosError } from '../core/errors.ts';
import { didYouMean } from '../core/hint.ts';
import type { Provider } from '../core/kind-config.ts';
import { isSameName, nearestName, someNames } from '../core/names.ts';

/**
 * The provider of that name, without regard to case and Unicode normal form.
 *
 * @throws ERR_USAGE with the nearest name
 */
export function providerNamed({ providers }: Pick<Config, 'providers'>, name: string): Provider {
  const provider = providers.find((other) => isSameName(other.name, name));
  if (provider !== undefined) return provider;
  throw unknownName('provider', name, providers);
}

/** The error for a name that is not configured, with those that are. */
export function unknownName(
  type: 'provider' | 'identity',
  name: string,
  configured: readonly { readonly name: string }[],
): AtmosError {
  const known = configured.map((other) => other.name);
  const list = known.length === 0 ? 'no name is configured' : `it is one of ${someNames(known)}`;
  return new AtmosError(
    type === 'identity' ? 'ERR_IDENTITY_UNKNOWN' : 'ERR_USAGE',
    `unknown ${type} ${JSON.stringify(name)}: ${list}`,
    { hints: didYouMean(nearestName(name, known)) },
  );
}
