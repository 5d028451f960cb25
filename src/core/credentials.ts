import { withoutAbsent } from './json.ts';
import { sha256 } from './sha256.ts';

/**
 * AWS credentials: a long-lived access key of a user, or a session (which has `sessionToken` and
 * `expiresAt`). The field names of the stored form are defined in the store.
 */
export interface AwsCredentials {
  readonly type: 'aws';
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region?: string;
  readonly expiresAt?: Date;
  readonly mfaArn?: string;
  /** As the user wrote it: `12h`. */
  readonly sessionDuration?: string;
}

/**
 * Who AWS credentials speak for. AWS limits what a session of a role can do: it can open another
 * role for one hour at most.
 */
export type AwsOrigin = 'user' | 'role' | 'root' | 'unknown';

/** A token by which an OpenID Connect issuer states who its bearer is. Never stored. */
export interface OidcToken {
  readonly type: 'oidc';
  readonly token: string;
  readonly expiresAt: Date;
}

/** The token of a person who signed in through a portal of IAM Identity Center. */
export interface SsoToken {
  readonly type: 'sso';
  readonly accessToken: string;
  readonly expiresAt: Date;
  /** Of the portal, as normalized: `https://d-1234567890.awsapps.com/start`. */
  readonly startUrl: string;
  readonly region: string;
}

/**
 * A person signed in at AWS in a browser, which opens sessions of an identity until it expires. Who it is,
 * without what proves it.
 */
export interface SignInToken {
  readonly type: 'sign-in';
  /** The ARN of who signed in. */
  readonly principal: string;
  /** Where its requests go: `https://eu-west-1.signin.aws.amazon.com`. */
  readonly endpoint: string;
  readonly expiresAt: Date;
}

/** Identifies a token that several links and all realms share. */
export interface SharedSlot {
  /** The SHA-1 in hexadecimal of what identifies it. */
  readonly id: string;
  /** Who issues it, in messages and in the stored entry: the start URL of a portal. */
  readonly issuer: string;
}

/** Whatever the environment has: this program neither knows nor changes it. */
export interface NoCredentials {
  readonly type: 'none';
}

/**
 * All types of credentials, distinguished by `type`, which is also in the stored envelope. A new
 * cloud adds its type here and a case to each function below.
 */
export type Credentials = AwsCredentials | SsoToken | SignInToken | OidcToken | NoCredentials;

export type CredentialType = Credentials['type'];

/** The credentials that programs use: those of an identity. */
export type ProgramCredentials = AwsCredentials;

/** The credentials that a keyring can hold. */
export type StoredCredentials = ProgramCredentials | SsoToken | SignInToken;

/** Whether credentials of this type can be stored. Others are requested again each time. */
export function isStoredType(type: string): type is StoredCredentials['type'] {
  return type === 'aws' || type === 'sso' || type === 'sign-in';
}

const inspectSymbol = Symbol.for('nodejs.util.inspect.custom');

/** Creates AWS credentials that are redacted when shown: see {@link redacting}. */
export function awsCredentials(fields: Omit<AwsCredentials, 'type'>): AwsCredentials {
  return redacting({ type: 'aws', ...fields });
}

/** Creates an OIDC token that is redacted when shown: see {@link redacting}. */
export function oidcToken(fields: Omit<OidcToken, 'type'>): OidcToken {
  return redacting({ type: 'oidc', ...fields });
}

/** Creates a token of a portal that is redacted when shown: see {@link redacting}. */
export function ssoToken(fields: Omit<SsoToken, 'type'>): SsoToken {
  return redacting({ type: 'sso', ...fields });
}

/** When the credentials expire. Undefined for those that do not, and for unknown ones. */
export function expiryOf(credentials: Credentials): Date | undefined {
  return credentials.type === 'none' ? undefined : credentials.expiresAt;
}

/**
 * Makes credentials redact themselves if they are logged, inspected or converted to JSON by
 * mistake. Code reads their fields by name.
 */
function redacting<C extends Credentials>(credentials: C): C {
  const shown = () => redactCredentials(credentials);
  Object.defineProperty(credentials, 'toJSON', { value: shown, enumerable: false });
  Object.defineProperty(credentials, inspectSymbol, { value: shown, enumerable: false });
  return credentials;
}

/** Distinguishes these credentials from others of their type. Contains no secret. */
export function credentialId(credentials: Credentials): string {
  switch (credentials.type) {
    case 'aws':
      return credentials.accessKeyId;
    case 'sso':
      return sha256(credentials.accessToken);
    case 'sign-in':
      return sha256(JSON.stringify([credentials.principal, credentials.endpoint]));
    case 'oidc':
      return sha256(credentials.token);
    case 'none':
      return 'none';
  }
}

/** Whether two credentials have the same values, including secrets and notes. */
export function isSameCredentials(one: StoredCredentials, other: StoredCredentials): boolean {
  const text = (credentials: StoredCredentials) =>
    JSON.stringify(Object.entries(credentials).sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(one) === text(other);
}

/** Whether the credentials are temporary and not a long-lived key. */
export function isSession(credentials: StoredCredentials): boolean {
  return credentials.type !== 'aws' || credentials.sessionToken !== undefined;
}

/** The part of credentials that may be shown: no secret, and a shortened access key id. */
export function redactCredentials(credentials: Credentials): Record<string, string> {
  const { type } = credentials;
  const expiresAt = expiryOf(credentials)?.toISOString();
  if (type !== 'aws') return { type, ...withoutAbsent({ expiresAt }) };
  const { accessKeyId, region } = credentials;
  return {
    type,
    accessKeyId: shortAccessKeyId(accessKeyId),
    ...withoutAbsent({ region, expiresAt }),
  };
}

/** `AKIA…WXYZ`: sufficient to recognize a key, but not to use it. */
export function shortAccessKeyId(id: string): string {
  return id.length > 8 ? `${id.slice(0, 4)}…${id.slice(-4)}` : '…';
}
