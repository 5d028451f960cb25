import { AtmosError } from '../../core/errors.ts';
import { didYouMean, say } from '../../core/hint.ts';
import { withoutAbsent, type Sourced } from '../../core/json.ts';
import { nearestName } from '../../core/names.ts';
import { describeClosed } from '../../host/closed-home.ts';
import type { Host } from '../../host/host.ts';
import type { KeyValues, ProfileKey, ReadKeyFile } from '../key-contract.ts';
import { sharedPaths, type SharedPaths } from './shared-paths.ts';
import {
  readSharedProfiles,
  type MisplacedProfile,
  type Profile,
  type ProfileSetting,
} from './shared-profiles.ts';

// Reads the long-lived keys in the AWS shared files, where the AWS CLI stores them.

type Where = Pick<Host, 'env' | 'homeDirectory' | 'userId'>;

/**
 * The long-lived key of a profile in the AWS shared files, parsed as by the AWS CLI.
 *
 * @throws ERR_USAGE for a profile that is missing or has no long-lived key; errors of `read`
 */
export function readAwsProfile(name: string, paths: SharedPaths, read: ReadKeyFile): KeyValues {
  const { profiles, misplaced } = readSharedProfiles(paths, read);
  const profile = profiles.get(name);
  if (profile === undefined) throw unknownProfile(name, { profiles, misplaced, paths });
  const found = longLivedKey(name, profile);
  if (found === undefined) throw unusable(name, profile);
  return found.values;
}

/**
 * The long-lived keys of all profiles, sorted by name, and the profiles without one, which have a
 * session, a role, or a sign-in by SSO.
 *
 * @returns also the warnings, one line each
 * @throws errors of `read`
 */
export function readAwsKeys(
  paths: SharedPaths,
  read: ReadKeyFile,
): {
  keys: ProfileKey[];
  others: string[];
  warnings: string[];
} {
  const { profiles, misplaced } = readSharedProfiles(paths, read);
  const keys: ProfileKey[] = [];
  const others: string[] = [];
  for (const [name, profile] of profiles) {
    const key = longLivedKey(name, profile);
    if (key === undefined) others.push(name);
    else keys.push(key);
  }
  return { keys, others, warnings: misplaced.map(describeMisplaced) };
}

/**
 * The MFA device that aws-vault uses for each profile: `AWS_MFA_SERIAL`, otherwise `mfa_serial` of
 * the profile in the config file or of the profile that it includes (default: `default`).
 *
 * @throws errors of `read`
 */
export function vaultDevices(
  host: Where,
  read: ReadKeyFile,
): (profile: string) => Sourced<string> | undefined {
  const variable = 'AWS_MFA_SERIAL';
  const named = host.env[variable];
  if (named) return () => ({ value: named, source: variable });
  const { profiles } = readSharedProfiles({ config: sharedPaths(host).config }, read);
  const deviceOf = (name: string, seen: readonly string[]): Sourced<string> | undefined => {
    const profile = profiles.get(name);
    const device = valueOf(profile, 'mfa_serial');
    if (device !== undefined) return sourcedOf(device);
    const included = valueOf(profile, 'include_profile') ?? valueOf(profile, 'parent_profile');
    const next = included?.value ?? 'default';
    return seen.includes(next) ? undefined : deviceOf(next, [...seen, next]);
  };
  return (profile) => deviceOf(profile, [profile]);
}

function longLivedKey(name: string, profile: Profile): ProfileKey | undefined {
  const id = valueOf(profile, 'aws_access_key_id');
  const secret = valueOf(profile, 'aws_secret_access_key');
  if (isSession(profile) || id === undefined || secret === undefined) return undefined;
  const device = valueOf(profile, 'mfa_serial');
  return {
    profile: name,
    values: {
      access_key_id: id.value,
      secret_access_key: secret.value,
      ...withoutAbsent({ mfa_arn: device?.value }),
    },
    lines: [id, secret].map(({ file, line }) => ({ file, line })).sort(byPlace),
    ...withoutAbsent({ mfaDevice: device && sourcedOf(device) }),
  };
}

function byPlace(one: { file: string; line: number }, other: typeof one): number {
  return one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1;
}

/** A setting without a value counts as absent. */
function valueOf(profile: Profile | undefined, key: string): ProfileSetting | undefined {
  const setting = profile?.get(key);
  return setting?.value === '' ? undefined : setting;
}

function sourcedOf({ value, file, line }: ProfileSetting): Sourced<string> {
  return { value, source: `${file}:${line}` };
}

/** The second name is used by old programs, and the AWS CLI accepts it. */
function isSession(profile: Profile): boolean {
  return ['aws_session_token', 'aws_security_token'].some((key) => valueOf(profile, key));
}

function describeMisplaced({ name, readAs, file, line }: MisplacedProfile): string {
  return `${file}:${line} has the header [${readAs}], which the AWS CLI reads there as a profile called ${JSON.stringify(readAs)}: in the credentials file the header of profile ${JSON.stringify(name)} is [${name}]`;
}

interface Searched {
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly misplaced: readonly MisplacedProfile[];
  readonly paths: SharedPaths;
}

function unknownProfile(name: string, { profiles, misplaced, paths }: Searched): AtmosError {
  const known = [...profiles.keys()];
  const list = known.length === 0 ? 'they contain no profile' : `they contain ${known.join(', ')}`;
  const files = [paths.credentials, paths.config].join(' and ');
  const nearest = nearestName(name, known);
  return new AtmosError(
    'ERR_USAGE',
    [
      `no AWS profile ${JSON.stringify(name)} in ${files}: ${paths.closed === undefined ? list : describeClosed(paths.closed)}`,
      ...misplaced.filter((one) => one.name === name).map(describeMisplaced),
    ],
    { hints: didYouMean(nearest) },
  );
}

function unusable(name: string, profile: Profile): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `the AWS profile ${JSON.stringify(name)} ${whyUnusable(profile)}`,
    {
      hints: [say('name a profile with a long-lived key, or give one by --stdin instead')],
    },
  );
}

function whyUnusable(profile: Profile): string {
  const has = (key: string) => valueOf(profile, key) !== undefined;
  if (isSession(profile)) return 'contains a session, which expires, not a long-lived key';
  if (has('role_arn')) return 'has no access key of its own: it assumes a role';
  if (has('sso_session') || has('sso_start_url')) {
    return 'has no access key of its own: it signs in by SSO';
  }
  if (has('credential_process')) {
    return 'has no access key of its own: a program provides its credentials';
  }
  return 'has no aws_access_key_id or no aws_secret_access_key';
}
