import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { AtmosError, systemErrorCode } from '../core/errors.ts';

// The redirect of a browser to this process after a sign-in: RFC 8252, section 7.3. Knows HTTP and
// nothing of the sign-in.

const address = '127.0.0.1';
const maxConnections = 64;
const limits = {
  // Of the request line and the headers, in bytes. A code of AWS has up to 2,000.
  maxHeaderSize: 16 * 1024,
  // A browser on this machine sends its request at once; a connection that it opens in advance may
  // send none.
  headersTimeout: 2_000,
  requestTimeout: 2_000,
  connectionsCheckingInterval: 500,
} as const;

export interface RedirectOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** The only path that is served: `/oauth/callback`. */
  readonly path: string;
  /**
   * Whether the parameters belong to this sign-in: every page that a browser shows can send requests
   * to this machine. A request with others is refused, and the wait goes on.
   */
  isExpected(parameters: URLSearchParams): boolean;
}

export interface RedirectListener {
  readonly port: number;
  /**
   * Resolves to the first request with expected parameters. Every later one is refused. Rejects with
   * the reason of the signal when it aborts.
   */
  next(signal: AbortSignal): Promise<Redirect>;
  /** Stops listening and ends all connections. A redirect without an answer is answered as failed. */
  close(): void;
}

/** A browser that has come back, and waits for a page. */
export interface Redirect {
  /** With all parameters: `http://127.0.0.1:8400/oauth/callback?code=…`. */
  readonly url: URL;
  /** Shows the outcome in the browser. Only the first call has an effect. */
  answer(isSignedIn: boolean): void;
}

/**
 * Listens on 127.0.0.1 for the redirect that ends a sign-in. Only GET requests for this address are
 * served, so that a name that leads here (DNS rebinding) is refused.
 *
 * @throws ERR_IO if the port is in use or may not be used; the message names it
 */
export async function listenForRedirect({
  port: wanted = 0,
  path,
  isExpected,
}: RedirectOptions): Promise<RedirectListener> {
  const server = createServer(limits);
  let redirect: Redirect | undefined;
  /** Of the browser that has come back. */
  let waiting: Socket | undefined;
  // The oldest first.
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (sockets.size > maxConnections) endOldest(sockets, waiting);
  });
  const port = await listen(server, wanted);

  let resolveNext: (arrived: Redirect) => void;
  const arrived = new Promise<Redirect>((resolve) => (resolveNext = resolve));
  server.on('request', (request, response) => {
    const refusal = refusalOf(request, port, path);
    if (refusal !== undefined) return refuse(response, refusal);
    const url = new URL(`http://${address}:${port}${request.url}`);
    if (!isExpected(url.searchParams)) return refuse(response, 400);
    if (redirect !== undefined) return refuse(response, 410);
    waiting = request.socket;
    redirect = { url, answer: answerOnce(response) };
    resolveNext(redirect);
  });

  return {
    port,
    async next(signal) {
      signal.throwIfAborted();
      const over = new AbortController();
      const aborted = once(signal, 'abort', { signal: over.signal }).then(() => {
        throw signal.reason;
      });
      try {
        return await Promise.race([arrived, aborted]);
      } finally {
        over.abort();
      }
    },
    close() {
      redirect?.answer(false);
      server.close();
      // An answer is written to its end before its connection is closed.
      for (const socket of sockets) socket.destroySoon();
    },
  };
}

/**
 * To refuse the new connection instead would let another user of the machine keep the browser out, with
 * connections that send nothing. Every complete request but the one that waits was answered at once.
 */
function endOldest(sockets: ReadonlySet<Socket>, waiting: Socket | undefined): void {
  for (const socket of sockets) {
    if (socket === waiting) continue;
    socket.destroy();
    return;
  }
}

function listen(server: Server, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    // Stays installed: an error of a later connection must not end this process.
    server.on('error', (error) => reject(listenError(wanted, error)));
    server.listen({ host: address, port: wanted, exclusive: true }, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : wanted);
    });
  });
}

function listenError(port: number, error: Error): AtmosError {
  const reason = systemErrorCode(error) ?? 'unknown error';
  const message =
    reason === 'EADDRINUSE'
      ? `port ${port} of ${address} is in use by another program`
      : `cannot listen on ${port === 0 ? 'a port' : `port ${port}`} of ${address}: ${reason}`;
  return new AtmosError('ERR_IO', message, { cause: error });
}

/** The status for a request that the browser does not send after a sign-in. */
function refusalOf(request: IncomingMessage, port: number, path: string): number | undefined {
  const hosts = [address, 'localhost'].map((name) => `${name}:${port}`);
  if (!hosts.includes(request.headers.host ?? '')) return 421;
  if (request.method !== 'GET') return 405;
  return request.url?.split('?', 1)[0] === path ? undefined : 404;
}

function answerOnce(response: ServerResponse): Redirect['answer'] {
  return (isSignedIn) => {
    if (response.writableEnded) return;
    const [title, text] = isSignedIn
      ? ['Signed in', 'You can close this tab and return to the terminal.']
      : ['Not signed in', 'The terminal shows the reason. You can close this tab.'];
    send(response, isSignedIn ? 200 : 400, title, text);
  };
}

function refuse(response: ServerResponse, status: number): void {
  send(response, status, 'Refused', 'This request does not belong to a sign-in that is expected.');
}

function send(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // The address contains the code.
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    'x-content-type-options': 'nosniff',
    connection: 'close',
    ...(status === 405 ? { allow: 'GET' } : {}),
  });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`,
  );
}
