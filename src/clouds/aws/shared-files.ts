import { access, constants } from 'node:fs/promises';
import { parseKnownFiles } from '@smithy/shared-ini-file-loader';
import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { showCommand } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import { nearestName } from '../../core/names.ts';
import type { Host } from '../../host/host.ts';
import { irregularKindAt } from '../../host/regular-file.ts';
import { sharedPaths, type SharedPaths } from './shared-paths.ts';

export { sharedPaths };

/** A long-lived key, as a profile has it. */
export interface SharedKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly mfaArn?: string;
}

/** A profile that has a long-lived key. */
export interface ProfileKey {
  readonly profile: string;
  readonly key: SharedKey;
}

type Where = Pick<Host, 'env' | 'homeDirectory'>;
type Profile = Readonly<Record<string, string | undefined>>;

/**
 * The long-lived key of a profile in the AWS shared files, read where the AWS CLI reads it.
 *
 * @throws ERR_USAGE for a profile that is not there, or has no long-lived key; ERR_IO
 */
export async function readAwsProfile(name: string, host: Where): Promise<SharedKey> {
  const paths = sharedPaths(host);
  const profiles = await readProfiles(paths);
  const profile = profiles.get(name);
  if (profile === undefined) {
    throw unknownProfile(name, [...profiles.keys()], [paths.credentials, paths.config]);
  }
  const key = longLivedKey(profile);
  if (key === undefined) throw unusable(name, profile);
  return key;
}

/**
 * The long-lived keys of all profiles, in the order of their names, and how many profiles have none:
 * a session, a role, a sign-in by SSO.
 *
 * @throws ERR_IO
 */
export async function readAwsKeys(
  paths: SharedPaths,
): Promise<{ keys: ProfileKey[]; others: number }> {
  const profiles = await readProfiles(paths);
  const keys: ProfileKey[] = [];
  for (const [profile, settings] of profiles) {
    const key = longLivedKey(settings);
    if (key !== undefined) keys.push({ profile, key });
  }
  return { keys, others: profiles.size - keys.length };
}

async function readProfiles({ credentials, config }: SharedPaths): Promise<Map<string, Profile>> {
  await Promise.all([checkReadable(credentials), checkReadable(config)]);
  const files = { filepath: credentials, configFilepath: config };
  const sections = Object.entries(await parseKnownFiles({ ...files, ignoreCache: true }));
  const profiles = sections.filter(([name]) => !/^(profile|sso-session|services)\./.test(name));
  return new Map(profiles.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function longLivedKey(profile: Profile): SharedKey | undefined {
  const { aws_access_key_id: id, aws_secret_access_key: secret, mfa_serial: mfa } = profile;
  if (profile['aws_session_token'] || !id || !secret) return undefined;
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...withoutAbsent({ mfaArn: mfa || undefined }),
  };
}

/** The parser takes a file that it cannot read for one that is not there. */
async function checkReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === 'ENOENT') return;
    if (reason === undefined) throw error;
    throw new AtmosError('ERR_IO', `cannot read the AWS file ${path}: ${reason}`);
  }
  // A pipe, as of `<(command)`, is read; the parser drops the error of the others.
  const kind = irregularKindAt(path);
  if (kind === 'a directory' || kind === 'a socket') {
    throw new AtmosError('ERR_IO', `cannot read the AWS file ${path}: it is ${kind}`, {
      hints: [showCommand(path)],
    });
  }
}

function unknownProfile(name: string, known: readonly string[], files: string[]): AtmosError {
  const list = known.length === 0 ? 'there are none' : `there are ${[...known].sort().join(', ')}`;
  const nearest = nearestName(name, known);
  return new AtmosError(
    'ERR_USAGE',
    `no AWS profile ${JSON.stringify(name)} in ${files.join(' and ')}: ${list}`,
    { hints: nearest === undefined ? [] : [`did you mean ${nearest}?`] },
  );
}

function unusable(name: string, profile: Profile): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `the AWS profile ${JSON.stringify(name)} ${whyUnusable(profile)}`,
    { hints: ['aws iam create-access-key | atmos auth user configure --stdin'] },
  );
}

function whyUnusable(profile: Profile): string {
  if (profile['aws_session_token']) return 'holds a session, which ends, not a long-lived key';
  if (profile['role_arn']) return 'has no access key of its own: it assumes a role';
  if (profile['sso_session'] || profile['sso_start_url']) {
    return 'has no access key of its own: it signs in by SSO';
  }
  if (profile['credential_process']) {
    return 'has no access key of its own: a program gives its credentials';
  }
  return 'lacks aws_access_key_id or aws_secret_access_key';
}
