// The credentials in an envelope, each type with the fields of its own.

import {
  awsCredentials,
  ssoToken,
  type AwsCredentials,
  type SignInToken,
  type SsoToken,
  type StoredCredentials,
} from '../core/credentials.ts';
import { withoutAbsent } from '../core/json.ts';
import { formatTimestamp, parseTimestamp } from '../core/time.ts';

// In the order in which Atmos writes them.
const awsFields = {
  access_key_id: 'accessKeyId',
  secret_access_key: 'secretAccessKey',
  session_token: 'sessionToken',
  region: 'region',
  expiration: 'expiresAt',
  mfa_arn: 'mfaArn',
  session_duration: 'sessionDuration',
} as const;

const ssoFields = {
  access_token: 'accessToken',
  expiration: 'expiresAt',
  start_url: 'startUrl',
  region: 'region',
} as const;

const signInFields = {
  principal: 'principal',
  endpoint: 'endpoint',
  expiration: 'expiresAt',
} as const;

/** The fields of credentials, as they are stored. */
export function dataOf(credentials: StoredCredentials): Readonly<Record<string, string>> {
  switch (credentials.type) {
    case 'aws':
      return fieldsOf(awsFields, credentials);
    case 'sso':
      return fieldsOf(ssoFields, credentials);
    case 'sign-in':
      return fieldsOf(signInFields, credentials);
  }
}

function fieldsOf<C>(
  fields: Readonly<Record<string, keyof C>>,
  credentials: C,
): Record<string, string> {
  const data: Record<string, string> = {};
  for (const [field, name] of Object.entries(fields)) {
    const value = credentials[name];
    if (value instanceof Date) data[field] = formatTimestamp(value);
    else if (typeof value === 'string' && value !== '') data[field] = value;
  }
  return data;
}

/** Reads fields that are text: an empty one counts as missing. A fault for one that is not text. */
function textsIn<F extends string>(
  data: Record<string, unknown>,
  fields: Readonly<Record<F, string>>,
): { readonly text: (field: F) => string | undefined } | { readonly fault: string } {
  const wrong = Object.keys(fields).find(
    (field) => data[field] !== undefined && typeof data[field] !== 'string',
  );
  if (wrong !== undefined) return { fault: `its ${wrong} is not text` };
  return { text: (field) => textOf(data[field]) || undefined };
}

function parseSso(data: Record<string, unknown>): SsoToken | { fault: string } {
  const texts = textsIn(data, ssoFields);
  if ('fault' in texts) return texts;
  const { text } = texts;
  const [accessToken, startUrl, region] = [text('access_token'), text('start_url'), text('region')];
  if (accessToken === undefined || startUrl === undefined || region === undefined) {
    return { fault: 'its access_token, start_url or region is missing' };
  }
  const expiresAt = parseTimestamp(text('expiration') ?? '') ?? new Date(0);
  return ssoToken({ accessToken, expiresAt, startUrl, region });
}

function parseSignIn(data: Record<string, unknown>): SignInToken | { fault: string } {
  const texts = textsIn(data, signInFields);
  if ('fault' in texts) return texts;
  const { text } = texts;
  const [principal, endpoint] = [text('principal'), text('endpoint')];
  if (principal === undefined || endpoint === undefined) {
    return { fault: 'its principal or endpoint is missing' };
  }
  const expiresAt = parseTimestamp(text('expiration') ?? '') ?? new Date(0);
  return { type: 'sign-in', principal, endpoint, expiresAt };
}

/** The credentials of a type. A fault describes what is wrong without quoting the data. Never throws. */
export function parseData(
  type: StoredCredentials['type'],
  data: Record<string, unknown>,
): StoredCredentials | { fault: string } {
  switch (type) {
    case 'aws':
      return parseAws(data);
    case 'sso':
      return parseSso(data);
    case 'sign-in':
      return parseSignIn(data);
  }
}

function parseAws(data: Record<string, unknown>): AwsCredentials | { fault: string } {
  const texts = textsIn(data, awsFields);
  if ('fault' in texts) return texts;
  const { text } = texts;
  const [accessKeyId, secretAccessKey] = [text('access_key_id'), text('secret_access_key')];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    return {
      fault: isProviderToken(data)
        ? 'it contains a token of a provider that Atmos stored, not an access key'
        : 'its access key id or secret access key is missing',
    };
  }
  return awsCredentials({
    accessKeyId,
    secretAccessKey,
    ...withoutAbsent({
      sessionToken: text('session_token'),
      region: text('region'),
      expiresAt: awsExpiry(data),
      mfaArn: text('mfa_arn'),
      sessionDuration: text('session_duration'),
    }),
  });
}

/**
 * Whether it is the token of IAM Identity Center, for which Atmos has no type: the access key id is
 * the token. It always has an expiry time, unlike an access key.
 */
export function isProviderToken(data: Record<string, unknown>): boolean {
  const [id, secret, session] = [
    data['access_key_id'],
    data['secret_access_key'],
    data['session_token'],
  ];
  return isText(id) && !secret && !session && isText(data['expiration']);
}

/** An invalid time counts as expired: the epoch. */
export function awsExpiry(data: Record<string, unknown>): Date | undefined {
  const expiration = textOf(data['expiration']) || undefined;
  return expiration === undefined ? undefined : (parseTimestamp(expiration) ?? new Date(0));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
