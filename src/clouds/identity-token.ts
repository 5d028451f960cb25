import { oidcToken, type OidcToken } from '../core/credentials.ts';
import { AtmosError } from '../core/errors.ts';
import { say, type Hint } from '../core/hint.ts';
import { isObject, listNames, parseJson, quote } from '../core/json.ts';
import { formatTimestamp } from '../core/time.ts';

/** The limit of AWS. */
const maxTokenLength = 20_000;
const minLifeMs = 60_000;
/** How far the clock of the issuer may be ahead. */
const clockToleranceMs = 60_000;

/** What a token must say, and where it came from. */
export interface TokenTerms {
  /** Completes a message: `the file /var/run/token`. */
  readonly from: string;
  /** Absent: any. */
  readonly audience?: string;
  /** Absent: any. */
  readonly issuer?: string;
  /** How to get a new token, if this one is not valid. */
  readonly renewal: readonly Hint[];
}

/**
 * Checks a token of an OpenID Connect issuer before it is sent: its form, that it is valid for at
 * least another minute, and that its audience and issuer are the expected ones. The signature is not
 * verified, because only the service that accepts the token decides which issuers it trusts: a forged
 * token passes here and is refused there.
 *
 * @param text may end with white space
 * @throws ERR_AUTH_SOURCE_FAILED; the message never quotes the token, only its times, audience and
 *   issuer
 */
export function parseIdentityToken(text: string, terms: TokenTerms, now: Date): OidcToken {
  const { from, audience, issuer } = terms;
  const token = text.trim();
  if (token === '') throw unusable(`${from} is empty`, terms);
  if (token.length > maxTokenLength) {
    throw unusable(`${from} has more than the ${maxTokenLength} characters of a token`, terms);
  }
  const claims = claimsOf(token);
  if (claims === undefined) throw unusable(`${from} is not a JSON Web Token`, terms);
  const expiresAt = dateOf(claims['exp']);
  if (expiresAt === undefined) throw unusable(`the token of ${from} has no expiry`, terms);
  const leftMs = expiresAt.getTime() - now.getTime();
  if (leftMs <= 0) {
    throw unusable(`the token of ${from} expired at ${formatTimestamp(expiresAt)}`, terms);
  }
  if (leftMs < minLifeMs) {
    throw unusable(`the token of ${from} expires in less than a minute`, terms);
  }
  const startsAt = dateOf(claims['nbf']);
  if (startsAt !== undefined && startsAt.getTime() > now.getTime() + clockToleranceMs) {
    const message = `the token of ${from} is not valid before ${formatTimestamp(startsAt)}`;
    throw unusable(message, terms);
  }
  const audiences = [claims['aud']].flat().filter((one) => typeof one === 'string');
  if (audience !== undefined && !audiences.includes(audience)) {
    const found = audiences.length === 0 ? 'has no audience' : `is for ${listNames(audiences)}`;
    throw mismatch(`the token of ${from} ${found}, not for the audience ${quote(audience)}`);
  }
  if (issuer !== undefined && claims['iss'] !== issuer) {
    const found = typeof claims['iss'] === 'string' ? quote(claims['iss']) : 'no issuer';
    throw mismatch(`the token of ${from} is from ${found}, not from ${quote(issuer)}`);
  }
  return oidcToken({ token, expiresAt });
}

/** The claims of a signed token in the compact form. Undefined for any other text. */
function claimsOf(token: string): Record<string, unknown> | undefined {
  const [header = '', payload = '', signature = '', ...others] = token.split('.');
  if (others.length > 0 || !/^[\w-]+$/.test(signature)) return undefined;
  const { alg } = partOf(header) ?? {};
  return typeof alg === 'string' && alg.toLowerCase() !== 'none' ? partOf(payload) : undefined;
}

function partOf(part: string): Record<string, unknown> | undefined {
  if (!/^[\w-]+$/.test(part)) return undefined;
  const value = parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  return isObject(value) ? value : undefined;
}

/** A time in seconds. Undefined for a value that is no time. */
function dateOf(seconds: unknown): Date | undefined {
  if (typeof seconds !== 'number') return undefined;
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function unusable(message: string, { renewal }: TokenTerms): AtmosError {
  return new AtmosError('ERR_AUTH_SOURCE_FAILED', message, { hints: renewal });
}

function mismatch(message: string): AtmosError {
  return new AtmosError('ERR_AUTH_SOURCE_FAILED', message, {
    hints: [say('correct what the token is requested for, or spec.audience and spec.issuer')],
  });
}
