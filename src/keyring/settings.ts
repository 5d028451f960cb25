import { environmentSetting, withoutAbsent, type Sourced } from '../core/json.ts';
import type { Spec, SpecText } from '../core/keyring-spec.ts';
import { describedKeys } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from './contract.ts';
import { specSchema } from './registry.ts';

/** What one place says of the keyring: the environment, atmos.yaml, a caller. All may be absent. */
export interface KeyringChoices {
  readonly type?: Sourced<string>;
  readonly fallback?: Sourced<readonly string[]>;
  readonly spec?: Spec;
}

/** The variables that win over keys of `auth.keyring.spec`. */
const variables = Object.entries(describedKeys(specSchema)).flatMap(([key, { environment }]) =>
  environment === undefined ? [] : [{ key, variable: environment }],
);

/**
 * The choices of the environment. An empty variable counts as not set, as in Atmos.
 *
 * @param said what a configuration gives of it, see {@link environmentSetting}
 */
export function environmentChoices(
  { env }: Pick<Host, 'env'>,
  said: Readonly<Record<string, Sourced<string>>> = {},
): KeyringChoices {
  const spec = variables.flatMap(({ key, variable }) => {
    const value = environmentSetting(variable, env, said);
    if (value === undefined) return [];
    return [[key, env[variable] === undefined ? saidByFile(value, variable) : value] as const];
  });
  return withoutAbsent({
    type: environmentSetting('ATMOS_KEYRING_TYPE', env, said),
    spec: Object.fromEntries(spec),
  });
}

function saidByFile({ value, source, tag }: Sourced<string>, variable: string): SpecText {
  return { value, source, tag, path: ['env', variable] };
}

/**
 * What the places say together. Of each setting the first counts that says it.
 */
export function resolveKeyringSettings(places: readonly KeyringChoices[]): KeyringSettings {
  const type = places.find((place) => place.type)?.type ?? { value: 'system', source: 'default' };
  // Who names a type says what may take its place: ATMOS_KEYRING_TYPE alone means that one only.
  const says = places.find((place) => place.type ?? place.fallback);
  const spec: Spec = Object.assign({}, ...places.map((place) => place.spec).toReversed());
  return withoutAbsent({ type, fallback: says?.fallback, spec });
}
