import { systemErrorCode } from '../../core/errors.ts';
import { isClockRefusal, isPassing } from './errors.ts';
import { clockOffset } from './service-time.ts';
import type { Exchange } from './sts-answer.ts';

/** How often a call of STS is sent at most, its first attempt included. */
const maxAttempts = 3;

const firstDelayMs = 500;

/** The call that failed. */
export interface FailedAttempt {
  readonly error: unknown;
  readonly exchange: Exchange;
  /** Counted from 1. */
  readonly attempt: number;
  /** Whether the request had a code that AWS accepts once. */
  readonly hasMfaCode: boolean;
  /** How much of the time limit of the call remains. */
  readonly remainingMs: number;
}

/**
 * How long to wait before a call of STS is sent again: see {@link backoffMs}. Undefined also if it would
 * fail again, or use an MFA code twice.
 *
 * @param random from 0 to 1, without 1
 */
export function retryDelayMs(failed: FailedAttempt, random: () => number): number | undefined {
  const { error, exchange, hasMfaCode } = failed;
  if (!isUnsent(error) && (hasMfaCode || !isPassing(error, exchange))) return undefined;
  return backoffMs({ ...failed, maxAttempts, retryAfterMs: exchange.retryAfterMs }, random);
}

interface NextAttempt extends Pick<FailedAttempt, 'attempt' | 'remainingMs'> {
  readonly maxAttempts: number;
  /** How long the service asks to wait. */
  readonly retryAfterMs: number | undefined;
}

/**
 * How long to wait before another attempt: a random time below a limit that doubles, so that clients
 * that failed together do not come back together; no less than `Retry-After`. Undefined: no other
 * attempt is made, because it would be one too many, or come after the time limit.
 *
 * @param random from 0 to 1, without 1
 */
export function backoffMs(next: NextAttempt, random: () => number): number | undefined {
  const { attempt, maxAttempts: limit, retryAfterMs = 0, remainingMs } = next;
  if (attempt >= limit) return undefined;
  const delayMs = Math.max(random() * firstDelayMs * 2 ** (attempt - 1), retryAfterMs);
  return delayMs < remainingMs ? delayMs : undefined;
}

/** Whether the connection failed before anything was sent. */
export function isUnsent(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(systemErrorCode(error) ?? '');
}

/** How far the server's clock is ahead, if that is why it refused. Undefined: by more than a day. */
export function correctionOf(
  error: unknown,
  { serverDate }: Exchange,
  now: Date,
): number | undefined {
  return isClockRefusal(error) ? clockOffset(serverDate, now) : undefined;
}
