import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { sendRequest, type SentRequest } from '../../src/clouds/http.ts';
import { openTransport } from '../../src/clouds/transport.ts';
import { fakeHost } from '../support/fake-host.ts';

const closing: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

async function send(
  listener: RequestListener,
  request: Omit<SentRequest, 'url'>,
  abortSignal = AbortSignal.timeout(10_000),
) {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const transport = openTransport({ connectTimeoutMs: 5_000, host: fakeHost() });
  closing.push(
    () => transport.handler.destroy(),
    () => (server.close(), server.closeAllConnections()),
  );
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/path?x=a%20b`);
  return sendRequest(transport, { ...request, url }, { abortSignal, maxBytes: 100 });
}

test('a request has its path, query, headers and body', async () => {
  const seen: unknown[] = [];
  const answer = await send(
    (request, response) => {
      const { method, url, headers } = request;
      request.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      request.on('end', () => {
        seen.push(method, url, headers['x-own'], headers['content-length'], headers['cookie']);
        response.setHeader('X-Answer', 'yes').end('done');
      });
    },
    { method: 'POST', headers: { 'x-own': '1' }, body: 'größe' },
  );
  expect(seen).toEqual(['größe', 'POST', '/path?x=a%20b', '1', '7', undefined]);
  expect(answer).toMatchObject({ status: 200, text: 'done', headers: { 'x-answer': 'yes' } });
});

test('an answer that is too long is not kept', async () => {
  const answer = await send((_, response) => void response.end('x'.repeat(101)), { method: 'GET' });
  expect(answer.text).toBeUndefined();
});

test('a redirect is an answer', async () => {
  const listener: RequestListener = (_, response) =>
    void response.writeHead(302, { location: '/other' }).end();
  expect(await send(listener, { method: 'HEAD' })).toMatchObject({
    status: 302,
    headers: { location: '/other' },
  });
});

test('an answer that stalls ends with the signal', async () => {
  const aborter = new AbortController();
  const sending = send(
    (_, response) => {
      response.writeHead(200).write('half');
      setImmediate(() => aborter.abort());
    },
    { method: 'GET' },
    aborter.signal,
  );
  await expect(sending).rejects.toThrow(/abort/i);
});
