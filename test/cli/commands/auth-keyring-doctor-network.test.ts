import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { openDesk, storedKey, yamlOf } from './desk.ts';

const host = 'sts.eu-west-1.amazonaws.com';
const endpoint = `https://${host}`;

/** One identity at AWS, and another one with its own endpoint. */
const config = (url = 'http://127.0.0.1:1') => `auth:
  realm: r
  keyring: { type: file }
  identities:
    dev: { kind: aws/user, default: true, credentials: { region: eu-west-1 } }
    ops: { kind: aws/user, credentials: { region: eu-west-1 } }
    local: { kind: aws/user, spec: { endpoint_url: "${url}" } }
`;

interface Route {
  readonly endpoint: string;
  readonly identities: readonly string[];
  readonly proxy: object | null;
  readonly ca_bundle: string | null;
  readonly issuer: string | null;
  readonly state: string;
  readonly message: string;
  readonly hint: string | null;
}

async function examine(env: Record<string, string>, options = '', text = config()) {
  const desk = await openDesk({ entries: storedKey });
  desk.configure(text);
  const { exitCode, stdout } = await desk.run(`auth keyring doctor -o json ${options}`, { env });
  // A network that fails is no problem of the keyring.
  expect(exitCode).toBe(0);
  const { network } = JSON.parse(stdout) as { network: Route[] };
  return { desk, network, aws: network.find((one) => one.endpoint === endpoint) };
}

/** A server with TLS that presents itself as AWS STS, behind a proxy. */
async function startProxy(answer?: string) {
  const certificate = selfSignedCertificate(host);
  let received = 0;
  const server = createServer(certificate, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', ({ length }) => (received += length));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy = await startConnectProxy((server.address() as AddressInfo).port, answer);
  onTestFinished(() => {
    proxy.close();
    server.close();
  });
  const bundle = join(temporaryDirectory(), 'bundle.pem');
  writeFileSync(bundle, certificate.cert);
  return { proxy, bundle, received: () => received };
}

describe('doctor', () => {
  test('shows each endpoint once, without a request', async () => {
    const { network } = await examine({});
    expect(network).toEqual([
      {
        endpoint,
        identities: ['dev', 'ops'],
        proxy: null,
        ca_bundle: null,
        issuer: null,
        state: 'ok',
        message: `${endpoint}: no proxy, certificates of Node and the system`,
        hint: null,
      },
      expect.objectContaining({ endpoint: 'http://127.0.0.1:1', identities: ['local'] }),
    ]);
  });

  test('shows the proxy without its password, and the file of certificates', async () => {
    const { proxy, bundle } = await startProxy();
    const url = proxy.url.replace('//', '//ada:hunter2@');
    const { aws, network } = await examine({ HTTPS_PROXY: url, AWS_CA_BUNDLE: bundle });
    expect(aws).toMatchObject({
      proxy: { url: proxy.url, variable: 'HTTPS_PROXY' },
      ca_bundle: bundle,
      state: 'ok',
    });
    expect(JSON.stringify(network)).not.toContain('hunter2');
    expect(proxy.targets).toEqual([]);
  });

  test('shows a variable that is wrong, with its fix', async () => {
    const { aws } = await examine({ AWS_CA_BUNDLE: '/missing.pem' });
    expect(aws).toMatchObject({ state: 'warning' });
    expect(aws?.message).toContain('AWS_CA_BUNDLE names "/missing.pem", which cannot be used');
    expect(aws?.hint).toContain('unset AWS_CA_BUNDLE');
  });

  test('does not show an endpoint that needs trust', async () => {
    const { network } = await examine({}, '--online', config('https://sts.example.com'));
    expect(network.map((one) => one.endpoint)).not.toContain('https://sts.example.com');
  });

  test('shows no network without identities that use it', async () => {
    const { network } = await examine({}, '', 'auth: { keyring: { type: file }, realm: r }\n');
    expect(network).toEqual([]);
  });

  test('prints the routes after the keyrings', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(yamlOf(desk));
    const { stdout, stderr } = await desk.run('auth keyring doctor');
    expect(stdout + stderr).toContain(`Requests to AWS
  ok: network: ${desk.sts.url}: no proxy, no TLS
`);
  });
});

describe('doctor --online', () => {
  test('shows the issuer of the certificate behind a proxy, and sends nothing', async () => {
    const { proxy, bundle, received } = await startProxy();
    const { aws } = await examine({ HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundle }, '--online');
    expect(aws).toMatchObject({ issuer: host, state: 'ok', hint: null });
    expect(aws?.message).toContain(`certificate issued by "${host}"`);
    expect(proxy.targets).toEqual([`${host}:443`]);
    expect(received()).toBe(0);
  });

  test('names the issuer of a certificate that is not trusted', async () => {
    const { proxy } = await startProxy();
    const { aws } = await examine({ HTTPS_PROXY: proxy.url }, '--online');
    expect(aws).toMatchObject({ issuer: host, state: 'warning' });
    expect(aws?.message).toMatch(/the certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/);
    expect(aws?.hint).toContain(`<a PEM file with the certificate of ${host}>`);
  });

  test('says that the proxy refuses', async () => {
    const { proxy } = await startProxy('407 Proxy Authentication Required');
    const { aws } = await examine({ HTTPS_PROXY: proxy.url }, '--online');
    expect(aws).toMatchObject({ issuer: null, state: 'warning' });
    expect(aws?.message).toContain('the proxy refused to connect (status 407)');
  });

  test('uses no proxy for a host of NO_PROXY', async () => {
    const { proxy } = await startProxy();
    const env = { HTTP_PROXY: proxy.url, NO_PROXY: 'sts.invalid', ATMOS_AUTH_TRUST: '1' };
    const { network } = await examine(env, '--online', config('http://sts.invalid'));
    expect(network.find((one) => one.endpoint === 'http://sts.invalid')).toMatchObject({
      proxy: null,
      state: 'warning',
      message: expect.stringContaining('it cannot be reached (E'),
    });
    expect(proxy.targets).toEqual([]);
  });

  test('says that an endpoint on this machine is not there', async () => {
    const { network } = await examine({ HTTPS_PROXY: 'http://127.0.0.1:1' }, '--online');
    expect(network.find((one) => one.identities.includes('local'))).toMatchObject({
      state: 'warning',
      message: 'http://127.0.0.1:1: no proxy, no TLS: it cannot be reached (ECONNREFUSED)',
    });
  });
});

test('identities that are broken or not trusted are named in one line, and not examined', async () => {
  const desk = await openDesk({ entries: storedKey });
  const more = `    loop: { kind: aws/assume-role, via: { identity: loop }, principal: { assume_role: x } }
    far: { kind: aws/user, spec: { endpoint_url: "https://sts.example.com" } }
`;
  desk.configure(config() + more);
  const { stderr } = await desk.run('auth keyring doctor');
  const lines = stderr.split('\n').filter((line) => /loop|far|example/.test(line));
  expect(lines).toEqual([
    '  not examined, because not trusted or broken (see atmos auth validate): identity far, identity loop',
  ]);
});
