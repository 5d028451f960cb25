import { KeyringError, keyringErrorCodes } from '../../core/errors.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { parseHints, sendableHints } from '../../core/parse-hint.ts';
import type { AgentOrder } from '../contract.ts';

/** Sent by the new agent on standard output. */
export type Outcome =
  | { readonly kind: 'started' }
  /** Another agent already serves this keyring. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'failed'; readonly error: KeyringError };

const newline = 0x0a;

/** What a new agent reads on standard input: one line of JSON, then the raw secret. */
export function formatStartMessage(order: AgentOrder, secret: Buffer): Buffer {
  const line = Buffer.from(`${JSON.stringify(order)}\n`);
  return Buffer.concat([line, secret]);
}

/**
 * Takes ownership of the input buffer: the returned secret is a part of it.
 *
 * @throws TypeError for input that no version of atmos-auth writes
 */
export function parseStartMessage(input: Buffer): { order: AgentOrder; secret: Buffer } {
  const end = input.indexOf(newline);
  const order = end === -1 ? undefined : parseJson(input.toString('utf8', 0, end));
  if (!isOrder(order)) throw new TypeError('the agent is started by atmos auth keyring unlock');
  return { order, secret: input.subarray(end + 1) };
}

export function formatOutcome(outcome: Outcome): string {
  if (outcome.kind !== 'failed') return JSON.stringify(outcome);
  const { code, message, hintValues } = outcome.error;
  const hints = sendableHints(hintValues);
  return JSON.stringify({ kind: 'failed', error: { code, message, hints } });
}

/** Undefined for the output of an agent that failed. */
export function parseOutcome(text: string): Outcome | undefined {
  const outcome = parseJson(text);
  if (!isObject(outcome)) return undefined;
  const { kind, error } = outcome;
  if (kind === 'started' || kind === 'taken') return { kind };
  if (kind !== 'failed' || !isObject(error)) return undefined;
  const code = keyringErrorCodes.find((known) => known === error['code']);
  const { message } = error;
  const hints = parseHints(error['hints']);
  if (code === undefined || typeof message !== 'string' || hints === undefined) return undefined;
  return { kind, error: new KeyringError(code, message, { hints }) };
}

function isOrder(order: unknown): order is AgentOrder {
  if (!isObject(order)) return false;
  const { type, settings, place, terms } = order;
  return (
    typeof type === 'string' &&
    isObject(settings) &&
    isObject(place) &&
    typeof place['directory'] === 'string' &&
    typeof place['socket'] === 'string' &&
    isObject(terms) &&
    typeof terms['ttlMs'] === 'number' &&
    typeof terms['idleMs'] === 'number'
  );
}
