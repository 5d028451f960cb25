import { planChain } from '../auth/chain.ts';
import { identityKinds, kindOf } from '../clouds/registry.ts';
import { findIdentity, profilesWith, unlistedHints } from '../config/find-identity.ts';
import type { Config } from '../config/load.ts';
import { remoteImportHints, remoteImportNote } from '../config/remote-imports.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import {
  addOptions,
  optionWords,
  placeholder,
  say,
  setVariable,
  unsetHints,
  type Hint,
} from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { isOffName, someNames } from '../core/names.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import {
  identityQuestion,
  isLong,
  listIdentities,
  pickedSource,
  type Choice,
  type Picker,
  type IdentityRequest,
  type Picked,
} from './identity-request.ts';

export interface IdentityChoice extends Picker {
  readonly requested: IdentityRequest;
  readonly config: Config;
  readonly host: Host;
}

/**
 * The identity that is asked for, or undefined when authentication is switched off. Its part of the
 * configuration has been checked, and that of the links before it.
 *
 * @throws ERR_IDENTITY_UNKNOWN, ERR_IDENTITY_REQUIRED, ERR_IDENTITY_UNSUPPORTED, ERR_NO_TERMINAL,
 *   ERR_CONFIG_INVALID
 */
export async function chooseIdentity(choice: IdentityChoice): Promise<Identity | undefined> {
  const { requested, config, host } = choice;
  if (requested.kind === 'none') return undefined;
  const chosen = await resolveIdentityName(requested, config, choice);
  const identity = findIdentity(config, chosen, sourceHints(chosen.source, host));
  const { name, kind } = identity;
  host.log('identity.chosen', { identity: name, kind, source: chosen });
  await planChain(identity, config, host.env);
  return identity;
}

/**
 * As {@link chooseIdentity}, for commands that require an identity.
 *
 * @throws ERR_USAGE when authentication is switched off
 */
export async function requireIdentity(choice: IdentityChoice): Promise<Identity> {
  const identity = await chooseIdentity(choice);
  if (identity !== undefined) return identity;
  const { requested, host } = choice;
  if (requested.kind !== 'none') throw new TypeError('only a word can switch authentication off');
  const { value, source } = requested.word;
  const isOption = source === '--identity';
  throw new AtmosError(
    'ERR_USAGE',
    `${isOption ? `-i ${value} switches authentication off` : `authentication is switched off by ${source}`}, but this command requires an identity`,
    {
      hints: isOption
        ? []
        : [...sourceHints(source, host), addOptions(['-i', placeholder('name')])],
    },
  );
}

/**
 * The variables with which an atmos that a program starts selects the same identity. An identity
 * from a profile exists only with that profile. A variable that already has the value is not
 * changed. A name that would switch authentication off is not set.
 */
export function choiceVariables(
  { profiles, areProfilesGiven }: Pick<Config, 'profiles' | 'areProfilesGiven'>,
  { name }: Identity,
  env: Host['env'],
): Readonly<Record<string, string>> {
  const names = profiles.join(',');
  const isSaid = !areProfilesGiven || names === '' || env['ATMOS_PROFILE'] === names;
  return {
    ...(isOffName(name) ? {} : { ATMOS_IDENTITY: name }),
    ...(isSaid ? {} : { ATMOS_PROFILE: names }),
  };
}

/** Hints to unset the variable that names the identity or switches authentication off. */
export function sourceHints(source: string, { env }: Pick<Host, 'env'>): Hint[] {
  return source === 'ATMOS_IDENTITY' ? unsetHints(source, env) : [];
}

/**
 * The requested name, for a request that does not switch authentication off. A given name is not
 * checked; looking it up does that.
 *
 * @throws ERR_IDENTITY_REQUIRED without a single default if no prompt is possible; ERR_NO_TERMINAL
 *   if the picker was requested and no prompt is possible
 */
export async function resolveIdentityName(
  request: Exclude<IdentityRequest, { kind: 'none' }>,
  config: Pick<
    Config,
    'identities' | 'profileDirectories' | 'profiles' | 'remoteImports' | 'provisioned'
  >,
  picker: Picker,
): Promise<Sourced<string>> {
  if (request.kind === 'named') return request.name;
  const { identities } = config;
  if (identities.length === 0) throw noIdentities(config);
  if (request.kind === 'pick') return pick(identities, picker);
  const defaults = identities.filter(({ isDefault }) => isDefault);
  const [only] = defaults;
  if (only && defaults.length === 1) return theDefault(only);
  return pickOrRefuse(defaults, identities, picker);
}

/** ERR_IDENTITY_REQUIRED for a configuration without identities. */
export function noIdentities(
  config: Pick<Config, 'profileDirectories' | 'profiles' | 'remoteImports' | 'provisioned'>,
): AtmosError {
  const profiles = profilesWith(config);
  const what = `no identities are configured${remoteImportNote(config)}`;
  return new AtmosError('ERR_IDENTITY_REQUIRED', what, {
    hints: [
      ...profiles.map((profile) =>
        addOptions(optionWords('--profile', profile), `profile ${profile} has identities`),
      ),
      ...remoteImportHints(config),
      ...unlistedHints(config),
      say('add one under auth.identities in atmos.yaml'),
    ],
  });
}

/** Its position is computed on access. */
function theDefault({ name, locate }: Identity): Sourced<string> {
  return {
    value: name,
    get source() {
      return `default (${locate(['default'])})`;
    },
  };
}

async function pick(identities: readonly Identity[], picker: Picker): Promise<Sourced<string>> {
  const choices: Choice[] = [];
  for (const identity of identities) choices.push([identity.name, await describe(identity)]);
  return { value: await picker.select(identityQuestion(choices)), source: pickedSource };
}

/**
 * Whether a picked identity is in the configuration as it was shown. One that does not exist is: looking it
 * up reports that.
 */
export async function isAsShown(
  { name, description, realm }: Picked,
  plan: { readonly config: Pick<Config, 'identities'>; readonly realm: Sourced<string> },
): Promise<boolean> {
  const identity = plan.config.identities.find((one) => one.name === name);
  if (identity === undefined) return true;
  return realm === plan.realm.value && description === (await describe(identity));
}

/** The kind, and the account if the configuration names one. */
async function describe(identity: Identity): Promise<string> {
  if (!identityKinds.includes(identity.kind)) return identity.kind;
  const account = (await kindOf(identity)).accountOf?.(identity);
  return account === undefined ? identity.kind : `${identity.kind}  ${account}`;
}

async function pickOrRefuse(
  defaults: readonly Identity[],
  identities: readonly Identity[],
  picker: Picker,
): Promise<Sourced<string>> {
  const candidates = defaults.length > 0 ? defaults : identities;
  try {
    return await pick(candidates, picker);
  } catch (error) {
    if (!isAtmosError(error, 'ERR_NO_TERMINAL')) throw error;
    const candidate = candidates[0]?.name ?? 'NAME';
    const hints = isLong(candidates)
      ? [listIdentities, addOptions(['-i', placeholder('name')])]
      : [addOptions(optionWords('-i', candidate)), setVariable('ATMOS_IDENTITY', candidate)];
    throw new AtmosError('ERR_IDENTITY_REQUIRED', whyNoDefault(identities), {
      cause: error,
      hints,
    });
  }
}

/** Why there is no default identity, if not exactly one of them is the default. */
export function whyNoDefault(identities: readonly Identity[]): string {
  if (identities.length === 0) return 'no identities are configured';
  const defaults = identities.filter(({ isDefault }) => isDefault);
  if (defaults.length === 0) {
    const names = someNames(identities.map(({ name }) => name));
    return `no identity was given and no identity is the default; the identities are ${names}`;
  }
  const places = defaults.map(({ name, locate }) => `${name} (${locate(['default'])})`);
  return `more than one identity is the default: ${places.join(', ')}`;
}
