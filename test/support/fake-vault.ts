// A server of OpenBao as a script: for answers that the real one gives only in rare conditions.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface FakeRequest {
  readonly method: string;
  /** After `/v1/`, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown> | undefined;
}

export interface FakeAnswer {
  readonly status?: number;
  /** An object is sent as JSON. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends half of the answer, and cuts the connection. */
  readonly isCut?: boolean;
}

/** @returns undefined to never answer */
export type FakeHandler = (request: FakeRequest) => FakeAnswer | undefined;

export interface FakeVault {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly FakeRequest[];
  close(): void;
}

export interface FakeOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Answers to what every command asks; a handler answers the rest. */
export const usual: Readonly<Record<string, FakeAnswer>> = {
  'sys/health': { body: { initialized: true, sealed: false, standby: false, version: '2.7.2' } },
  'auth/token/lookup-self': { body: { data: { policies: ['default'], ttl: 3600 } } },
  'sys/internal/ui/mounts/secret': { body: { data: { type: 'kv', options: { version: '2' } } } },
};

/** Starts a server that ends with the test. */
export async function startFakeVault(
  handle: FakeHandler,
  { tls }: FakeOptions = {},
): Promise<FakeVault> {
  const requests: FakeRequest[] = [];
  const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on('request', (incoming: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '', 'http://fake');
      const text = Buffer.concat(chunks).toString();
      const request = {
        method: incoming.method ?? '',
        path: url.pathname.replace(/^\/v1\//, ''),
        query: url.searchParams,
        headers: incoming.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      requests.push(request);
      const answer = handle(request) ?? undefined;
      if (answer === undefined) return;
      const { status = 200, body = {}, headers = {}, isCut = false } = answer;
      const content = typeof body === 'string' ? body : JSON.stringify(body);
      if (isCut) {
        response.writeHead(status, { 'content-length': content.length + 10, ...headers });
        response.write(content, () => response.destroy());
        return;
      }
      response.writeHead(status, headers).end(content);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    close,
  };
}
