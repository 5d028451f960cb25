import { addAbortSignal, Readable } from 'node:stream';
import { HttpRequest } from '@smithy/core/protocols';
import type { Transport } from './transport.ts';

export interface SentRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined if it is longer than allowed. */
  readonly text: string | undefined;
}

/**
 * Sends one request, without a cookie, and follows no redirect. The caller closes the transport.
 *
 * @throws the error of Node, or that of the signal
 */
export async function sendRequest(
  { handler }: Transport,
  { method, url, headers, body }: SentRequest,
  { abortSignal, maxBytes }: { readonly abortSignal: AbortSignal; readonly maxBytes: number },
): Promise<HttpAnswer> {
  const { protocol, hostname, port, pathname, searchParams } = url;
  const length = body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
  const request = new HttpRequest({
    method,
    protocol,
    hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: {
      host: url.host,
      accept: 'application/json',
      'user-agent': 'atmos-auth',
      ...length,
      ...headers,
    },
    body,
  });
  const { response } = await handler.handle(request, { abortSignal });
  const text = await textOf(response.body, maxBytes, abortSignal);
  return { status: response.statusCode, headers: response.headers, text };
}

async function textOf(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  // So that a body that stalls ends as well.
  if (body instanceof Readable) addAbortSignal(abortSignal, body);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    abortSignal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
