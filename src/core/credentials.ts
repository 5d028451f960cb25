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

/** Every kind of credentials we know. */
export type Credentials = AwsCredentials;

export type CredentialType = Credentials['type'];

const inspectSymbol = Symbol.for('nodejs.util.inspect.custom');

/**
 * Makes credentials that show themselves redacted wherever they are logged, inspected or turned
 * into JSON by accident. Their fields are read by name only.
 */
export function awsCredentials(fields: Omit<AwsCredentials, 'type'>): AwsCredentials {
  const credentials: AwsCredentials = { type: 'aws', ...fields };
  const shown = () => redactCredentials(credentials);
  Object.defineProperty(credentials, 'toJSON', { value: shown, enumerable: false });
  Object.defineProperty(credentials, inspectSymbol, { value: shown, enumerable: false });
  return credentials;
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

/** Tells these credentials apart from others of their type. Nothing secret. */
export function credentialId(credentials: Credentials): string {
  return credentials.accessKeyId;
}

/** `AKIA…WXYZ`: enough to recognise a key, too little to use it for anything. */
export function shortAccessKeyId(id: string): string {
  return id.length > 8 ? `${id.slice(0, 4)}…${id.slice(-4)}` : '…';
}
