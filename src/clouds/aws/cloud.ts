import type { AwsCredentials } from '../../core/credentials.ts';
import { formatTimestamp } from '../../core/time.ts';
import { credentialVariables, type EnvironmentChange } from '../../core/variables.ts';
import type { Cloud, ProfilePlace } from '../contract.ts';
import {
  credentialProcessLine,
  formatProcessProfile,
  hiddenFiles,
  profileOf,
} from './process-profile.ts';

const regionVariables = ['AWS_DEFAULT_REGION', 'AWS_REGION'];

/** What the AWS CLI and every SDK of AWS read: variables, a profile, the answer of its process. */
export const aws: Cloud = {
  regionVariables,
  environment,
  process: {
    formatCommand: credentialProcessLine,
    formatProfile: formatProcessProfile,
    environment: processEnvironment,
    hiddenFiles,
    formatAnswer,
  },
};

/** Every SDK takes them before any shared file, as long as no profile is named, and none is. */
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
  return instead({
    AWS_CONFIG_FILE: place.configFile,
    AWS_PROFILE: profileOf(place.identity),
    // Version 1 of the Go SDK reads the configuration file only then.
    AWS_SDK_LOAD_CONFIG: '1',
    // A section of the profile's name in the user's own file would win.
    AWS_SHARED_CREDENTIALS_FILE: place.emptyFile,
    ...withRegion(place.region),
  });
}

/**
 * The answer of a `credential_process`, version 1 of AWS's format. `Expiration` is what makes an SDK
 * ask again; long-lived keys have none.
 */
function formatAnswer(credentials: AwsCredentials): string {
  const { sessionToken, expiresAt } = credentials;
  const answer = {
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    ...(sessionToken === undefined ? {} : { SessionToken: sessionToken }),
    ...(expiresAt === undefined ? {} : { Expiration: formatTimestamp(expiresAt) }),
  };
  return `${JSON.stringify(answer)}\n`;
}

function instead(set: Readonly<Record<string, string>>): EnvironmentChange {
  return {
    // Without it a program whose credentials have ended goes on as the machine's own role.
    set: { ...set, AWS_EC2_METADATA_DISABLED: 'true' },
    unset: credentialVariables.filter((name) => !Object.hasOwn(set, name)),
  };
}

function withRegion(region: string | undefined): Record<string, string> {
  return region === undefined
    ? {}
    : Object.fromEntries(regionVariables.map((name) => [name, region]));
}
