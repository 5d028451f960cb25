import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { errorOf } from '../support/error-of.ts';
import type { StsScript } from '../support/sts-types.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { hours, identityAt, keys, minutes, openPlace, type Place } from './place.ts';

const days = 24 * hours;

async function openWithKeys(options: Parameters<typeof openPlace>[0] = {}) {
  const place = await openPlace(options);
  const identity = identityAt(place);
  await place.manager.saveKeys(identity, keys);
  return { place, identity };
}

async function expectNothingStored(place: Place): Promise<void> {
  expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
  expect(await place.context.store.read('dev', 'key')).toMatchObject({ credentials: keys });
}

describe('an error of AWS', () => {
  const configure = 'atmos auth user configure --identity dev';
  const html = 'status 200, text/html, not its XML';

  test.each<[string, StsScript, ErrorCode, string, string[]]>([
    [
      'InvalidClientTokenId',
      { fail: { code: 'InvalidClientTokenId', message: 'is invalid' } },
      'ERR_AUTH_KEYS_REFUSED',
      'AWS does not know the access key AKIA…MPLE: it was deleted or deactivated, or is of another partition',
      [configure],
    ],
    [
      'SignatureDoesNotMatch',
      { fail: { code: 'SignatureDoesNotMatch', message: 'does not match' } },
      'ERR_AUTH_KEYS_REFUSED',
      'the secret access key does not belong to the access key AKIA…MPLE',
      [configure],
    ],
    [
      'ExpiredToken',
      { fail: { code: 'ExpiredToken', message: 'expired' } },
      'ERR_AUTH_SESSION_EXPIRED',
      'the session AKIA…MPLE has expired',
      ['atmos auth login --identity dev'],
    ],
    [
      'ExpiredTokenException',
      { fail: { code: 'ExpiredTokenException', message: 'expired' } },
      'ERR_AUTH_SESSION_EXPIRED',
      'the session AKIA…MPLE has expired',
      ['atmos auth login --identity dev'],
    ],
    [
      'AccessDenied',
      { fail: { code: 'AccessDenied', message: 'not authorized' } },
      'ERR_AUTH_DENIED',
      'AWS denies sts:GetSessionToken to AKIA…MPLE: not authorized',
      ["ask the administrator of the user's policies to allow sts:GetSessionToken"],
    ],
    [
      'RegionDisabledException',
      { fail: { code: 'RegionDisabledException', message: 'off' } },
      'ERR_CONFIG_INVALID',
      'AWS STS is switched off for this account in us-east-1',
      [
        'set the region of the identity to a region that is on, such as us-east-1',
        'or switch it on: AWS console, IAM, Account settings, Security Token Service',
      ],
    ],
    [
      'HTML',
      { html: true },
      'ERR_AWS_ENDPOINT',
      `URL does not answer like AWS STS: ${html}`,
      [
        'curl -i URL/',
        'check spec.endpoint_url of the identity, and whether a proxy or a sign-in page is in between',
      ],
    ],
    [
      'a cut connection',
      { reset: true, times: 3 },
      'ERR_NETWORK',
      'cannot reach URL: the connection was cut (ECONNRESET)',
      ['curl -i URL/'],
    ],
  ])(
    'is reported for the identity and changes nothing: %s',
    async (_, script, code, message, hints) => {
      const { place, identity } = await openWithKeys();
      const told = (text: string) => text.replace('URL', place.server.url);
      place.server.script(script);
      const error = await errorOf(place.manager.login(identity));
      expect({ code: error.code, message: error.message, hints: error.hints }).toEqual({
        code,
        message: `no session for identity dev: ${told(message)}`,
        hints: hints.map(told),
      });
      await expectNothingStored(place);
    },
  );

  test.each<[string, StsScript, RegExp]>([
    [
      'too many calls',
      { fail: { code: 'Throttling', message: 'Rate exceeded', status: 400 }, times: 3 },
      /^no session for identity dev: AWS has too many calls of sts:GetSessionToken \(Throttling, request \S+\)$/,
    ],
    [
      'a failure of its own',
      { fail: { code: 'InternalFailure', message: 'oops', status: 500 }, times: 3 },
      /^no session for identity dev: sts:GetSessionToken failed: InternalFailure, request \S+: oops$/,
    ],
  ])('is reported with its request: %s', async (_, script, message) => {
    const { place, identity } = await openWithKeys();
    place.server.script(script);
    const error = await errorOf(place.manager.login(identity));
    expect(error.code).toBe('ERR_AWS');
    expect(error.message).toMatch(message);
    await expectNothingStored(place);
  });

  test('names the variable of the endpoint that does not answer like AWS STS', async () => {
    const env: Record<string, string> = { XDG_STATE_HOME: temporaryDirectory() };
    const place = await openPlace({ host: { env } });
    env['AWS_ENDPOINT_URL_STS'] = place.server.url;
    const identity = identityAt(place, { spec: {} });
    await place.manager.saveKeys(identity, keys);
    place.server.script({ html: true });
    const { hints } = await errorOf(place.manager.login(identity));
    expect(hints).toContain(
      'check AWS_ENDPOINT_URL_STS, and whether a proxy or a sign-in page is in between',
    );
  });

  test('names the identity even if its name occurs in the message by chance', async () => {
    const place = await openPlace();
    const identity = identityAt(place, { name: 'AWS' });
    await place.manager.saveKeys(identity, keys);
    place.server.script({ fail: { code: 'AccessDenied', message: 'not authorized' } });
    const error = await errorOf(place.manager.login(identity));
    expect(error.message).toMatch(/^no session for identity AWS: AWS denies/);
  });

  test('is a connection error if no server listens', async () => {
    const { place } = await openWithKeys();
    const url = await closedAddress();
    const error = await errorOf(place.manager.login(identityAt({ spec: { endpoint_url: url } })));
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toBe(
      `no session for identity dev: cannot reach ${url}: connection refused (ECONNREFUSED)`,
    );
    expect(error.hints).toEqual([`curl -i ${url}/`]);
    await expectNothingStored(place);
  });
});

describe('a wrong clock', () => {
  test.each([
    ['behind', 20 * minutes],
    ['ahead', -20 * minutes],
  ])('is corrected if it is off by twenty minutes: %s', async (_, clockOffsetMs) => {
    const { place, identity } = await openWithKeys({ sts: { clockOffsetMs } });
    const { session } = await place.manager.login(identity);
    expect(session.clockOffsetMs).toBe(clockOffsetMs);
    const expiresAt = new Date(place.clock.now.getTime() + clockOffsetMs + 12 * hours);
    expect(session.credentials.expiresAt).toEqual(expiresAt);

    // 12 hours remain, regardless of the local clock.
    place.clock.now = new Date(place.clock.now.getTime() + 12 * hours - 15 * minutes);
    expect((await place.manager.login(identity)).wasOpened).toBe(false);
    expect(await place.manager.whoami(identity)).toMatchObject({ isValid: true });
    place.clock.now = new Date(place.clock.now.getTime() + 1000);
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
  });

  test.each([
    ['behind', 3 * days, '72h 0m behind that of AWS'],
    ['ahead', -3 * days, '72h 0m ahead of that of AWS'],
  ])('is reported if it is off by days: %s', async (_, clockOffsetMs, skew) => {
    const { place, identity } = await openWithKeys({
      sts: { clockOffsetMs },
      host: { platform: 'linux' },
    });
    const error = await errorOf(place.manager.login(identity));
    expect(error.code).toBe('ERR_CLOCK_SKEW');
    expect(error.message).toContain(
      `no session for identity dev: the clock of this machine is ${skew}`,
    );
    expect(error.hints).toContain('sudo timedatectl set-ntp true');
    await expectNothingStored(place);
  });
});

/** The address of a server that has stopped. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return `http://127.0.0.1:${port}`;
}
