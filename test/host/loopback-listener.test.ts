import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { listenForRedirect, type RedirectListener } from '../../src/host/loopback-listener.ts';
import { errorOf } from '../support/error-of.ts';

const path = '/oauth/callback';
const never = new AbortController().signal;

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listener(port?: number): Promise<RedirectListener> {
  const made = await listenForRedirect({
    path,
    isExpected: (parameters) => parameters.get('state') === 'right',
    ...(port === undefined ? {} : { port }),
  });
  open.push(made);
  return made;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request as a browser would, except for what is given. */
function send(port: number, target: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: target, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body }),
      );
    });
    sent.once('error', reject).end();
  });
}

/** Whether the wait still goes on: the right request is taken. */
async function expectStillWaiting({ port, next }: RedirectListener): Promise<void> {
  const answered = send(port, `${path}?code=1&state=right`);
  const redirect = await next(never);
  expect(redirect.url.searchParams.get('code')).toBe('1');
  redirect.answer(true);
  expect(await answered).toMatchObject({ status: 200 });
}

test('the redirect is passed on with its parameters, and the browser shows that the person is signed in', async () => {
  const { port, next } = await listener();
  const answered = send(port, `${path}?code=a%20b&state=right`);
  const redirect = await next(never);
  expect(redirect.url.href).toBe(`http://127.0.0.1:${port}${path}?code=a%20b&state=right`);
  redirect.answer(true);
  redirect.answer(false);
  const { status, headers, body } = await answered;
  expect({ status, body }).toEqual({
    status: 200,
    body: expect.stringContaining('<h1>Signed in</h1><p>You can close this tab'),
  });
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
});

test('the browser shows a failed sign-in, also if the caller only closes', async () => {
  for (const fail of ['answer', 'close'] as const) {
    const made = await listener();
    const answered = send(made.port, `${path}?error=access_denied&state=right`);
    const redirect = await made.next(never);
    if (fail === 'answer') redirect.answer(false);
    else made.close();
    const { status, body } = await answered;
    expect({ status, body }).toEqual({
      status: 400,
      body: expect.stringContaining('<h1>Not signed in</h1>'),
    });
  }
});

test('a redirect that came before anyone waited for it is not lost', async () => {
  const { port, next } = await listener();
  const answered = send(port, `${path}?state=right`);
  await expect(send(port, `${path}?state=right`)).resolves.toMatchObject({ status: 410 });
  (await next(never)).answer(true);
  await expect(answered).resolves.toMatchObject({ status: 200 });
});

test('the browser may use the name localhost', async () => {
  const { port, next } = await listener();
  const answered = send(port, `${path}?state=right`, { headers: { host: `localhost:${port}` } });
  const redirect = await next(never);
  redirect.answer(true);
  expect(redirect.url.host).toBe(`127.0.0.1:${port}`);
  await expect(answered).resolves.toMatchObject({ status: 200 });
});

test.for<[title: string, status: number, target: string, options?: RequestOptions]>([
  ['another path', 404, '/'],
  ['a path below', 404, `${path}/more?state=right`],
  ['another spelling of the path', 404, `/oauth/../oauth/callback?state=right`],
  ['a path with a host', 404, `//evil.example${path}?state=right`],
  ['a whole address', 404, `http://127.0.0.1${path}?state=right`],
  ['POST', 405, `${path}?state=right`, { method: 'POST' }],
  ['HEAD', 405, `${path}?state=right`, { method: 'HEAD' }],
  ['OPTIONS', 405, `${path}?state=right`, { method: 'OPTIONS' }],
  [
    'a name that leads to this machine',
    421,
    `${path}?state=right`,
    { headers: { host: 'evil.example' } },
  ],
  ['another port in Host', 421, `${path}?state=right`, { headers: { host: '127.0.0.1:1' } }],
  ['no port in Host', 421, `${path}?state=right`, { headers: { host: '127.0.0.1' } }],
  ['no parameters', 400, path],
  ['the parameters of another sign-in', 400, `${path}?code=1&state=wrong`],
  ['huge headers', 431, `${path}?state=right`, { headers: { cookie: 'x'.repeat(20_000) } }],
  ['a huge address', 431, `${path}?state=right&x=${'x'.repeat(20_000)}`],
])('%s is refused, and the wait goes on', async ([, status, target, options]) => {
  const made = await listener();
  await expect(send(made.port, target, options)).resolves.toMatchObject({ status });
  await expectStillWaiting(made);
});

test('a second redirect is refused, before and after the first one is answered', async () => {
  const { port, next } = await listener();
  const first = send(port, `${path}?code=first&state=right`);
  const redirect = await next(never);
  await expect(send(port, `${path}?code=second&state=right`)).resolves.toMatchObject({
    status: 410,
  });
  redirect.answer(true);
  await first;
  await expect(send(port, `${path}?code=third&state=right`)).resolves.toMatchObject({
    status: 410,
  });
  expect((await next(never)).url.searchParams.get('code')).toBe('first');
});

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

test('a client that sends nothing, or half a request, delays no other client and is disconnected', async () => {
  const made = await listener();
  const silent = await connected(made.port);
  const slow = await connected(made.port);
  slow.write(`GET ${path}?state=right HTTP/1.1\r\nHost: 127.0.0.1:`);
  const ended = [silent, slow].map((socket) => once(socket.resume(), 'close'));
  await expectStillWaiting(made);
  await Promise.all(ended);
});

test('another user cannot keep the browser out with connections that send nothing', async () => {
  const made = await listener();
  const silent: Socket[] = [];
  for (let count = 0; count < 64; count += 1) silent.push(await connected(made.port));
  const ended = once((silent[0] as Socket).resume(), 'close');
  const answered = send(made.port, `${path}?code=1&state=right`);
  const redirect = await made.next(never);
  await ended;
  // Nor end the connection of the browser while it waits.
  for (let count = 0; count < 70; count += 1) await connected(made.port);
  redirect.answer(true);
  await expect(answered).resolves.toMatchObject({ status: 200 });
});

test('closing ends open connections and frees the port', async () => {
  const made = await listener();
  const silent = await connected(made.port);
  const ended = once(silent.resume(), 'close');
  made.close();
  await ended;
  await expect(send(made.port, path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect((await listener(made.port)).port).toBe(made.port);
});

test('waiting stops with the reason of the signal', async () => {
  const made = await listener();
  const stopped = new AbortController();
  const waiting = made.next(stopped.signal);
  const reason = new Error('too late');
  stopped.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(made.next(stopped.signal)).rejects.toBe(reason);
  await expectStillWaiting(made);
});

test('a port that is in use is named', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  open.push(other);
  await once(other, 'listening');
  const bound = other.address();
  const port = typeof bound === 'object' ? bound?.port : undefined;
  const error = await errorOf(listener(port));
  expect({ code: error.code, message: error.message }).toEqual({
    code: 'ERR_IO',
    message: `port ${port} of 127.0.0.1 is in use by another program`,
  });
});

test('no other address of this machine is listened on', async () => {
  const { port } = await listener();
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(
      ({ address, family }) =>
        address !== '127.0.0.1' && !(family === 'IPv6' && address.startsWith('fe80')),
    )
    .map(({ address }) => address);
  for (const host of ['::1', ...others]) {
    await expect(send(port, `${path}?state=right`, { host })).rejects.toMatchObject({
      code: expect.stringMatching(/^E/),
    });
  }
});
