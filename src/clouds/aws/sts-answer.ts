import type { Hint } from '../../core/hint.ts';
import type { Route } from '../transport.ts';
import { clockOffset, expiryOf } from './service-time.ts';

/** 36 hours, the longest that AWS STS gives, and an hour for the time that the answer takes. */
const maxSessionMs = 37 * 60 * 60 * 1000;

/** The size limit of an answer. Answers of STS have about 2 KB. */
const maxAnswerBytes = 64 * 1024;

/**
 * A record of one request and its answer, as far as it was received. Never contains complete
 * headers or a complete body.
 */
export interface Exchange {
  /** `https://sts.eu-west-1.amazonaws.com`, without path or user. */
  origin?: string;
  status?: number;
  contentType?: string;
  /** The time of the server's clock, in whole seconds. */
  serverDate?: Date;
  /** How long the server asks to wait before the next request. */
  retryAfterMs?: number;
  /**
   * Why the answer is not a valid answer of STS: `cut short`. Undefined for a valid or missing
   * answer.
   */
  flaw?: string;
}

/** One call as it was made, with everything that an error about it may name. */
export interface StsCall {
  action:
    | 'AssumeRole'
    | 'AssumeRoleWithWebIdentity'
    | 'AssumeRoot'
    | 'GetCallerIdentity'
    | 'GetSessionToken';
  /** Undefined for a call that is not signed. */
  credentials:
    | { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined }
    | undefined;
  /** What is assumed: the ARN of a role, `account 123456789012`. */
  role?: string;
  /** The token that is sent instead of a signature. */
  token?: string;
  region: string;
  mfa?: { serialNumber: string; tokenCode: string } | undefined;
  timeoutMs: number;
  timedOut: boolean;
  /** By the clock of this machine. */
  at: Date;
  /** How the clock of this machine is set. */
  clockHints: readonly Hint[];
  exchange: Exchange;
  /** Undefined where it was not sent. */
  route?: Route | undefined;
  /** The place of the device in the configuration. Absent: it is stored with the key. */
  locateMfaArn?: () => string;
  /** What messages show instead of a value. Absent: the value. */
  shown?: ShownCall;
}

/**
 * What messages show instead of a value of a call that a tag of the configuration produced, and where
 * the endpoint comes from.
 */
export interface ShownCall {
  region?: string;
  endpoint?: string;
  mfaDevice?: string;
  role?: string;
  /** The variable that contains the endpoint. Absent: spec.endpoint_url does, or nothing. */
  endpointVariable?: string;
}

interface Request {
  protocol: string;
  hostname: string;
  port?: number;
}

interface Response {
  statusCode: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array> | Uint8Array;
}

/**
 * A middleware for the AWS SDK at the lowest level: records the exchange and only accepts complete
 * XML of STS with a limited size. The SDK itself reads an answer of any size, treats a page of HTML
 * as an empty answer, and quotes unreadable content in its errors.
 */
export function createAnswerGate(exchange: Exchange) {
  return <Args extends { request: unknown }, Result extends { response: unknown }>(
    next: (args: Args) => Promise<Result>,
  ) =>
    async (args: Args): Promise<Result> => {
      if (isRequest(args.request)) exchange.origin = originOf(args.request);
      const result = await next(args);
      if (!isResponse(result.response)) throw flawed(exchange, 'no HTTP answer');
      const { response } = result;
      exchange.status = response.statusCode;
      noteHeaders(response.headers, exchange);
      const body = await collect(response.body, exchange);
      checkShape(new TextDecoder().decode(body), exchange);
      response.body = body;
      return result;
    };
}

/** Records why the answer is not a valid answer of STS, for the error that is made from it. */
function flawed(exchange: Exchange, flaw: string): Error {
  exchange.flaw = flaw;
  return new Error(`the answer is not one of AWS STS: ${flaw}`);
}

/** A field of the answer. @throws if it is missing or damaged */
export function textOf(value: string | undefined, exchange: Exchange): string {
  if (value !== undefined && /^[\x21-\x7e]{1,8192}$/.test(value)) return value;
  throw flawed(exchange, 'a field missing or damaged');
}

/** The expiry in the answer. @throws if it is missing, or no session can have it */
export function dateOf(value: Date | undefined, exchange: Exchange, now: Date): Date {
  if (value === undefined || Number.isNaN(value.getTime())) {
    throw flawed(exchange, 'an expiry missing or damaged');
  }
  const serverNow = new Date(now.getTime() + (clockOffset(exchange.serverDate, now) ?? 0));
  const expiresAt = expiryOf(value.getTime(), serverNow, maxSessionMs);
  if (expiresAt !== undefined) return expiresAt;
  const what = value < serverNow ? 'an expiry long ago' : 'an expiry later than any session of AWS';
  throw flawed(exchange, what);
}

/** The server's time, if the answer has it. */
export function datePart({ serverDate }: Exchange): { serverDate?: Date } {
  return serverDate === undefined ? {} : { serverDate };
}

function noteHeaders(headers: Record<string, string>, exchange: Exchange): void {
  const contentType = /^[\w.+/-]{1,60}/.exec(headers['content-type'] ?? '')?.[0];
  if (contentType !== undefined) exchange.contentType = contentType;
  const serverDate = new Date(headers['date'] ?? '');
  if (!Number.isNaN(serverDate.getTime())) exchange.serverDate = serverDate;
  const seconds = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0];
  if (seconds !== undefined) exchange.retryAfterMs = Number(seconds) * 1000;
}

async function collect(body: Response['body'], exchange: Exchange): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) throw flawed(exchange, `more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function checkShape(text: string, exchange: Exchange): void {
  if (text.trim() === '') throw flawed(exchange, 'empty');
  const root = /^\s*(?:<\?xml[^>]*>)?\s*<([A-Z]\w{1,60}Response)[\s>]/.exec(text)?.[1];
  if (root === undefined) throw flawed(exchange, 'not its XML');
  if (!text.trimEnd().endsWith(`</${root}>`)) throw flawed(exchange, 'cut short');
}

function originOf({ protocol, hostname, port }: Request): string {
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
}

function isRequest(value: unknown): value is Request {
  return (
    typeof value === 'object' &&
    value !== null &&
    'protocol' in value &&
    typeof value.protocol === 'string' &&
    'hostname' in value &&
    typeof value.hostname === 'string'
  );
}

function isResponse(value: unknown): value is Response {
  return (
    typeof value === 'object' &&
    value !== null &&
    'statusCode' in value &&
    typeof value.statusCode === 'number' &&
    'headers' in value &&
    'body' in value
  );
}
