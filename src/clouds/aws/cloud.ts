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

/**
 * How the AWS CLI and the AWS SDKs receive credentials: variables, a profile, the output of its
 * process.
 */
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

/**
 * The output of a `credential_process`, in version 1 of the AWS format. `Expiration` makes an SDK
 * run the process again; long-lived keys have none.
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
