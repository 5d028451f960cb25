import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { resolveStartUrl } from '../../../src/clouds/aws/resolve-start-url.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { errorOf } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const closing: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closing.splice(0).toReversed()) close();
});

const portal = 'https://d-1234567890.awsapps.com/start';

const resolve = (startUrl: string, env: Record<string, string> = {}) =>
  resolveStartUrl(
    {
      startUrl,
      shownStartUrl: startUrl,
      region: 'eu-west-1',
      regionPlace: '/p/atmos.yaml:4:5',
    },
    { host: fakeHost({ env }), timeoutMs: 5_000 },
  );

/** A server that is portal.company.example.com, through a proxy, and what it was asked. */
async function openVanity(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const certificate = selfSignedCertificate('portal.company.example.com');
  const asked: string[] = [];
  const cookies: (string | undefined)[] = [];
  const server = createServer(certificate, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    cookies.push(request.headers.cookie, request.headers.authorization);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy = await startConnectProxy((server.address() as AddressInfo).port);
  closing.push(
    () => proxy.close(),
    () => (server.close(), server.closeAllConnections()),
  );
  const bundle = join(temporaryDirectory(), 'bundle.pem');
  writeFileSync(bundle, certificate.cert);
  const env = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundle };
  return {
    asked,
    cookies,
    proxy,
    resolve: () => resolve('https://portal.company.example.com/aws', env),
  };
}

const redirect =
  (location: string, status = 302) =>
  (_: unknown, response: ServerResponse) =>
    void response.writeHead(status, { location, 'set-cookie': 'a=b' }).end();

test.each([portal, 'http://127.0.0.1:1/start', 'https://ssoins-1.portal.eu-west-1.app.aws'])(
  'sends no request for %s',
  async (startUrl) => {
    expect(await resolve(startUrl, { HTTPS_PROXY: 'http://127.0.0.1:1' })).toBe(startUrl);
  },
);

describe('a start URL of another domain', () => {
  test.each([301, 302, 303, 307, 308])(
    'leads to the portal by one redirect (%i)',
    async (status) => {
      const vanity = await openVanity(redirect(`${portal}/#/`, status));
      expect(await vanity.resolve()).toBe(portal);
      expect(vanity.asked).toEqual(['HEAD /aws']);
      expect(vanity.cookies).toEqual([undefined, undefined]);
      expect(vanity.proxy.targets).toEqual(['portal.company.example.com:443']);
    },
  );

  test.each([405, 501])('is asked by GET if it does not know HEAD (%i)', async (status) => {
    const vanity = await openVanity((request, response) => {
      if (request.method === 'HEAD') response.writeHead(status).end();
      else redirect(`${portal}?from=x`)(request, response);
    });
    expect(await vanity.resolve()).toBe(portal);
    expect(vanity.asked).toEqual(['HEAD /aws', 'GET /aws']);
  });

  test('may lead to a portal whose host has its region', async () => {
    const found = 'https://ssoins-1.portal.eu-west-1.app.aws';
    expect(await (await openVanity(redirect(`${found}/`))).resolve()).toBe(found);
  });

  test('is refused if the portal is in another region', async () => {
    const vanity = await openVanity(redirect('https://ssoins-1.portal.us-east-1.app.aws'));
    expect(await errorOf(vanity.resolve())).toMatchObject({
      code: 'ERR_AWS_ENDPOINT',
      message:
        'https://portal.company.example.com/aws leads to a portal in us-east-1, not in eu-west-1',
      hintValues: [
        { kind: 'edit', position: '/p/atmos.yaml:4:5', text: 'set region to us-east-1' },
      ],
    });
  });

  test.each([
    ['https://login.example.com/x?secret', 'lead to it, but to https://login.example.com'],
    ['http://d-1.awsapps.com/start', 'lead to it, but to http://d-1.awsapps.com'],
    [
      'https://d-1.awsapps.com.example.com',
      'lead to it, but to https://d-1.awsapps.com.example.com',
    ],
    ['/elsewhere', 'lead to it, but to https://portal.company.example.com'],
    ['https://', 'redirect to it'],
  ])('is refused if it leads to %s', async (location, what) => {
    const vanity = await openVanity(redirect(location));
    expect(await errorOf(vanity.resolve())).toMatchObject({
      code: 'ERR_AWS_ENDPOINT',
      message: `https://portal.company.example.com/aws is not a portal of AWS, and does not ${what}`,
      hints: ['set start_url to the address that the AWS access portal shows'],
    });
    expect(vanity.asked).toEqual(['HEAD /aws']);
  });

  test('is refused if it does not redirect', async () => {
    const vanity = await openVanity((_, response) => void response.end('hello'));
    expect((await errorOf(vanity.resolve())).message).toBe(
      'https://portal.company.example.com/aws is not a portal of AWS, and does not redirect to it',
    );
  });

  test('is a network error if it cannot be reached', async () => {
    const vanity = await openVanity(() => undefined);
    vanity.proxy.close();
    expect(await errorOf(vanity.resolve())).toMatchObject({
      code: 'ERR_NETWORK',
      message: expect.stringMatching(
        /^cannot reach https:\/\/portal\.company\.example\.com\/aws through the proxy .*: connection refused/,
      ),
    });
  });
});
