import { isObject, parseJson, withoutAbsent } from '../core/json.ts';
import { parseTimestamp } from '../core/time.ts';
import { awsExpiry, isProviderToken } from './envelope-data.ts';

/** A token that Atmos stores and atmos-auth does not use. Contains no secret. */
export interface AtmosToken {
  /** The type of the envelope. */
  readonly type: string;
  /** Absent if it does not expire or has no expiry time. */
  readonly expiresAt?: Date;
}

const zeroTime = '0001-01-01T00:00:00Z';

/**
 * Parses a token that Atmos stores for a provider or an identity, which is useless after it has
 * expired: that of IAM Identity Center (an envelope of type `aws` whose access key id is the
 * token), and those of the types `gcp`, `oidc` and `atmos-pro`. Returns undefined for anything
 * else. Never throws.
 */
export function parseAtmosToken(text: string): AtmosToken | undefined {
  const value = parseJson(text);
  if (!isObject(value) || !isObject(value['data'])) return undefined;
  const { type, data } = value;
  if (type === 'aws') return isProviderToken(data) ? tokenOf(type, awsExpiry(data)) : undefined;
  if (type === 'gcp' && textOf(data['access_token']) !== '') {
    const expiry = textOf(data['token_expiry']);
    return tokenOf(type, expiry === zeroTime ? undefined : parseTimestamp(expiry));
  }
  const token = type === 'oidc' || type === 'atmos-pro' ? textOf(data['token']) : '';
  return token === '' ? undefined : tokenOf(String(type), jwtExpiry(token));
}

/** The claim `exp` of a JWT. Nothing else in it is checked. */
function jwtExpiry(token: string): Date | undefined {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const seconds = isObject(claims) ? claims['exp'] : undefined;
  const expiresAt = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN);
  return Number.isNaN(expiresAt.getTime()) ? undefined : expiresAt;
}

function tokenOf(type: string, expiresAt: Date | undefined): AtmosToken {
  return withoutAbsent({ type, expiresAt });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
