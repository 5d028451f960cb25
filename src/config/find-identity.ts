import { AtmosError } from '../core/errors.ts';
import { addOptions, didYouMean, edit, optionWords, run, type Hint } from '../core/hint.ts';
import { quoteValue, type Sourced } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { expectedNames, isSameName, nearestName } from '../core/names.ts';
import { valueAt } from './config-file.ts';
import { findYamlFiles } from './find-config-files.ts';
import type { Config } from './load.ts';
import { parseYaml } from './parse.ts';
import { findProfiles } from './profiles.ts';
import { readText } from './read.ts';
import { remoteImportHints, remoteImportNote } from './remote-imports.ts';
import { quote } from './yaml-position.ts';

/**
 * The identity of that name, without regard to case and Unicode normal form.
 *
 * @param asked the name, with its source where that is known
 * @param hints hints for a name that the user did not type
 * @throws ERR_IDENTITY_UNKNOWN with the nearest name, or the profile that has it;
 *   ERR_CONFIG_INVALID when the identity has no kind
 */
export function findIdentity(
  config: Config,
  asked: string | Sourced<string>,
  hints: readonly Hint[] = [],
): Identity {
  const name = typeof asked === 'string' ? asked : asked.value;
  const identity = config.identities.find((other) => isSameName(other.name, name));
  if (identity === undefined) {
    throw unknownIdentity(
      config,
      name,
      typeof asked === 'string' ? quote(asked) : shown(asked),
      hints,
    );
  }
  if (identity.kind !== '') return identity;
  const isListed = config.provisioned.length > 0;
  const unlisted = isListed ? ', and no provider lists it' : '';
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `identity ${quote(identity.name)} (${identity.locate()}) has no kind${unlisted}${remoteImportNote(config)}`,
    {
      hints: [
        ...profileHints(config, name),
        ...remoteImportHints(config),
        ...(isListed ? listHints(config) : [edit(identity.locate(), 'add kind: aws/user')]),
      ],
    },
  );
}

/** Adds the source if it is a variable, which the user may have forgotten. */
function shown(asked: Sourced<string>): string {
  const isVariable = /^(env\.)?ATMOS_IDENTITY\b/.test(asked.source);
  return `${quoteValue(asked)}${isVariable ? ` (from ${asked.source})` : ''}`;
}

function unknownIdentity(
  config: Config,
  name: string,
  shownName: string,
  hints: readonly Hint[],
): AtmosError {
  const known = config.identities.map((identity) => identity.name);
  const list = known.length > 0 ? expectedNames(known) : 'no identities are defined';
  const lists = config.provisioned.map(({ provider }) => `the list of ${provider}`);
  return new AtmosError(
    'ERR_IDENTITY_UNKNOWN',
    `unknown identity ${shownName}: ${list} in ${[...config.files, ...lists].join(', ')}${remoteImportNote(config)}`,
    {
      hints: [
        ...profileHints(config, name),
        ...didYouMean(nearestIdentity(name, known)),
        ...hints,
        ...remoteImportHints(config),
        ...listHints(config),
      ],
    },
  );
}

/** Of `account/permission-set`, another account is no other spelling. */
function nearestIdentity(name: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(name, known);
  const [account, other] = [name, nearest].map((one) => /^(.*)[/]/.exec(one ?? '')?.[1]);
  if (account === undefined || other === undefined || account === other) return nearest;
  const isId = /^\d+$/.test(account);
  return isId || nearestName(account, [other]) === undefined ? undefined : nearest;
}

/** How to list what providers offer: for the first time, or again, because an account may be new. */
function listHints(config: Pick<Config, 'provisioned'>): Hint[] {
  const isKnown = config.provisioned.some(({ list }) => list !== undefined);
  const again = run(['atmos', 'auth', 'list', '--refresh'], 'if it is new at the portal');
  return [...unlistedHints(config), ...(isKnown ? [again] : [])];
}

/** How to list the identities of providers whose list is missing, or cannot be used. */
export function unlistedHints({ provisioned }: Pick<Config, 'provisioned'>): Hint[] {
  return provisioned
    .filter(({ list }) => list === undefined)
    .map(({ provider }) =>
      run(['atmos', 'auth', 'login', '--provider', provider], 'to list the identities it offers'),
    );
}

/** How to choose the profiles that have the identity and are not chosen yet. */
function profileHints(config: Config, identity: string): Hint[] {
  return profilesWith(config, identity).map((profile) =>
    addOptions(optionWords('--profile', profile), `it is in profile ${profile}`),
  );
}

/**
 * The profiles, not chosen yet, that say something of the identity, or of any identity or provider.
 * What they import is not looked at.
 */
export function profilesWith(
  config: Pick<Config, 'profileDirectories' | 'profiles'>,
  identity?: string,
): string[] {
  const paths =
    identity === undefined
      ? [
          ['auth', 'identities'],
          ['auth', 'providers'],
        ]
      : [['auth', 'identities', identity]];
  return findProfiles(config.profileDirectories)
    .filter(({ name }) => !config.profiles.includes(name))
    .filter(({ path }) => paths.some((wanted) => says(path, wanted)))
    .map(({ name }) => name);
}

function says(directory: string, wanted: readonly string[]): boolean {
  try {
    return findYamlFiles(directory).some((path) => {
      const { data } = parseYaml({ path, text: readText(path)?.text ?? '' });
      return valueAt(data, wanted) !== undefined;
    });
  } catch {
    // A profile that was not chosen may be invalid.
    return false;
  }
}
