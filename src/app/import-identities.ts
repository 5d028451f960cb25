import { findIdentity } from '../config/find-identity.ts';
import type { Config } from '../config/load.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { addOptions, didYouMean, optionWords, say } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import { isSameName, nearestName } from '../core/names.ts';
import type { AuthManager } from './open.ts';

/** The identity of a profile, an error if it was requested but is not possible, or undefined. */
export type ProfileChoice = Identity | AtmosError | undefined;

export interface ChoosingOptions {
  /** `--map`: `work=ops,home=dev`. */
  readonly map: string | undefined;
  /** `--yes`: never prompts, and maps each other profile to the identity of the same name. */
  readonly yes: boolean;
}

/** Prompts for the identity of a profile. Undefined: skip the profile. */
export type ChooseFor = (
  profile: string,
  identities: readonly string[],
) => Promise<string | undefined>;

/**
 * Which identity each profile becomes: from `--map`, else from the user. An identity has one key,
 * so two profiles cannot become the same identity.
 *
 * @throws ERR_USAGE for an invalid map, ERR_IDENTITY_UNKNOWN, ERR_NO_TERMINAL, ERR_CANCELLED, and
 *   the errors for identities that cannot have a stored key
 */
export async function chooseIdentities(
  { config, manager }: { config: Config; manager: AuthManager },
  profiles: readonly string[],
  { map, yes }: ChoosingOptions,
  choose: ChooseFor,
): Promise<Map<string, ProfileChoice>> {
  const choices = new Map<string, ProfileChoice>();
  for (const [profile, name] of parseMap(map, profiles)) {
    const identity = findIdentity(config, name);
    await manager.checkConfigurable(identity);
    checkUntaken(choices, profile, identity);
    choices.set(profile, identity);
  }
  if (map !== undefined && !yes) return choices;
  for (const profile of profiles.filter((one) => !choices.has(one))) {
    const free = await untaken(config, manager, choices);
    choices.set(profile, yes ? sameNamed(profile, free) : await ask(choose, profile, free));
  }
  return choices;
}

/** @throws ERR_USAGE */
function parseMap(map: string | undefined, profiles: readonly string[]): [string, string][] {
  const pairs = (map ?? '').split(',').filter((pair) => pair.trim() !== '');
  return pairs.map((pair) => {
    const at = pair.lastIndexOf('=');
    const [profile, name] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at === -1 || profile === '' || name === '') {
      throw new AtmosError(
        'ERR_USAGE',
        `invalid value ${JSON.stringify(pair)} for --map: expected PROFILE=IDENTITY`,
        {
          hints: [say('write it as --map work=ops,home=dev')],
        },
      );
    }
    if (profiles.includes(profile)) return [profile, name];
    const nearest = nearestName(profile, profiles);
    const list =
      profiles.length === 0 ? 'no profile has one' : `the profiles are ${profiles.join(', ')}`;
    throw new AtmosError(
      'ERR_USAGE',
      `no profile ${JSON.stringify(profile)} (--map) with a long-lived key: ${list}`,
      { hints: didYouMean(nearest) },
    );
  });
}

function checkUntaken(
  choices: ReadonlyMap<string, ProfileChoice>,
  profile: string,
  identity: Identity,
): void {
  const other = [...choices].find(([, choice]) => nameOf(choice) === identity.name)?.[0];
  if (other === undefined) return;
  throw new AtmosError(
    'ERR_USAGE',
    `the profiles ${other} and ${profile} would both become identity ${identity.name}, which has one key (--map)`,
    { hints: [say('give each profile an identity of its own')] },
  );
}

/** The identities that can have a stored key and are not assigned yet. */
async function untaken(
  { identities }: Config,
  manager: AuthManager,
  choices: ReadonlyMap<string, ProfileChoice>,
): Promise<Identity[]> {
  const taken = [...choices.values()].map(nameOf);
  const free: Identity[] = [];
  for (const identity of identities.filter(({ kind, name }) => kind && !taken.includes(name))) {
    if (await isConfigurable(identity, manager)) free.push(identity);
  }
  return free;
}

async function isConfigurable(identity: Identity, manager: AuthManager): Promise<boolean> {
  try {
    await manager.checkConfigurable(identity);
    return true;
  } catch (error) {
    if (isAtmosError(error)) return false;
    throw error;
  }
}

function sameNamed(profile: string, free: readonly Identity[]): Identity | AtmosError {
  const identity = free.find(({ name }) => isSameName(name, profile));
  if (identity !== undefined) return identity;
  return new AtmosError(
    'ERR_IDENTITY_UNKNOWN',
    `no identity named ${JSON.stringify(profile)}, like the profile, can have a stored key`,
    { hints: [addOptions(optionWords('--map', `${profile}=IDENTITY`))] },
  );
}

async function ask(
  choose: ChooseFor,
  profile: string,
  free: readonly Identity[],
): Promise<Identity | undefined> {
  if (free.length === 0) return undefined;
  const named = free.find(({ name }) => isSameName(name, profile));
  const others = free.filter((identity) => identity !== named).map(({ name }) => name);
  const answer = await choose(profile, [...(named ? [named.name] : []), ...others]);
  return free.find(({ name }) => name === answer);
}

function nameOf(choice: ProfileChoice): string | undefined {
  return choice === undefined || choice instanceof AtmosError ? undefined : choice.name;
}
