import { AtmosError } from './errors.ts';
import type { Hint } from './hint.ts';
import { isVariableName, notVariableName } from './variable-name.ts';

/**
 * Every variable from which an AWS SDK reads credentials, their location, or a part of them. All of
 * them are removed unless they are set here, so that no other credentials can take precedence.
 *
 * - botocore reads `AWS_DEFAULT_PROFILE` before `AWS_PROFILE`, and `AWS_SECURITY_TOKEN` in addition
 *   to `AWS_SESSION_TOKEN`; the JavaScript SDK ignores keys in the environment if a profile is set;
 *   the Go and Java SDKs also read `AWS_ACCESS_KEY` and `AWS_SECRET_KEY`.
 * - `AWS_ACCOUNT_ID` and `AWS_CREDENTIAL_SCOPE` are part of the credentials: values from other
 *   credentials send requests to the endpoint of another account.
 * - A bearer token takes precedence over every signature for services that accept one.
 * - Variables that control where or how to call (`AWS_ENDPOINT_URL`, `AWS_CA_BUNDLE`,
 *   `AWS_RETRY_MODE`, the region) are not credentials and remain.
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
 * Variables that give access to the keyring. They are removed from the environment of every program
 * that is started, and no file may set them.
 */
export const ownSecretVariables: readonly string[] = [
  'ATMOS_KEYRING_ARCHIVE_PASSPHRASE',
  'ATMOS_KEYRING_IMPORT_PASSWORD',
  'ATMOS_KEYRING_PASSWORD',
  'ATMOS_MFA_TOKEN',
  'CREDENTIALS_DIRECTORY',
];

/**
 * Whether a variable holds a bearer token of AWS, which is not passed to programs. Each service
 * that accepts a token has its own variable, so the list above cannot name all of them.
 */
export function isBearerToken(name: string): boolean {
  return name.startsWith('AWS_BEARER_TOKEN_');
}

/**
 * The variables of the AWS SDKs that name the endpoint of a service: AWS STS, the portal of IAM Identity
 * Center, its sign-in, and AWS Sign-In. The first one that is set is used.
 */
export const endpointUrlVariables = {
  sts: ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'],
  sso: ['AWS_ENDPOINT_URL_SSO', 'AWS_ENDPOINT_URL'],
  'sso-oidc': ['AWS_ENDPOINT_URL_SSO_OIDC', 'AWS_ENDPOINT_URL'],
  signin: ['AWS_ENDPOINT_URL_SIGNIN', 'AWS_ENDPOINT_URL'],
} as const;

/** A service to which requests are sent. */
export type AwsService = keyof typeof endpointUrlVariables;

/** Disables the variables above if it is `true`. */
export const ignoreEndpointsVariable = 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS';

/** All variables that determine which endpoint of a service is used. */
export const endpointVariables: readonly string[] = [
  ...new Set(Object.values(endpointUrlVariables).flat()),
  ignoreEndpointsVariable,
];

/** Whether the value of this variable is never shown, by the rule of Atmos. */
export function isSecretVariable(name: string): boolean {
  return /SECRET|TOKEN|PASSWORD|PRIVATE|ACCESS_KEY|SESSION/i.test(name);
}

/** A change to an environment: the variables to set and the variables to remove. */
export interface EnvironmentChange {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

/** An environment variable from `env:` of atmos.yaml. */
export interface Variable {
  readonly key: string;
  readonly value: string;
  /** Its name in messages: `env.PATH (/p/atmos.yaml:7:3)`. Default: its key. */
  readonly source?: string;
}

export interface VariableProblem {
  /** Which part is invalid. */
  readonly at: 'key' | 'value';
  /** Completes a message after the name of the place: `is not a name for an environment variable`. */
  readonly message: string;
  readonly hint?: Hint;
}

/** Why an environment cannot contain the variable, or undefined if it can. */
export function variableProblem({ key, value }: Variable): VariableProblem | undefined {
  if (!isVariableName(key)) return { at: 'key', ...notVariableName };
  if (!value.includes('\0')) return undefined;
  return {
    at: 'value',
    message: 'contains a NUL character, which is not allowed in an environment variable',
  };
}

/** @throws ERR_CONFIG_INVALID if an environment cannot contain the variable. The value is not shown */
export function checkVariable(variable: Variable): void {
  const problem = variableProblem(variable);
  if (problem === undefined) return;
  const { at, message, hint } = problem;
  const name = variable.source ?? (at === 'key' ? JSON.stringify(variable.key) : variable.key);
  const what = at === 'key' ? name : `the value of ${name}`;
  const hints = hint === undefined ? [] : [hint];
  throw new AtmosError('ERR_CONFIG_INVALID', `${what} ${message}`, { hints });
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a variable from an environment that may be a copy. On Windows names are compared without
 * case, and the system's variable is `Path`: `process.env` finds it as `PATH`, a copy does not.
 */
export function environmentValue(
  environment: Environment,
  name: string,
  platform: NodeJS.Platform,
): string | undefined {
  const value = environment[name];
  if (value !== undefined || platform !== 'win32') return value;
  const isSame = (other: string) => other.toUpperCase() === name.toUpperCase();
  const same = Object.entries(environment).filter(([other]) => isSame(other));
  return same.find((entry) => entry[1] !== undefined)?.[1];
}
