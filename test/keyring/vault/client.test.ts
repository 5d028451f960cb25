import { describe, expect, test } from 'vitest';
import { selfSignedCertificate } from '../../support/certificate.ts';
import {
  startFakeVault,
  usual,
  type FakeAnswer,
  type FakeHandler,
} from '../../support/fake-vault.ts';
import { freePort } from '../../support/openbao.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { fastClock, openTestVault, type VaultOptions } from '../../support/vault-keyring.ts';
import { expectError, rejectionOf } from '../file/rejection.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const entry: FakeAnswer = { body: { data: { data: { value: 'x' }, metadata: { version: 1 } } } };
const source = 'auth.keyring.spec.address (/p/atmos.yaml:3:5)';

function open(url: string, options: VaultOptions = {}) {
  const spec = { address: url, ...options.spec };
  return openTestVault({ ...options, spec, host: { ...fastClock(), ...options.host } });
}

/** Gives each answer once, and the last one again and again. */
function inOrder(...answers: readonly FakeAnswer[]): FakeHandler {
  let at = 0;
  return ({ path }) => usual[path] ?? answers[Math.min(at++, answers.length - 1)];
}

const failing = (status: number, error = 'x'): FakeAnswer => ({
  status,
  body: { errors: [error] },
});

describe('an answer that may be better a moment later', () => {
  test.each([
    ['a rate limit', failing(429)],
    ['a missing state', failing(412)],
    ['an internal error', failing(500)],
    ['a bad gateway', failing(502)],
    ['no leader', failing(500, 'local node not active but active cluster node not found')],
    ['a redirect to a leader that is not reachable', failing(307)],
    ['a connection that is cut', { body: 'half of it', isCut: true }],
  ])('%s: is asked again', async (_, bad) => {
    const vault = await startFakeVault(inOrder(bad, bad, entry));
    expect(await open(vault.url).get('key')).toBe('x');
    expect(vault.requests).toHaveLength(3);
  });

  test('Retry-After says when', async () => {
    const slept: number[] = [];
    const limited = { ...failing(429), headers: { 'retry-after': '3' } };
    const vault = await startFakeVault(inOrder(limited, entry));
    const { sleep, ...clock } = fastClock();
    const host = {
      ...clock,
      async sleep(milliseconds: number, signal?: AbortSignal) {
        if (signal === undefined) slept.push(milliseconds);
        await sleep(milliseconds, signal);
      },
    };
    expect(await open(vault.url, { host }).get('key')).toBe('x');
    expect(slept).toEqual([3000]);
  });

  test.each([
    [
      429,
      'x',
      'ERR_KEYRING_BUSY',
      /refused requests for \d+ seconds because it is busy \(status 429\)$/,
    ],
    [
      500,
      'no namespace for hvs.CanaryOfTheTokenThatWasSent01',
      'ERR_KEYRING_IO',
      /failed for \d+ seconds \(status 500\): "no namespace for …"$/,
    ],
    [
      307,
      'x',
      'ERR_KEYRING_UNAVAILABLE',
      /has redirected requests for \d+ seconds \(status 307\), and redirects are not followed$/,
    ],
    [
      500,
      'local node not active but active cluster node not found',
      'ERR_KEYRING_TIMEOUT',
      /^the cluster of the vault server .* has had no active node for \d+ seconds$/,
    ],
  ] as const)(
    'status %d (%s) is an error after 30 seconds',
    async (status, error, code, message) => {
      const vault = await startFakeVault(() => failing(status, error));
      expectError(await rejectionOf(open(vault.url).get('key')), code, message);
      expect(vault.requests.length).toBeGreaterThan(10);
    },
  );

  test('the wait and its end are shown and logged', async () => {
    const events: string[] = [];
    const vault = await startFakeVault(inOrder(failing(500), failing(500), entry));
    const host = {
      waiting: (what: string, limitMs: number) => {
        events.push(`waiting for ${what}, ${limitMs}`);
        return () => events.push('end of the wait');
      },
      log: (name: string, fields: object) => {
        if (name.startsWith('keyring.wait')) events.push(`${name} ${JSON.stringify(fields)}`);
      },
    };
    await open(vault.url, { host }).get('key');
    expect(events).toEqual([
      'waiting for the vault server, 30000',
      'keyring.waiting {"status":500}',
      'keyring.waited {"outcome":"answered","duration_ms":300}',
      'end of the wait',
    ]);
  });

  test('an outage has 30 seconds, however many requests there are', async () => {
    const vault = await startFakeVault(() => failing(500));
    const keyring = open(vault.url);
    await rejectionOf(keyring.get('key'));
    const { length } = vault.requests;
    await rejectionOf(keyring.get('key'));
    // Not another 20: what is left of the 30 seconds.
    expect(vault.requests.length).toBeLessThan(length + 5);
  });
});

describe('a server that has never answered', () => {
  test('is tried three times if it refuses the connection', async () => {
    const port = await freePort();
    expectError(
      await rejectionOf(open(`http://127.0.0.1:${port}`).get('key')),
      'ERR_KEYRING_UNAVAILABLE',
      `the vault server http://127.0.0.1:${port} (from ${source}) cannot be reached: connection refused (ECONNREFUSED)`,
      `to test it: bao status -address=http://127.0.0.1:${port}`,
    );
  });

  test('is proposed with http if it does not use TLS', async () => {
    const vault = await startFakeVault(() => ({ status: 200 }));
    const url = vault.url.replace('http:', 'https:');
    const { code, message, hints } = await rejectionOf(open(url).get('key'));
    expect(code).toBe('ERR_KEYRING_UNAVAILABLE');
    expect(message).toContain(
      `the vault server ${url} (from ${source}) cannot be verified: TLS failed`,
    );
    expect(hints).toEqual([
      'if the server does not use TLS, use http in the address, which is allowed only for this machine',
    ]);
  });

  test('is proposed with https if it uses TLS', async () => {
    const body = 'Client sent an HTTP request to an HTTPS server.\n';
    const vault = await startFakeVault(() => ({ status: 400, body }));
    const { code, hints } = await rejectionOf(open(vault.url).get('key'));
    expect({ code, hints }).toEqual({
      code: 'ERR_KEYRING_IO',
      hints: ['the server uses TLS: use https in the address'],
    });
  });

  test('is tried once if it does not answer in time', async () => {
    const vault = await startFakeVault(() => undefined);
    expectError(
      await rejectionOf(open(vault.url).get('key')),
      'ERR_KEYRING_TIMEOUT',
      `the vault server ${vault.url} (from ${source}) did not answer within 5 seconds`,
    );
    expect(vault.requests).toHaveLength(1);
  });
});

test('a server that is not initialized is not only sealed', async () => {
  const state = { initialized: false, sealed: true, version: '2.7.2' };
  const vault = await startFakeVault(({ path }) =>
    path === 'sys/health' ? { body: state } : failing(503, 'Vault is sealed'),
  );
  const message = `the vault server ${vault.url} (from ${source}) is not initialized`;
  expectError(
    await rejectionOf(open(vault.url).get('key')),
    'ERR_KEYRING_UNAVAILABLE',
    message,
    'ask an administrator of the server to initialize it',
  );
  expect(await open(vault.url).probe()).toEqual({ state: 'unavailable', reason: message });
  state.initialized = true;
  expectError(await rejectionOf(open(vault.url).get('key')), 'ERR_KEYRING_LOCKED', / is sealed$/);
});

describe('an answer of another kind of server', () => {
  test.each([
    ['text', { body: '<html>hello' }, 'ERR_KEYRING_IO', 'an answer that is not JSON (status 200)'],
    ['a list', { body: '[]' }, 'ERR_KEYRING_IO', 'an answer that is not JSON (status 200)'],
    [
      'five megabytes',
      { body: `{"data":"${'x'.repeat(5 * 1024 * 1024)}"}` },
      'ERR_KEYRING_IO',
      'an answer that is too large',
    ],
  ] as const)('%s', async (_, answer, code, what) => {
    const vault = await startFakeVault(() => answer);
    const message = `the vault server ${vault.url} (from ${source}) returned ${what}`;
    // With the limit of a real request: a busy machine takes its time for five megabytes.
    const keyring = openTestVault({ spec: { address: vault.url } });
    expectError(await rejectionOf(keyring.get('key')), code, message);
  });

  test('HTTP where TLS is configured', async () => {
    const vault = await startFakeVault(() => entry);
    const url = vault.url.replace('http:', 'https:');
    const error = await rejectionOf(open(url).get('key'));
    expectError(error, 'ERR_KEYRING_UNAVAILABLE', /cannot be verified: TLS failed \(\w+\)$/);
  });
});

describe('TLS', () => {
  const tls = selfSignedCertificate('localhost');

  function withCertificate(content: string): Readonly<Record<string, string>> {
    const file = join(temporaryDirectory(), 'ca.pem');
    writeFileSync(file, content);
    return { ca_cert: file };
  }

  test('a private authority that is configured is trusted', async () => {
    const vault = await startFakeVault(() => entry, { tls });
    const spec = withCertificate(tls.cert);
    expect(await open(`https://localhost:${vault.port}`, { spec }).get('key')).toBe('x');
  });

  test('an unknown authority is refused, and nothing is sent', async () => {
    const vault = await startFakeVault(() => entry, { tls });
    const url = `https://localhost:${vault.port}`;
    expectError(
      await rejectionOf(open(url).get('key')),
      'ERR_KEYRING_UNAVAILABLE',
      `the vault server ${url} (from ${source}) cannot be verified: TLS failed (DEPTH_ZERO_SELF_SIGNED_CERT)`,
      'set auth.keyring.spec.ca_cert to a PEM file with the certificate of the authority',
    );
    expect(vault.requests).toEqual([]);
  });

  test('a certificate of another host is refused, unless its name is configured', async () => {
    const vault = await startFakeVault(() => entry, { tls });
    const url = `https://127.0.0.1:${vault.port}`;
    const spec = withCertificate(tls.cert);
    expectError(
      await rejectionOf(open(url, { spec }).get('key')),
      'ERR_KEYRING_UNAVAILABLE',
      `the vault server ${url} (from ${source}) cannot be verified: TLS failed (ERR_TLS_CERT_ALTNAME_INVALID)`,
      "use a host of the server's certificate in the address, or set auth.keyring.spec.tls_server_name to one",
    );
    const named = { ...spec, tls_server_name: 'localhost' };
    expect(await open(url, { spec: named }).get('key')).toBe('x');
  });

  test.each([
    [
      'missing',
      undefined,
      /ca\.pem for the vault server .* cannot be read: \/nonexistent does not exist$/,
    ],
    ['no PEM file', 'no certificate', /ca\.pem for the vault server .* are not a PEM file$/],
  ])('certificates that are %s are an error', async (_, content, message) => {
    const spec =
      content === undefined ? { ca_cert: '/nonexistent/ca.pem' } : withCertificate(content);
    const error = await rejectionOf(open('https://localhost:1', { spec }).get('key'));
    expectError(error, 'ERR_KEYRING_IO', message);
  });
});

test('no secret is in the log', async () => {
  const logged: string[] = [];
  const vault = await startFakeVault(inOrder(failing(500), entry));
  const host = { log: (...event: unknown[]) => void logged.push(JSON.stringify(event)) };
  await open(vault.url, { token: 's.secret-token', host }).get('key');
  expect(logged.join('\n')).toContain('secret/data/atmos/keyring/key');
  expect(logged.join('\n')).not.toContain('s.secret-token');
});
