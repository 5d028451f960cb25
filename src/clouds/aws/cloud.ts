import { isAbsolute } from 'node:path';
import type { AwsCredentials } from '../../core/credentials.ts';
import { systemErrorCode } from '../../core/errors.ts';
import { formatTimestamp } from '../../core/time.ts';
import { credentialVariables, type EnvironmentChange } from '../../core/variables.ts';
import type { Host } from '../../host/host.ts';
import { readRegularFile } from '../../host/read-files.ts';
import type { Cloud, ProcessProfile, ProfilePlace } from '../cloud-contract.ts';
import {
  credentialProcessLine,
  formatProcessProfile,
  hiddenFiles,
  profileOf,
} from './process-profile.ts';
import { isAwsRegion, partitionOf } from './regions.ts';
import { sharedPaths } from './shared-paths.ts';

/** Far above the size of any such file. */
const maxBytes = 1024 * 1024;

const regionVariables = ['AWS_DEFAULT_REGION', 'AWS_REGION'];

/**
 * How the AWS CLI and the AWS SDKs receive credentials: variables, a profile, the output of its
 * process.
 */
export const aws: Cloud = {
  regionVariables,
  isRegion: isAwsRegion,
  partitionOf,
  environment,
  process: {
    formatCommand: credentialProcessLine,
    formatProfile: formatProcessProfile,
    environment: processEnvironment,
    findUserProfile,
    hiddenFiles,
  },
  loadSessionFiles: async () => (await import('./atmos-session.ts')).awsSessionFiles,
};

/** Every SDK prefers these variables to shared files only if no profile is set. */
function environment(credentials: AwsCredentials, region: string | undefined): EnvironmentChange {
  const { sessionToken, expiresAt } = credentials;
  return instead({
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    ...(expiresAt === undefined ? {} : { AWS_CREDENTIAL_EXPIRATION: formatTimestamp(expiresAt) }),
    ...withRegion(region),
  });
}

function processEnvironment(place: ProfilePlace): EnvironmentChange {
  if (place.userProfile !== undefined) return userProfileEnvironment(place.userProfile, place);
  return instead({
    AWS_CONFIG_FILE: place.configFile,
    AWS_PROFILE: profileOf(place.identity),
    // Version 1 of the Go SDK reads the configuration file only if this is set.
    AWS_SDK_LOAD_CONFIG: '1',
    // A section with the name of the profile in the user's own file would take precedence.
    AWS_SHARED_CREDENTIALS_FILE: place.emptyFile,
    ...withRegion(place.region),
  });
}

/** Programs keep the files that they read. */
function userProfileEnvironment(
  profile: string,
  { region }: Pick<ProfilePlace, 'region'>,
): EnvironmentChange {
  const { set, unset } = instead({
    AWS_PROFILE: profile,
    AWS_SDK_LOAD_CONFIG: '1',
    ...withRegion(region),
  });
  const files = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'];
  return { set, unset: unset.filter((name) => !files.includes(name)) };
}

/** Most users have no such profile, so the parser is loaded only if the command is in the file. */
async function findUserProfile(
  profile: Pick<ProcessProfile, 'command' | 'region'>,
  host: Pick<Host, 'env' | 'homeDirectory' | 'userId'>,
): Promise<string | undefined> {
  if (host.homeDirectory === undefined) return undefined;
  const paths = sharedPaths(host);
  // A program may have another working directory.
  if (!isAbsolute(paths.config)) return undefined;
  const config = textOf(paths.config);
  if (!config?.includes(profile.command)) return undefined;
  const { findProfile } = await import('./shared-profiles.ts');
  return findProfile(profile, { config, credentials: textOf(paths.credentials) ?? '' });
}

function textOf(path: string): string | undefined {
  try {
    return readRegularFile(path, { maxBytes });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function instead(set: Readonly<Record<string, string>>): EnvironmentChange {
  return {
    // Without it, a program whose credentials have expired would use the role of the machine.
    set: { ...set, AWS_EC2_METADATA_DISABLED: 'true' },
    unset: credentialVariables.filter((name) => !Object.hasOwn(set, name)),
  };
}

function withRegion(region: string | undefined): Record<string, string> {
  return region === undefined
    ? {}
    : Object.fromEntries(regionVariables.map((name) => [name, region]));
}
