import type { Config } from '../config/config.ts';
import { AtmosError } from '../core/errors.ts';
import { addOptions, optionWords, run, say, type Hint } from '../core/hint.ts';
import { environmentSetting, type Sourced } from '../core/json.ts';
import { isOffName, maxShownNames } from '../core/names.ts';
import type { Host } from '../host/host.ts';

// Which identity is asked for, and the question that lets the user pick one. Loaded before the configuration.

/** The value of `-i`: absent (or empty), without a name, or a name; or what the user picked instead. */
export type IdentityOption =
  | { readonly kind: 'absent' | 'bare' }
  | { readonly kind: 'named'; readonly name: string }
  | ({ readonly kind: 'picked' } & Picked);

/** An identity that the user picked before the configuration was read, as it was shown. */
export interface Picked {
  readonly name: string;
  readonly description: string;
  readonly realm: string;
}

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

/** An identity to choose, and what is shown beside its name. */
export type Choice = readonly [name: string, description: string];

export interface PickerQuestion {
  readonly message: string;
  readonly choices: readonly string[];
  /** What is shown beside a choice, and found by the filter as well. */
  readonly describe?: (choice: string) => string;
  /** The hint for use without a terminal. */
  readonly instead: Hint;
}

/** Lets the user choose one of several identities. */
export interface Picker {
  /** @throws ERR_NO_TERMINAL, ERR_CANCELLED */
  select(question: PickerQuestion): Promise<string>;
}

/** The source of a name that the user picked. */
export const pickedSource = 'your choice';

/** The question that lets the user choose one of these identities. */
export function identityQuestion(choices: readonly Choice[]): PickerQuestion {
  const described = new Map(choices);
  const [first = 'NAME'] = described.keys();
  return {
    message: 'Identity',
    choices: [...described.keys()],
    describe: (name) => described.get(name) ?? '',
    instead: isLong(choices)
      ? listIdentities
      : addOptions(optionWords('-i', first), 'to choose without a prompt'),
  };
}

/** Of more identities than a message shows, the first one is seldom the one that is wanted. */
export function isLong(identities: readonly unknown[]): boolean {
  return identities.length > maxShownNames;
}

export const listIdentities = run(['atmos', 'auth', 'list'], 'to see the names for -i');
