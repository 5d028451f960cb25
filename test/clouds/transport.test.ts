import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { HttpRequest } from '@smithy/core/protocols';
import { afterEach, beforeAll, afterAll, describe, expect, test, vi } from 'vitest';
import { openTransport, type Transport } from '../../src/clouds/transport.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { startConnectProxy, type ConnectProxy } from '../support/connect-proxy.ts';
import { errorOf } from '../support/error-of.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const hostname = 'sts.eu-west-1.amazonaws.com';
const certificate = selfSignedCertificate(hostname);
const server = createServer(certificate, (_request, response) => response.end('hello'));
let port: number;
let proxy: ConnectProxy | undefined;
let transport: Transport | undefined;

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

afterEach(() => {
  vi.unstubAllEnvs();
  transport?.handler.destroy();
  proxy?.close();
});

/** The status of a request, and what the way to it was made of. */
async function send(env: Record<string, string>, system: readonly string[] = []): Promise<number> {
  transport = openTransport({
    connectTimeoutMs: 5_000,
    host: { env },
    systemCertificates: () => system,
  });
  const { response } = await transport.handler.handle(new HttpRequest({ hostname }));
  return response.statusCode;
}

function bundleFile(content = certificate.cert): string {
  const path = join(temporaryDirectory(), 'bundle.pem');
  writeFileSync(path, content);
  return path;
}

describe('through a proxy', () => {
  test('connects by CONNECT, with the authority of AWS_CA_BUNDLE', async () => {
    proxy = await startConnectProxy(port);
    const env = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundleFile() };
    expect(await send(env)).toBe(200);
    expect(proxy.targets).toEqual([`${hostname}:443`]);
    expect(proxy.authorizations).toEqual([undefined]);
    expect(transport?.route()?.proxy?.variable).toBe('HTTPS_PROXY');
  });

  test('sends user and password of the variable', async () => {
    proxy = await startConnectProxy(port);
    const withUser = proxy.url.replace('//', '//me:secret@');
    expect(await send({ https_proxy: withUser, AWS_CA_BUNDLE: bundleFile() })).toBe(200);
    expect(proxy.authorizations).toEqual([`Basic ${btoa('me:secret')}`]);
  });

  test.each(['407 Proxy Authentication Required', '201 Created', '403 Forbidden', '302 Found'])(
    'never returns what a proxy answers instead of connecting: %s',
    async (status) => {
      proxy = await startConnectProxy(port, status);
      await expect(send({ HTTPS_PROXY: proxy.url })).rejects.toThrow(
        'the proxy refused to connect',
      );
      expect(transport?.route()?.refusal).toBe(Number(status.slice(0, 3)));
    },
  );
});

describe('certificates', () => {
  test('an unknown authority is refused, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    proxy = await startConnectProxy(port);
    await expect(send({ HTTPS_PROXY: proxy.url })).rejects.toThrow(/self-signed certificate/);
  });

  test('the authorities of the system are asked when those of Node do not know it', async () => {
    proxy = await startConnectProxy(port);
    expect(await send({ HTTPS_PROXY: proxy.url }, [certificate.cert])).toBe(200);
    expect(proxy.targets).toHaveLength(2);
  });

  test('beside AWS_CA_BUNDLE no other authority counts', async () => {
    proxy = await startConnectProxy(port);
    const bundle = bundleFile(selfSignedCertificate().cert);
    const sending = send({ HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundle }, [certificate.cert]);
    await expect(sending).rejects.toThrow(/self-signed certificate/);
    expect(proxy.targets).toHaveLength(1);
  });

  test('the certificate of another host is refused', async () => {
    proxy = await startConnectProxy(port);
    const env = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundleFile() };
    transport = openTransport({ connectTimeoutMs: 5_000, host: { env } });
    const request = new HttpRequest({ protocol: 'https:', hostname: 'sso.example.com' });
    await expect(transport.handler.handle(request)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });
});

describe('an AWS_CA_BUNDLE that cannot be used', () => {
  const errorWith = (bundle: string) => errorOf(send({ AWS_CA_BUNDLE: bundle }));

  test('that is missing', async () => {
    const path = join(temporaryDirectory(), 'missing.pem');
    expect(await errorWith(path)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `AWS_CA_BUNDLE names "${path}", which cannot be used: ENOENT`,
      hints: [
        'set AWS_CA_BUNDLE to a PEM file with the certificates of the authorities to trust',
        'unset AWS_CA_BUNDLE',
      ],
    });
  });

  test.each([
    ['without a certificate', 'no certificate'],
    ['that is empty', ''],
  ])('%s', async (_name, content) => {
    const path = bundleFile(content);
    expect(await errorWith(path)).toMatchObject({
      message: `AWS_CA_BUNDLE names "${path}", which cannot be used: it is not a PEM file with certificates`,
    });
  });

  test('that is a directory', async () => {
    expect(await errorWith(temporaryDirectory())).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });
});
