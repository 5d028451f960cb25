import { systemErrorCode } from '../../core/errors.ts';
import { isClockRefusal, isPassing } from './errors.ts';
import type { Exchange } from './sts-answer.ts';

/** How often a call is sent at most, its first attempt included. */
const maxAttempts = 3;

const firstDelayMs = 500;

/**
 * A clock wrong by more is reported, not worked around: it is no drift, and a date header should
 * not make us sign for a far-away day.
 */
const maxCorrectionMs = 24 * 60 * 60 * 1000;

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
 * How long to wait before the call is sent again: a random time below a limit that doubles, so that
 * clients that failed together do not come back together; no less than `Retry-After`. Undefined: not
 * again, because it would fail again, use an MFA code twice, or come after the time limit.
 *
 * @param random from 0 to 1, without 1
 */
export function retryDelayMs(failed: FailedAttempt, random: () => number): number | undefined {
  const { error, exchange, attempt, hasMfaCode, remainingMs } = failed;
  if (attempt >= maxAttempts) return undefined;
  if (!isUnsent(error) && (hasMfaCode || !isPassing(error, exchange))) return undefined;
  const delayMs = Math.max(
    random() * firstDelayMs * 2 ** (attempt - 1),
    exchange.retryAfterMs ?? 0,
  );
  return delayMs < remainingMs ? delayMs : undefined;
}

/** Whether the connection failed before anything was sent. */
function isUnsent(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(systemErrorCode(error) ?? '');
}

/** How far the server's clock is ahead, if that is why it refused and we may go by it. */
export function correctionOf(
  error: unknown,
  { serverDate }: Exchange,
  now: Date,
): number | undefined {
  if (serverDate === undefined || !isClockRefusal(error)) return undefined;
  const offsetMs = serverDate.getTime() - now.getTime();
  return Math.abs(offsetMs) <= maxCorrectionMs ? offsetMs : undefined;
}
