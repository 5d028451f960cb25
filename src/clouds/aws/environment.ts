import type { AwsCredentials } from '../../core/credentials.ts';
import { formatTimestamp } from '../../core/time.ts';
import {
  credentialVariables,
  ownSecretVariables,
  type EnvironmentChange,
} from '../../core/variables.ts';

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
  /** The configured names of variables that hold a secret of the keyring. */
  readonly secretVariables: readonly string[];
}

// A relative one would lead an atmos that the program starts one directory further.
const followedAlready = 'ATMOS_CHDIR';

/**
 * The environment of a program we start: the parent's with the change, without what no child gets:
 * the keyring's password, MFA codes, the directory of systemd's credentials, bearer tokens.
 */
export function childEnvironment(
  parent: Readonly<Record<string, string | undefined>>,
  change: EnvironmentChange,
  { platform, secretVariables }: ChildOptions,
): Record<string, string> {
  // Windows does not tell names apart by case.
  const same = (name: string) => (platform === 'win32' ? name.toUpperCase() : name);
  const kept = [...ownSecretVariables, ...secretVariables, followedAlready].map(same);
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
