import type { Config } from '../config/config.ts';
import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { environmentSetting, type Sourced } from '../core/json.ts';
import { isOffName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import { pickedSource } from './identity-question.ts';

// Loaded before the configuration.

/** The value of `-i`: absent (or empty), without a name, or a name; or the name that the user picked. */
export type IdentityOption =
  | { readonly kind: 'absent' | 'bare' }
  | { readonly kind: 'named' | 'picked'; readonly name: string };

/** The identity on the command line. */
export interface IdentityWords {
  readonly identity: IdentityOption;
  readonly operand: string | undefined;
}

/** Which identity the command line and the environment ask for. */
export type IdentityRequest =
  | { readonly kind: 'default' | 'pick' }
  | { readonly kind: 'named'; readonly name: Sourced<string> }
  /** `false`, `off`, `no` or `0`: no authentication at all. */
  | { readonly kind: 'none'; readonly word: Sourced<string> };

/**
 * The operand or `-i`, then `ATMOS_IDENTITY` of the environment or of the top-level `env:`, then
 * the default. Empty counts as absent.
 *
 * @throws ERR_USAGE when there is an operand and `-i`
 */
export function requestedIdentity(
  { identity, operand }: IdentityWords,
  { env }: Pick<Host, 'env'>,
  { environment }: Pick<Config, 'environment'>,
): IdentityRequest {
  if (operand !== undefined && identity.kind !== 'absent') {
    throw new AtmosError(
      'ERR_USAGE',
      `the identity is given twice: as ${JSON.stringify(operand)} and with -i`,
      {
        hints: [say('give one of them')],
      },
    );
  }
  if (operand !== undefined)
    return { kind: 'named', name: { value: operand, source: 'the command line' } };
  if (identity.kind === 'bare') return { kind: 'pick' };
  if (identity.kind === 'picked')
    return { kind: 'named', name: { value: identity.name, source: pickedSource } };
  if (identity.kind === 'named') return readName({ value: identity.name, source: '--identity' });
  const variable = environmentSetting('ATMOS_IDENTITY', env, environment);
  return variable ? readName(variable) : { kind: 'default' };
}

function readName(name: Sourced<string>): IdentityRequest {
  return isOffName(name.value) ? { kind: 'none', word: name } : { kind: 'named', name };
}
