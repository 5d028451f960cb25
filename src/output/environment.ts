import type { AwsCredentials } from '../core/credentials.ts';
import { formatTimestamp } from '../core/time.ts';

/** What changes in an environment: variables that get a value, and variables that go. */
export interface EnvironmentChange {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

/**
 * Every variable from which an AWS SDK takes credentials, or the place where they are, or something
 * that belongs to credentials: all of them go unless we set them, so that no other can win.
 *
 * - botocore asks `AWS_DEFAULT_PROFILE` before `AWS_PROFILE`, and `AWS_SECURITY_TOKEN` beside
 *   `AWS_SESSION_TOKEN`; the JavaScript SDK leaves out the keys of the environment where a profile
 *   is named; the Go and Java SDKs know `AWS_ACCESS_KEY` and `AWS_SECRET_KEY` too.
 * - `AWS_ACCOUNT_ID` and `AWS_CREDENTIAL_SCOPE` are part of the credentials: left behind by others
 *   they send requests to an endpoint of another account.
 * - A bearer token beats every signature, for the services that take one.
 * - Variables that say where or how to call (`AWS_ENDPOINT_URL`, `AWS_CA_BUNDLE`, `AWS_RETRY_MODE`,
 *   the region) are no credentials, and stay.
 */
export const credentialVariables: readonly string[] = [
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_ACCOUNT_ID',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_CONFIG_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_CREDENTIAL_FILE',
  'AWS_CREDENTIAL_SCOPE',
  'AWS_DEFAULT_PROFILE',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'AWS_SECURITY_TOKEN',
  'AWS_SESSION_TOKEN',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
];

/**
 * The change for mode `env`: the credentials themselves. Every SDK takes them before any shared
 * file, as long as no profile is named, and none is.
 */
export function envCredentials(credentials: AwsCredentials, region?: string): EnvironmentChange {
  const { sessionToken, expiresAt } = credentials;
  return instead({
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    ...(expiresAt === undefined ? {} : { AWS_CREDENTIAL_EXPIRATION: formatTimestamp(expiresAt) }),
    ...regionVariables(region),
  });
}

export interface ProcessEnvironment {
  /** The configuration file whose profile says `credential_process`, absolute. */
  readonly configFile: string;
  /** An empty file that stands where the shared credentials were: a section there would win. */
  readonly emptyFile: string;
  readonly profile: string;
  readonly region?: string;
}

/** The change for mode `process`: no secret, only where a program finds the profile. */
export function processEnvironment(options: ProcessEnvironment): EnvironmentChange {
  return instead({
    AWS_CONFIG_FILE: options.configFile,
    AWS_PROFILE: options.profile,
    // Version 1 of the Go SDK reads the configuration file only then.
    AWS_SDK_LOAD_CONFIG: '1',
    AWS_SHARED_CREDENTIALS_FILE: options.emptyFile,
    ...regionVariables(options.region),
  });
}

export interface ChildOptions {
  readonly platform: NodeJS.Platform;
  /** The configured name of the variable that holds the keyring's password. */
  readonly passwordVariable: string;
}

/**
 * The environment of a program we start: the parent's with the change, without what no child gets:
 * the keyring's password, MFA codes, the directory of systemd's credentials, bearer tokens.
 */
export function childEnvironment(
  parent: Readonly<Record<string, string | undefined>>,
  change: EnvironmentChange,
  { platform, passwordVariable }: ChildOptions,
): Record<string, string> {
  // Windows does not tell names apart by case.
  const same = (name: string) => (platform === 'win32' ? name.toUpperCase() : name);
  const kept = [...ownSecrets, passwordVariable].map(same);
  const replaced = new Set([...change.unset, ...Object.keys(change.set), ...kept].map(same));
  const inherited = Object.entries(parent).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !replaced.has(same(entry[0])) && !isBearerToken(same(entry[0])),
  );
  const set = Object.entries(change.set).filter(([name]) => !kept.includes(same(name)));
  return Object.fromEntries([...inherited, ...set]);
}

/** Whether the value of a variable of this name is to be kept out of sight: Atmos's rule. */
export function isSecretVariable(name: string): boolean {
  return /SECRET|TOKEN|PASSWORD|PRIVATE|ACCESS_KEY|SESSION/i.test(name);
}

const ownSecrets: readonly string[] = [
  'ATMOS_KEYRING_PASSWORD',
  'ATMOS_MFA_TOKEN',
  'CREDENTIALS_DIRECTORY',
];

// One for each service that takes one: the list above can name only those of today.
function isBearerToken(name: string): boolean {
  return name.startsWith('AWS_BEARER_TOKEN_');
}

function instead(set: Readonly<Record<string, string>>): EnvironmentChange {
  return {
    // Without it a program whose credentials have ended goes on as the machine's own role.
    set: { ...set, AWS_EC2_METADATA_DISABLED: 'true' },
    unset: credentialVariables.filter((name) => !Object.hasOwn(set, name)),
  };
}

function regionVariables(region: string | undefined): Record<string, string> {
  return region === undefined ? {} : { AWS_DEFAULT_REGION: region, AWS_REGION: region };
}
