import type { Config } from '../config/load.ts';
import { AtmosError } from '../core/errors.ts';
import { didYouMean } from '../core/hint.ts';
import type { Provider } from '../core/kind-config.ts';
import { isSameName, nearestName } from '../core/names.ts';

/**
 * The provider of that name, without regard to case and Unicode normal form.
 *
 * @throws ERR_USAGE with the nearest name
 */
export function providerNamed({ providers }: Pick<Config, 'providers'>, name: string): Provider {
  const provider = providers.find((other) => isSameName(other.name, name));
  if (provider !== undefined) return provider;
  const known = providers.map((other) => other.name);
  const list =
    known.length === 0 ? 'no provider is configured' : `it is one of ${known.join(', ')}`;
  throw new AtmosError('ERR_USAGE', `unknown provider ${JSON.stringify(name)}: ${list}`, {
    hints: didYouMean(nearestName(name, known)),
  });
}
