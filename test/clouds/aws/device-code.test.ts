import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OpenContext, SignIn, SignInPage } from '../../../src/clouds/contract.ts';
import { errorOf } from '../../support/error-of.ts';
import { openPortalPlace, type PortalPlace } from './portal-place.ts';

let place: PortalPlace;

beforeEach(async () => {
  place = await openPortalPlace({ pollIntervalSeconds: 1 });
});

afterEach(() => place.center.close());

function open(changes: Partial<SignIn> = {}, context: Partial<OpenContext> = {}) {
  const signIn = place.signIn({ flow: 'device', openPage: undefined as never, ...changes });
  return place.plan().open(place.context({ ask: { signIn }, ...context }));
}

/** The person decides after so many requests. */
function afterPolls(count: number, decide: () => void) {
  const pending = { name: 'AuthorizationPendingException' } as const;
  place.center.script({ action: 'CreateToken device_code', fail: pending, times: count });
  return {
    showPage(page: SignInPage) {
      place.pages.push(page);
      decide();
      return Promise.resolve();
    },
  };
}

const failed = (message: string) => ({
  code: 'ERR_AUTH_SIGN_IN_FAILED',
  message,
  hints: ['atmos auth login --provider corp'],
});

describe('a person signs in with a code', () => {
  test('on the page that is shown', async () => {
    const { renewal } = await open(afterPolls(2, () => place.center.approve()));
    expect(renewal).toMatchObject({ flow: 'device' });
    const [page] = place.pages;
    expect(page?.code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(page?.url.href).toBe(`${place.center.url}/device?user_code=${page?.code}`);
    expect(place.clock.slept).toEqual([1_000, 1_000]);
    expect(place.center.problems()).toEqual([]);
  });

  test('on the page that is opened', async () => {
    await open(place.signIn({ flow: 'device' }));
    expect(place.center.requests()).toMatchObject({ DevicePage: 1 });
  });

  test('without waiting, if the device is allowed already', async () => {
    await place.center.close();
    place = await openPortalPlace({ isPreauthorized: true });
    await open();
    expect(place.clock.slept).toEqual([]);
  });

  test('while the service is asked every 5 seconds, if it names no interval', async () => {
    const body = JSON.stringify({
      deviceCode: 'd',
      userCode: 'ABCD-EFGH',
      verificationUri: 'https://device.sso.eu-west-1.amazonaws.com/',
      expiresIn: 7,
    });
    place.center.script({ action: 'StartDeviceAuthorization', raw: { body } });
    const pending = { name: 'AuthorizationPendingException' } as const;
    place.center.script({ action: 'CreateToken device_code', fail: pending, times: 5 });
    await errorOf(open());
    expect(place.clock.slept).toEqual([5_000]);
    expect(place.pages[0]?.url.href).toBe('https://device.sso.eu-west-1.amazonaws.com/');
  });
});

describe('polling', () => {
  test.each([
    [0.0001, 1_000],
    [1e300, 60_000],
  ])('is from once in a second to once in a minute: interval %d', async (interval, sleptMs) => {
    const answer = {
      deviceCode: 'd',
      userCode: 'ABCD-EFGH',
      verificationUri: 'https://device.sso.eu-west-1.amazonaws.com/',
      expiresIn: 90,
      interval,
    };
    const raw = { body: JSON.stringify(answer) };
    place.center.script({ action: 'StartDeviceAuthorization', raw });
    const pending = { name: 'AuthorizationPendingException' } as const;
    place.center.script({ action: 'CreateToken device_code', fail: pending, times: 100 });
    await errorOf(open());
    expect(new Set(place.clock.slept)).toEqual(new Set([sleptMs]));
  });

  test('becomes slower by 5 seconds each time that the service says so', async () => {
    const slow = { name: 'SlowDownException' } as const;
    place.center.script({ action: 'CreateToken device_code', fail: slow, times: 2 });
    await open({ showPage: async () => place.center.approve() });
    expect(place.clock.slept).toEqual([6_000, 11_000]);
  });

  test('goes on when the connection is lost, or the service fails', async () => {
    place.center.script({ action: 'CreateToken device_code', reset: true, times: 2 });
    const broken = { name: 'InternalServerException' } as const;
    place.center.script({ action: 'CreateToken device_code', fail: broken });
    await open({ showPage: async () => place.center.approve() });
    expect(place.clock.slept).toEqual([1_000, 1_000, 1_000]);
  });

  test('ends when the person refuses', async () => {
    expect(await errorOf(open(afterPolls(1, () => place.center.deny())))).toMatchObject(
      failed(`the sign-in to ${place.center.startUrl} (provider corp) was refused`),
    );
  });

  test('ends when the code expires, by the clock and by the service', async () => {
    const late = failed(
      `no one signed in to ${place.center.startUrl} (provider corp) in time, so the page is no longer valid`,
    );
    const pending = { name: 'AuthorizationPendingException' } as const;
    place.center.script({ action: 'CreateToken device_code', fail: pending, times: 599 });
    expect(await errorOf(open())).toMatchObject(late);
    expect(place.clock.slept).toHaveLength(599);
    place.center.script({
      action: 'CreateToken device_code',
      fail: { name: 'ExpiredTokenException' },
    });
    expect(await errorOf(open())).toMatchObject(late);
  });

  test('ends with another refusal', async () => {
    const invalid = { name: 'InvalidRequestException', message: 'no' } as const;
    place.center.script({ action: 'CreateToken device_code', fail: invalid });
    expect(await errorOf(open())).toMatchObject({
      code: 'ERR_AWS',
      message: 'sso-oidc:CreateToken failed: InvalidRequestException, status 400: no',
    });
  });
});

describe('the registration', () => {
  const kept = async (changes: Readonly<Record<string, string>> = {}) => {
    const { renewal, ...opened } = await open(place.signIn({ flow: 'device' }));
    place.center.endPortalSessions();
    const previous = { ...opened, renewal: { ...renewal, ...changes }, isRefused: false };
    return { previous };
  };

  test('is used again', async () => {
    const context = await kept();
    await open(place.signIn({ flow: 'device' }), context);
    expect(place.center.requests()).toMatchObject({ RegisterClient: 1 });
  });

  test('is renewed once if it is refused', async () => {
    const context = await kept({ client_secret: 'wrong' });
    await open(place.signIn({ flow: 'device' }), context);
    expect(place.center.requests()).toMatchObject({
      RegisterClient: 2,
      StartDeviceAuthorization: 3,
    });
    place.center.script({
      action: 'StartDeviceAuthorization',
      fail: { name: 'InvalidClientException' },
      times: 2,
    });
    const error = await errorOf(open(place.signIn({ flow: 'device' }), context));
    expect(error).toMatchObject({
      code: 'ERR_AWS',
      message:
        'sso-oidc:StartDeviceAuthorization failed: InvalidClientException, status 401: Invalid client',
    });
  });

  test('of the other flow is not used', async () => {
    const context = await kept({ flow: 'browser' });
    await open(place.signIn({ flow: 'device' }), context);
    expect(place.center.requests()).toMatchObject({ RegisterClient: 2 });
  });

  test('is repeated if there are too many', async () => {
    const slow = { name: 'SlowDownException' } as const;
    place.center.script({ action: 'RegisterClient', fail: slow, times: 2 });
    place.center.script({ action: 'StartDeviceAuthorization', fail: slow, times: 2 });
    await open(place.signIn({ flow: 'device' }));
    expect(place.center.requests()).toMatchObject({ RegisterClient: 3 });
  });

  test('at a portal that the service does not know is an error with its hint', async () => {
    const start_url = 'https://d-0000000000.awsapps.com/start';
    const context = place.context({ ask: { signIn: place.signIn({ flow: 'device' }) } });
    expect(await errorOf(place.plan({ start_url }).open(context))).toMatchObject({
      code: 'ERR_AWS',
      message:
        'sso-oidc:StartDeviceAuthorization failed: InvalidRequestException, status 400: Invalid start url provided',
      hints: ['check start_url and region of provider corp'],
    });
  });
});

const shownPage = (page: string) => {
  const { origin, protocol } = new URL(page);
  return origin === 'null' ? `an address with ${protocol}` : origin;
};

test.each([
  'https://login.example.com/device',
  'http://d-1.awsapps.com/start',
  'https://d-1.awsapps.com:8443/start',
  'http://127.0.0.1:1/device',
  'javascript:alert(1)',
  'file:///etc/passwd',
])('a page that does not belong to AWS is neither shown nor opened: %s', async (page) => {
  const body = JSON.stringify({
    deviceCode: 'd',
    userCode: 'ABCD-EFGH',
    verificationUri: page,
    expiresIn: 600,
  });
  place.center.script({ action: 'StartDeviceAuthorization', raw: { body } });
  const opened: URL[] = [];
  const openPage = async (url: URL) => opened.push(url) > 0;
  expect(await errorOf(open({ openPage }))).toMatchObject({
    code: 'ERR_AWS_ENDPOINT',
    message: `IAM Identity Center names a page for the sign-in that does not belong to AWS: ${shownPage(page)}`,
    hints: ['check spec.endpoint_url of provider corp'],
  });
  expect([place.pages, opened]).toEqual([[], []]);
});

test.each<[object, string]>([
  [{ userCode: 'A\u001b' }, 'userCode'],
  [{ userCode: '<script>' }, 'userCode'],
  [{ deviceCode: '' }, 'deviceCode'],
  [{ deviceCode: 'x'.repeat(16_385) }, 'deviceCode'],
  [{ verificationUri: 'nowhere' }, 'verificationUri'],
  ...[-1, 0, 0.5, 1e300, -1e300].map((expiresIn): [object, string] => [{ expiresIn }, 'expiresIn']),
])('an answer with %j is not used', async (changes, field) => {
  const answer = {
    deviceCode: 'd',
    userCode: 'ABCD-EFGH',
    verificationUri: 'https://device.sso.eu-west-1.amazonaws.com/',
    expiresIn: 600,
    ...changes,
  };
  place.center.script({
    action: 'StartDeviceAuthorization',
    raw: { body: JSON.stringify(answer) },
  });
  expect(await errorOf(open())).toMatchObject({
    code: 'ERR_AWS_ENDPOINT',
    message: `${place.center.url} does not answer like IAM Identity Center: ${field} of StartDeviceAuthorization is missing or damaged`,
  });
});
