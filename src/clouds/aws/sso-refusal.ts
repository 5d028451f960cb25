// What a service of IAM Identity Center says when it refuses a call.

import { AtmosError, type ErrorCode } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';

/** The service refused a call. A kind that knows more about the reason throws another error. */
export class SsoRefusal extends AtmosError {
  readonly status: number;
  /** As in the API: `InvalidGrantException`. */
  readonly reason: string;
  /** What the service says, without secrets. */
  readonly said: string;
  /** How long the service asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    { status, reason, said, retryAfterMs }: Refused,
    message: string,
    hints: readonly Hint[] = [],
  ) {
    super(code, message, { hints });
    this.status = status;
    this.reason = reason;
    this.said = said;
    this.retryAfterMs = retryAfterMs;
  }
}

type Refused = Pick<SsoRefusal, 'status' | 'reason' | 'said' | 'retryAfterMs'>;

export function isRefusal(error: unknown, ...reasons: readonly string[]): error is SsoRefusal {
  if (!(error instanceof SsoRefusal)) return false;
  return reasons.length === 0 || reasons.includes(error.reason);
}

/** RegisterClient and StartDeviceAuthorization say SlowDown if there are too many calls. */
export function isThrottle({ status, reason }: Pick<SsoRefusal, 'status' | 'reason'>): boolean {
  return status === 429 || reason === 'SlowDownException' || reason === 'TooManyRequestsException';
}

/**
 * The classes of errors in the API models, and of the services in front of them. What a service names
 * otherwise is not shown: it may repeat a secret there.
 */
const reasons: ReadonlySet<string> = new Set(
  [
    'AccessDenied AuthorizationPending ExpiredToken InternalServer InvalidClient InvalidClientMetadata',
    'InvalidGrant InvalidRedirectUri InvalidRequest InvalidRequestRegion InvalidScope SlowDown',
    'UnauthorizedClient UnsupportedGrantType',
    'Forbidden ResourceNotFound TooManyRequests Unauthorized',
    'MissingAuthenticationToken ServiceUnavailable Throttling UnknownOperation Validation',
  ]
    .flatMap((names) => names.split(' '))
    .map((name) => `${name}Exception`),
);

/** The class of an error, which a header has; else made from the code of OAuth: `invalid_grant`. */
export function reasonIn(
  headers: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>>,
): string {
  const named = /^\w{1,80}/.exec(headers['x-amzn-errortype'] ?? '')?.[0];
  const code = typeof body['error'] === 'string' ? body['error'] : '';
  const words = code.split('_').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  const reason = named ?? `${words.join('')}Exception`;
  return reasons.has(reason) ? reason : 'unknown error';
}
