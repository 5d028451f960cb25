import { AtmosError } from '../core/errors.ts';
import type { Identity } from '../core/identity.ts';
import { lowerCase, nearestName } from '../core/names.ts';
import type { Config } from './load.ts';
import { quote } from './locate.ts';
import { valueAt } from './places.ts';
import { listProfiles, readProfile } from './profiles.ts';

/**
 * The identity of that name, without regard to case.
 *
 * @throws ERR_IDENTITY_UNKNOWN with the nearest name, or the profile that has it; ERR_CONFIG_INVALID
 * when it is there, but without a kind
 */
export function findIdentity(config: Config, name: string): Identity {
  const identity = config.identities.find((other) => lowerCase(other.name) === lowerCase(name));
  if (identity === undefined) throw unknownIdentity(config, name);
  if (identity.kind !== '') return identity;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `identity ${quote(identity.name)} (${identity.locate()}) has no kind`,
    { hints: [...profileHints(config, name), 'kind: aws/user'] },
  );
}

function unknownIdentity(config: Config, name: string): AtmosError {
  const known = config.identities.map((identity) => identity.name);
  const list = known.length > 0 ? `it is one of ${known.join(', ')}` : 'there are none';
  const nearest = nearestName(name, known);
  return new AtmosError(
    'ERR_IDENTITY_UNKNOWN',
    `unknown identity ${quote(name)}: ${list} in ${config.files.join(', ')}`,
    {
      hints: [
        ...profileHints(config, name),
        ...(nearest === undefined ? [] : [`did you mean ${nearest}?`]),
      ],
    },
  );
}

/** How to choose the profiles that have the identity and are not chosen yet. */
function profileHints(config: Config, identity: string): string[] {
  return listProfiles(config.profileDirectories)
    .filter((profile) => !config.profiles.includes(profile))
    .filter((profile) => hasIdentity(config, profile, identity))
    .map((profile) => `it is in profile ${profile}: add --profile ${profile}`);
}

function hasIdentity(config: Config, profile: string, identity: string): boolean {
  try {
    const files = readProfile(
      { value: profile, source: 'search' },
      {
        directories: config.profileDirectories,
        identities: [],
        // Only names are looked at, so neither the environment nor the owner matters.
        isExplicit: true,
        host: { env: {}, userId: undefined },
      },
    );
    return files.some(
      ({ settings }) => valueAt(settings, ['auth', 'identities', identity]) !== undefined,
    );
  } catch {
    // A profile that nobody chose may be broken.
    return false;
  }
}
