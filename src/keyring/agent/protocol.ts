import { KeyringError, keyringErrorCodes } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { parseHints, sendableHints } from '../../core/parse-hint.ts';
import type { Terms } from '../contract.ts';

/**
 * The protocol on the socket. Both sides send a greeting, the client first. Then the client sends
 * one request at a time and the agent answers it. Unknown fields are ignored, so that a later
 * version can add fields; a changed meaning needs a new version.
 */
export const protocolVersion = 2;

/** The version of the sender and the keyring it means. */
export interface Greeting {
  readonly version: number;
  /** The name in `KeyringId`: of a file keyring, device and inode of its directory. */
  readonly directory: string;
}

export type Request = HeldRequest | AgentRequest;

/** Requests to what the agent holds. */
export type HeldRequest = KeyringRequest | TokenRequest;

/** Requests to the keyring. */
export type KeyringRequest =
  | { readonly op: 'get' | 'delete'; readonly key: string }
  | { readonly op: 'set'; readonly key: string; readonly value: string }
  | { readonly op: 'keys' | 'probe' };

/** Asks for the token of a login. `refused`: one that the server no longer accepts. */
interface TokenRequest {
  readonly op: 'token';
  readonly refused?: string;
}

/** Requests to the agent: its state, new terms, stop. */
type AgentRequest =
  | { readonly op: 'look' }
  | { readonly op: 'lock' }
  | ({ readonly op: 'renew' } & Terms);

/** The fields of an answer, an error of the keyring, or the notice that the agent is stopping. */
export type Reply =
  | { readonly ok: Readonly<Record<string, unknown>> }
  | { readonly error: { code: string; message: string; hints: readonly Hint[] } }
  | { readonly leaving: true };

export function formatGreeting({ version, directory }: Greeting): object {
  return { 'atmos-agent': version, directory };
}

/** Never throws; undefined for an invalid frame. */
export function parseGreeting(frame: Buffer): Greeting | undefined {
  const greeting = parseJson(frame.toString());
  if (!isObject(greeting)) return undefined;
  const { 'atmos-agent': version, directory } = greeting;
  return isCount(version) && typeof directory === 'string' ? { version, directory } : undefined;
}

/** Sends a value as base64, so that the size of the frame does not depend on its characters. */
export function formatRequest(request: Request): object {
  return request.op === 'set' ? { ...request, value: formatValue(request.value) } : request;
}

/** Never throws; undefined for an invalid frame. */
export function parseRequest(frame: Buffer): Request | undefined {
  const request = parseJson(frame.toString());
  if (!isObject(request)) return undefined;
  const { op, key, ttlMs, idleMs } = request;
  switch (op) {
    case 'get':
    case 'delete':
      return typeof key === 'string' ? { op, key } : undefined;
    case 'set': {
      const value = parseValue(request['value']);
      return typeof key === 'string' && value !== undefined ? { op, key, value } : undefined;
    }
    case 'token': {
      const { refused } = request;
      if (refused === undefined) return { op };
      return typeof refused === 'string' ? { op, refused } : undefined;
    }
    case 'keys':
    case 'probe':
    case 'look':
    case 'lock':
      return { op };
    case 'renew':
      return isCount(ttlMs) && isCount(idleMs) ? { op, ttlMs, idleMs } : undefined;
    default:
      return undefined;
  }
}

/** The answer of the agent to an error of the keyring. */
export function formatError({ code, message, hintValues }: KeyringError): Reply {
  return { error: { code, message, hints: sendableHints(hintValues) } };
}

/**
 * The fields of an answer.
 *
 * @throws KeyringError that the agent sent; AgentError `leaving`, or `unusable` for an invalid
 *   answer
 */
export function parseReply(frame: Buffer): Readonly<Record<string, unknown>> {
  const reply = parseJson(frame.toString());
  if (!isObject(reply)) throw noAnswer();
  if (reply['leaving'] === true) throw new AgentError('leaving', 'it is stopping');
  if (isObject(reply['error'])) throw parseError(reply['error']);
  if (!isObject(reply['ok'])) throw noAnswer();
  return reply['ok'];
}

export function noAnswer(): AgentError {
  return new AgentError('unusable', 'it sent an invalid answer');
}

export function formatValue(value: string): string {
  return Buffer.from(value).toString('base64');
}

/** Decodes canonical base64; undefined for anything else. */
export function parseValue(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString();
  return formatValue(text) === value ? text : undefined;
}

/** The value in the answer to `get`. @throws AgentError */
export function parseStored(value: unknown): string | null {
  if (value === null) return null;
  const text = parseValue(value);
  if (text === undefined) throw noAnswer();
  return text;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function parseError({ code, message, hints: given }: Record<string, unknown>): Error {
  const known = keyringErrorCodes.find((one) => one === code);
  const hints = parseHints(given);
  if (known === undefined || typeof message !== 'string' || hints === undefined) return noAnswer();
  return new KeyringError(known, message, { hints });
}

/** Maximum size of a message. It fits a value of 1 MiB in base64. */
export const maxFrameBytes = 2 * 1024 * 1024;

/** Of the length that precedes a message. */
export const lengthBytes = 4;

/** A message as it is sent: its length in four bytes, big-endian, then UTF-8 JSON. */
export function encodeFrame(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  if (text.length > maxFrameBytes) throw new RangeError('the message is too large for a frame');
  const frame = Buffer.alloc(lengthBytes + text.length);
  frame.writeUInt32BE(text.length);
  text.copy(frame, lengthBytes);
  return frame;
}

/**
 * The length of the message after its first bytes.
 *
 * @throws RangeError for a message that is too large
 */
export function frameLength(header: Buffer): number {
  const length = header.readUInt32BE(0);
  if (length > maxFrameBytes) throw new RangeError(`a message of ${length} bytes is announced`);
  return length;
}

/**
 * Splits a stream of bytes into messages, as text. Buffers nothing of a message whose announced
 * length is too large, and ignores an incomplete message at the end.
 *
 * @throws RangeError for a message that is too large
 */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let wanted = lengthBytes;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    while (bytes >= wanted) {
      const joined = Buffer.concat(waiting);
      wanted = lengthBytes + frameLength(joined);
      if (bytes >= wanted) {
        yield joined.subarray(lengthBytes, wanted);
        bytes -= wanted;
        waiting = [joined.subarray(wanted)];
        wanted = lengthBytes;
      } else {
        waiting = [joined];
      }
    }
  }
}

/**
 * Why the agent did not answer a request.
 *
 * - `absent`   no agent is running: the socket is missing, or no process listens on it
 * - `foreign`  another user can access the socket or its directory
 * - `version`  it uses another version of the protocol
 * - `unusable` its answers are invalid
 * - `silent`   it did not answer in time and may still execute the request
 * - `gone`     it exited before it answered and may have executed the request
 * - `leaving`  it did not execute the request, because it is stopping
 */
export type AgentFailure =
  | 'absent'
  | 'foreign'
  | 'version'
  | 'unusable'
  | 'silent'
  | 'gone'
  | 'leaving';

/** A failure of the agent or of the connection to it, never of the keyring that it opened. */
export class AgentError extends Error {
  readonly failure: AgentFailure;
  /** Process id of the agent, if the system reports it. */
  readonly processId: number | undefined;
  /** The path that other users can access. */
  readonly path: string | undefined;

  /** @param message what failed, in words that can follow "it is not used:" */
  constructor(
    failure: AgentFailure,
    message: string,
    { processId, path }: { processId?: number | undefined; path?: string | undefined } = {},
  ) {
    super(message);
    this.name = 'AgentError';
    this.failure = failure;
    this.processId = processId;
    this.path = path;
  }
}
