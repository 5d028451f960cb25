// A proxy on loopback that passes everything to one server and records the requests.
import { once } from 'node:events';
import { createServer, request as sendRequest, type IncomingMessage } from 'node:http';

export interface PassedRequest {
  readonly method: string;
  /** `/v1/…` without its query */
  readonly path: string;
  readonly token: string | undefined;
}

export interface CountingProxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly requests: readonly PassedRequest[];
  /** How often a path was requested. */
  count(path: string): number;
  /** Resolves when a path has been requested so often, and answered. */
  requested(path: string, times: number): Promise<void>;
  /**
   * Keeps the next answer to a path back.
   *
   * @returns what resolves when the answer has arrived, and sends it
   */
  holdBack(path: string): { readonly arrived: Promise<void>; send(): void };
  close(): Promise<void>;
}

/** @param target `http://127.0.0.1:PORT` */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const requests: PassedRequest[] = [];
  const listeners = new Set<() => void>();
  const heldBack = new Map<string, { arrive(): void; readonly sent: Promise<void> }>();
  const server = createServer((incoming, answer) => {
    const { method = '', url = '', headers } = incoming;
    const path = url.split('?')[0] ?? '';
    const passed = sendRequest(new URL(url, target), { method, headers });
    const answerWith = (response: IncomingMessage): void => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
      answer.once('finish', () => {
        requests.push({ method, path, token: tokenOf(incoming) });
        for (const listener of listeners) listener();
      });
    };
    passed.once('response', (response: IncomingMessage) => {
      const held = heldBack.get(path);
      heldBack.delete(path);
      if (held === undefined) return answerWith(response);
      held.arrive();
      void held.sent.then(() => answerWith(response));
    });
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const count = (path: string) => requests.filter((one) => one.path === path).length;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    count,
    async requested(path, times) {
      await new Promise<void>((resolve) => {
        const check = () => {
          if (count(path) < times) return;
          listeners.delete(check);
          resolve();
        };
        listeners.add(check);
        check();
      });
    },
    holdBack(path) {
      let [arrive, send] = [() => {}, () => {}];
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      const sent = new Promise<void>((resolve) => (send = resolve));
      heldBack.set(path, { arrive, sent });
      return { arrived, send };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  return [headers['x-vault-token']].flat()[0];
}
