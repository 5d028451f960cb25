import { KeyringError, keyringErrorCodes } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { parseHints, sendableHints } from '../../core/parse-hint.ts';
import type { Terms } from '../contract.ts';

/**
 * What is said over the socket. Both sides greet, the client first; then the client asks and the agent
 * answers, one after the other. Fields that are not known are passed over, so that a later version can
 * add some; what changes the meaning of one changes the version.
 */
export const protocolVersion = 2;

/** Who one is, and of which keyring one speaks. */
export interface Greeting {
  readonly version: number;
  /** Device and inode of the keyring's directory. */
  readonly directory: string;
}

export type Request = KeyringRequest | AgentRequest;

/** Of the keyring. */
export type KeyringRequest =
  | { readonly op: 'get' | 'delete'; readonly key: string }
  | { readonly op: 'set'; readonly key: string; readonly value: string }
  | { readonly op: 'keys' | 'probe' };

/** Of the agent: until when it stays, that it shall stay, that it shall end. */
type AgentRequest =
  | { readonly op: 'look' }
  | { readonly op: 'lock' }
  | ({ readonly op: 'renew' } & Terms);

/** The fields of an answer; or the keyring's error; or that the agent is about to end. */
export type Reply =
  | { readonly ok: Readonly<Record<string, unknown>> }
  | { readonly error: { code: string; message: string; hints: readonly Hint[] } }
  | { readonly leaving: true };

export function formatGreeting({ version, directory }: Greeting): object {
  return { 'atmos-agent': version, directory };
}

/** Never throws; undefined for what is none. */
export function parseGreeting(frame: Buffer): Greeting | undefined {
  const greeting = parseJson(frame.toString());
  if (!isObject(greeting)) return undefined;
  const { 'atmos-agent': version, directory } = greeting;
  return isCount(version) && typeof directory === 'string' ? { version, directory } : undefined;
}

/** A value in base64 is as large whatever is in it. */
export function formatRequest(request: Request): object {
  return request.op === 'set' ? { ...request, value: formatValue(request.value) } : request;
}

/** Never throws; undefined for what is none. */
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

/** What the agent says to an error of the keyring. */
export function formatError({ code, message, hintValues }: KeyringError): Reply {
  return { error: { code, message, hints: sendableHints(hintValues) } };
}

/**
 * The fields of an answer.
 *
 * @throws KeyringError as the agent met it; AgentError `leaving`, or `unusable` for what is no answer
 */
export function parseReply(frame: Buffer): Readonly<Record<string, unknown>> {
  const reply = parseJson(frame.toString());
  if (!isObject(reply)) throw noAnswer();
  if (reply['leaving'] === true) throw new AgentError('leaving', 'it is about to end');
  if (isObject(reply['error'])) throw parseError(reply['error']);
  if (!isObject(reply['ok'])) throw noAnswer();
  return reply['ok'];
}

export function noAnswer(): AgentError {
  return new AgentError('unusable', 'what it says is no answer');
}

export function formatValue(value: string): string {
  return Buffer.from(value).toString('base64');
}

/** Text from its base64, in the one form that is written; undefined for anything else. */
export function parseValue(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString();
  return formatValue(text) === value ? text : undefined;
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

/** Most bytes of a message: a value of 1 MiB, in base64, has room. */
export const maxFrameBytes = 2 * 1024 * 1024;

const lengthBytes = 4;

/** A message as it travels: its length in four bytes, the high ones first, then UTF-8 JSON. */
export function encodeFrame(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  if (text.length > maxFrameBytes) throw new RangeError('the message is too large for a frame');
  const frame = Buffer.alloc(lengthBytes + text.length);
  frame.writeUInt32BE(text.length);
  text.copy(frame, lengthBytes);
  return frame;
}

/**
 * The messages in a stream of bytes, each still as text. Nothing is kept of a message that is
 * announced as too large; one that the end cuts off is none.
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
      const length = joined.readUInt32BE(0);
      if (length > maxFrameBytes) throw new RangeError(`a message of ${length} bytes is announced`);
      wanted = lengthBytes + length;
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
 * Why the agent did not do what it was asked.
 *
 * - `absent`   there is none: no socket, or one that nobody listens on
 * - `foreign`  what is in its place is not ours alone
 * - `version`  it speaks another version of the protocol
 * - `unusable` what it says makes no sense
 * - `silent`   it did not answer in time: it may still do it
 * - `gone`     it ended before it answered: whether it had done it is not known
 * - `leaving`  it says that it did not, since it is about to end
 */
export type AgentFailure =
  | 'absent'
  | 'foreign'
  | 'version'
  | 'unusable'
  | 'silent'
  | 'gone'
  | 'leaving';

/** Of the way to the agent, never of the keyring behind it. */
export class AgentError extends Error {
  readonly failure: AgentFailure;
  /** Of the agent, where the system tells. */
  readonly processId: number | undefined;
  /** What is not ours alone. */
  readonly path: string | undefined;

  /** @param message what is the matter, in words that can follow "it is not used:" */
  constructor(
    failure: AgentFailure,
    message: string,
    { processId, path }: { processId?: number | undefined; path?: string } = {},
  ) {
    super(message);
    this.name = 'AgentError';
    this.failure = failure;
    this.processId = processId;
    this.path = path;
  }
}
