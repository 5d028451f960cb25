import { isObject, parseJson } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import { conditionOf, isTransient, type Condition } from './conditions.ts';
import { isTlsFailure, type VaultErrors } from './errors.ts';
import type { ServerAnswer, ServerConnection, ServerRequest } from './http.ts';

// Sends requests until the server has given an answer, with a limit: a cluster that elects a leader
// refuses requests for some seconds.

/** How long a request is repeated while the server is busy or has no leader. */
const patienceMs = 30_000;
/** How often a server is tried that has not answered before. */
const maxFirstTries = 3;
const firstPauseMs = 100;
const maxPauseMs = 2_000;

export type JsonObject = Readonly<Record<string, unknown>>;

/** A usable answer. */
export interface Reply {
  readonly status: number;
  /** Empty for an answer without a body. */
  readonly body: JsonObject;
  readonly answer: ServerAnswer;
}

export interface RequestOptions {
  /** Conditions that are returned and not thrown. */
  readonly allowed?: readonly Condition[];
  /** Default: as often as 30 seconds allow. */
  readonly isTriedOnce?: boolean;
  /**
   * Whether any node may answer with what it has, as for other processes. Default: the answer includes
   * all writes of this process.
   */
  readonly isLocal?: boolean;
}

export interface VaultClient {
  /**
   * @throws KeyringError for a condition of the server that is not allowed, after 30 seconds if it may
   *   pass; ERR_KEYRING_UNAVAILABLE, ERR_KEYRING_TIMEOUT if the server does not answer
   */
  request(request: ServerRequest, options?: RequestOptions): Promise<Reply>;
  close(): void;
}

/**
 * The state of each server after the last write of this process, by its URL. Standby nodes of OpenBao
 * answer reads from their own copy, which lags behind the active node by milliseconds:
 * https://openbao.org/docs/concepts/consistency/
 */
const lastWrites = new Map<string, string>();

type Attempt =
  | { readonly answer: ServerAnswer; readonly condition: Condition | undefined }
  | { readonly failure: Error };

/** @param url of the server */
export function createClient(
  url: string,
  connection: ServerConnection,
  errors: VaultErrors,
  host: Pick<Host, 'sleep' | 'monotonicMs' | 'waiting' | 'log'>,
): VaultClient {
  let hasAnswered = false;
  /** When the server stopped answering. Undefined while it answers. */
  let outageSinceMs: number | undefined;

  async function attemptOnce(request: ServerRequest, isLocal: boolean): Promise<Attempt> {
    const startMs = host.monotonicMs();
    try {
      const index = isLocal ? undefined : lastWrites.get(url);
      const answer = await connection.send({ ...request, index });
      hasAnswered = true;
      if (answer.index !== undefined && request.method !== 'GET') lastWrites.set(url, answer.index);
      logRequest(request, startMs, answer.status);
      return { answer, condition: conditionOf(answer) };
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
      logRequest(request, startMs, 0);
      return { failure };
    }
  }

  function logRequest({ method, path }: ServerRequest, startMs: number, status: number): void {
    const [resource = ''] = path.split('?');
    const duration_ms = Math.round(host.monotonicMs() - startMs);
    host.log('keyring.answered', { method, resource, status, duration_ms });
  }

  /** Whether the request is sent again. */
  function mayRetry(attempt: Attempt, tries: number): boolean {
    if ('answer' in attempt)
      return attempt.condition !== undefined && isTransient(attempt.condition);
    const error = errors.ofFailure(attempt.failure);
    if (error === undefined) return false;
    if (error.code === 'ERR_KEYRING_TIMEOUT') return hasAnswered;
    if (isTlsFailure(attempt.failure)) return false;
    return hasAnswered || tries < maxFirstTries;
  }

  /** Pauses before the request is repeated. @throws its error if it is not */
  async function pauseOrThrow(
    attempt: Attempt,
    tries: number,
    isTriedOnce: boolean,
  ): Promise<void> {
    outageSinceMs ??= host.monotonicMs();
    const waitedMs = host.monotonicMs() - outageSinceMs;
    const pauseMs = pauseFor(attempt, tries);
    const isOver = isTriedOnce || waitedMs + pauseMs > patienceMs;
    if (isOver || !mayRetry(attempt, tries)) {
      endOutage('given_up');
      throw errorOf(attempt, errors, waitedMs);
    }
    if (tries === 1) host.log('keyring.waiting', { status: statusOf(attempt) });
    await host.sleep(pauseMs);
  }

  function endOutage(outcome: 'answered' | 'given_up'): void {
    if (outageSinceMs === undefined) return;
    const duration_ms = Math.round(host.monotonicMs() - outageSinceMs);
    host.log('keyring.waited', { outcome, duration_ms });
    if (outcome === 'answered') outageSinceMs = undefined;
  }

  return {
    async request(request, { allowed = [], isTriedOnce = false, isLocal = false } = {}) {
      const shown = host.waiting('the vault server', patienceMs);
      try {
        for (let tries = 1; ; tries++) {
          const attempt = await attemptOnce(request, isLocal);
          const reply = replyOf(attempt, allowed);
          if (reply !== undefined) {
            endOutage('answered');
            return { ...reply, body: bodyOf(reply.answer, errors) };
          }
          await pauseOrThrow(attempt, tries, isTriedOnce);
        }
      } finally {
        shown?.();
      }
    },
    close: () => connection.close(),
  };
}

function replyOf(
  attempt: Attempt,
  allowed: readonly Condition[],
): Pick<Reply, 'status' | 'answer'> | undefined {
  if ('failure' in attempt) return undefined;
  const { answer, condition } = attempt;
  const isUsable = condition === undefined || allowed.includes(condition);
  return isUsable ? { status: answer.status, answer } : undefined;
}

function statusOf(attempt: Attempt): number {
  return 'answer' in attempt ? attempt.answer.status : 0;
}

/** Doubles from 0.1 to 2 seconds, unless the server says when to ask again. */
function pauseFor(attempt: Attempt, tries: number): number {
  const said = 'answer' in attempt ? attempt.answer.retryAfterMs : undefined;
  return said ?? Math.min(firstPauseMs * 2 ** (tries - 1), maxPauseMs);
}

function errorOf(attempt: Attempt, errors: VaultErrors, waitedMs: number): Error {
  if ('failure' in attempt) return errors.ofFailure(attempt.failure) ?? attempt.failure;
  const { answer, condition } = attempt;
  if (condition === undefined) throw new TypeError('a success is no error');
  return errors.ofCondition(condition, answer, waitedMs);
}

/** @throws ERR_KEYRING_IO */
function bodyOf({ text, status }: ServerAnswer, errors: VaultErrors): JsonObject {
  if (text === undefined) throw errors.unreadable('an answer that is too large');
  if (text === '' && status === 204) return {};
  const body = parseJson(text);
  if (isObject(body)) return body;
  throw errors.unreadable(`an answer that is not JSON (status ${status})`);
}

/** The field `data` of an answer. */
export function dataOf({ body }: Reply): JsonObject | undefined {
  return isObject(body['data']) ? body['data'] : undefined;
}
