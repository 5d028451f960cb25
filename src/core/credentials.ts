/**
 * Credentials for AWS: long-lived keys of a user, or a session (then `sessionToken` and `expiresAt`
 * are there). The field names of the stored form are the store's business.
 */
export interface AwsCredentials {
  readonly type: 'aws';
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region?: string;
  readonly expiresAt?: Date;
  readonly mfaArn?: string;
  /** As written by the user: `12h`. */
  readonly sessionDuration?: string;
}

/**
 * All credentials we know, told apart by their type: the word that the stored envelope has. A further
 * cloud adds its own here, and its case to the functions below.
 */
export type Credentials = AwsCredentials;

export type CredentialType = Credentials['type'];

const inspectSymbol = Symbol.for('nodejs.util.inspect.custom');

/** Makes credentials for AWS, which show themselves redacted: see {@link redacting}. */
export function awsCredentials(fields: Omit<AwsCredentials, 'type'>): AwsCredentials {
  return redacting({ type: 'aws', ...fields });
}

/**
 * Lets credentials show themselves redacted wherever they are logged, inspected or turned into JSON by
 * accident. Their fields are read by name only.
 */
function redacting<C extends Credentials>(credentials: C): C {
  const shown = () => redactCredentials(credentials);
  Object.defineProperty(credentials, 'toJSON', { value: shown, enumerable: false });
  Object.defineProperty(credentials, inspectSymbol, { value: shown, enumerable: false });
  return credentials;
}

/** Tells these credentials apart from others of their type. Nothing secret. */
export function credentialId(credentials: Credentials): string {
  return credentials.accessKeyId;
}

/** Whether two have the same values, secrets and notes included. */
export function isSameCredentials(one: Credentials, other: Credentials): boolean {
  const text = (credentials: Credentials) =>
    JSON.stringify(Object.entries(credentials).sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(one) === text(other);
}

/** Whether they were issued for a limited time, and are no long-lived key. */
export function isSession(credentials: Credentials): boolean {
  return credentials.sessionToken !== undefined;
}

/** What may be shown of credentials: no secret, and an access key id in its short form. */
export function redactCredentials(credentials: Credentials): Record<string, string> {
  return {
    type: credentials.type,
    accessKeyId: shortAccessKeyId(credentials.accessKeyId),
    ...(credentials.region === undefined ? {} : { region: credentials.region }),
    ...(credentials.expiresAt === undefined
      ? {}
      : { expiresAt: credentials.expiresAt.toISOString() }),
  };
}

/** `AKIA…WXYZ`: enough to recognise a key, too little to use it for anything. */
export function shortAccessKeyId(id: string): string {
  return id.length > 8 ? `${id.slice(0, 4)}…${id.slice(-4)}` : '…';
}
