import { writeFileSync } from 'node:fs';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { openSts } from '../../../src/clouds/aws/sts.ts';
import type { StsOptions } from '../../../src/clouds/aws/sts-client.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { errorOf } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { startSts } from '../../support/sts-server.mjs';
import { temporaryDirectory } from '../../support/temporary.ts';

const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
  account: '012345678901',
  userName: 'ada',
};

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function open(env: Record<string, string>, options: Partial<StsOptions> = {}) {
  const sts = openSts({
    credentials: key,
    region: 'eu-west-1',
    timeoutMs: 10_000,
    host: fakeHost({ env }),
    ...options,
  });
  closing.push(() => sts.close());
  return sts;
}

async function proxyTo(port: number, answer?: string, body = '') {
  const proxy = await startConnectProxy(port, answer, body);
  closing.push(() => proxy.close());
  return proxy;
}

/** The stand-in for AWS STS behind TLS, as the host of that name. Gives its port and its certificate. */
async function startTlsSts(host: string) {
  const sts = await startSts({ keys: [key], now: () => fakeHost().now() });
  const certificate = selfSignedCertificate(host);
  const server = createServer(certificate, (socket) => {
    const upstream = connect(Number(new URL(sts.url).port), '127.0.0.1');
    for (const one of [socket, upstream]) one.on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(
    () => sts.close(),
    () => server.close(),
  );
  const bundle = join(temporaryDirectory(), 'bundle.pem');
  writeFileSync(bundle, certificate.cert);
  return { port: (server.address() as AddressInfo).port, bundle };
}

test('a request goes through the proxy to the endpoint of the region', async () => {
  const { port, bundle } = await startTlsSts('sts.eu-west-1.amazonaws.com');
  const proxy = await proxyTo(port);
  const sts = open({ HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundle });
  expect(await sts.getCallerIdentity()).toMatchObject({ account: key.account });
  expect(proxy.targets).toEqual(['sts.eu-west-1.amazonaws.com:443']);
});

describe('an error of the way', () => {
  const host = 'sts.eu-west-1.amazonaws.com';
  const origin = `https://${host}`;

  test('names the proxy that asks for a password, and its variable', async () => {
    const proxy = await proxyTo(0, '407 Proxy Authentication Required');
    const withUser = proxy.url.replace('//', '//ada:hunter2@');
    const error = await errorOf(open({ https_proxy: withUser }).getCallerIdentity());
    expect(error).toMatchObject({
      code: 'ERR_NETWORK',
      message: `cannot reach ${origin} through the proxy ${proxy.url} (https_proxy): the proxy refused to connect (status 407)`,
      hints: [
        'write the user and password of the proxy into the URL of https_proxy',
        `to connect to this host without the proxy: export NO_PROXY=${host}`,
        'unset https_proxy',
        `curl -i ${origin}/`,
      ],
    });
  });

  test('names the proxy that refuses the host', async () => {
    const proxy = await proxyTo(0, '403 Forbidden');
    const env = { ALL_PROXY: proxy.url, no_proxy: 'internal' };
    expect(await errorOf(open(env).getCallerIdentity())).toMatchObject({
      message: `cannot reach ${origin} through the proxy ${proxy.url} (ALL_PROXY): the proxy refused to connect (status 403)`,
      hints: [
        `to connect to this host without the proxy: export no_proxy=internal,${host}`,
        'unset ALL_PROXY',
        `curl -i ${origin}/`,
      ],
    });
  });

  test('names the proxy that cannot be reached', async () => {
    const proxy = await startConnectProxy(0);
    proxy.close();
    const error = await errorOf(open({ HTTPS_PROXY: proxy.url }).getCallerIdentity());
    expect(error.message).toBe(
      `cannot reach ${origin} through the proxy ${proxy.url} (HTTPS_PROXY): connection refused (ECONNREFUSED)`,
    );
    expect(error.hints).toEqual([
      `to connect to this host without the proxy: export NO_PROXY=${host}`,
      'unset HTTPS_PROXY',
      `curl -i ${origin}/`,
    ]);
  });

  test('names the file of AWS_CA_BUNDLE that does not have the authority', async () => {
    const { port } = await startTlsSts('sts.eu-west-1.amazonaws.com');
    const proxy = await proxyTo(port);
    const bundle = join(temporaryDirectory(), 'other.pem');
    writeFileSync(bundle, selfSignedCertificate().cert);
    const env = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundle };
    expect(await errorOf(open(env).getCallerIdentity())).toMatchObject({
      message: `cannot reach ${origin} through the proxy ${proxy.url} (HTTPS_PROXY): TLS failed (DEPTH_ZERO_SELF_SIGNED_CERT) with the certificates of AWS_CA_BUNDLE ("${bundle}")`,
      hints: [
        'add the authority of the proxy or endpoint to the file of AWS_CA_BUNDLE',
        `curl -i ${origin}/`,
      ],
    });
  });

  test('is never what the proxy answers in the name of AWS', async () => {
    const answer = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::666666666666:user/fake</Arn><UserId>AIDAFAKE</UserId><Account>666666666666</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
    for (const status of ['201 Created', '403 Forbidden']) {
      const proxy = await proxyTo(0, `${status}\r\nContent-Type: text/xml`, answer);
      const error = await errorOf(open({ HTTPS_PROXY: proxy.url }).getCallerIdentity());
      expect(error.code).toBe('ERR_NETWORK');
      expect(error.message).toContain(
        `the proxy refused to connect (status ${status.slice(0, 3)})`,
      );
    }
  });

  test.each([
    ['that cuts the connection', '', 'the proxy cut the connection'],
    ['that is none', 'hello\r\n\r\n', 'the proxy does not answer like an HTTP proxy'],
  ])('names a proxy %s', async (_name, bytes, reason) => {
    const server = createTcpServer((socket) => socket.once('data', () => socket.end(bytes)));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(
      open({ HTTPS_PROXY: `http://127.0.0.1:${port}` }).getCallerIdentity(),
    );
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toContain(reason);
  });

  test('is that of a variable that is no URL', async () => {
    const error = await errorOf(open({ HTTPS_PROXY: 'socks5://x' }).getCallerIdentity());
    expect(error.code).toBe('ERR_CONFIG_INVALID');
  });
});
