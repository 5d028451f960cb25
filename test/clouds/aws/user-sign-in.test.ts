import { describe, expect, test } from 'vitest';
import { AtmosError } from '../../../src/core/errors.ts';
import { keys } from '../../auth/place.ts';
import { errorOf } from '../../support/error-of.ts';
import { openSigninPlace, type SigninPlace } from './signin-place.ts';

const refresh = 'CreateOAuth2Token refresh_token';
const minuteMs = 60_000;
const again = ['atmos auth login --identity dev --webflow'];
const person = 'arn:aws:iam::123456789012:user/ada';

/** A place where the person has signed in. */
async function signedIn(options = {}): Promise<SigninPlace> {
  const place = await openSigninPlace(options);
  await place.open({ ask: { signIn: place.signIn() } });
  return place;
}

const required = (reason: string) => ({
  code: 'ERR_AUTH_SIGN_IN_REQUIRED',
  message: `identity dev needs a sign-in in the browser: ${reason}`,
  hints: again,
});

describe('a sign-in', () => {
  test('opens a session of 15 minutes, and is kept with what renews it', async () => {
    const place = await openSigninPlace();
    const opened = await place.open(
      { ask: { signIn: place.signIn() } },
      { webflow_enabled: true, region: 'eu-west-1' },
    );
    expect(opened).toMatchObject({
      credentials: {
        type: 'aws',
        accessKeyId: expect.stringMatching(/^ASIA/),
        sessionToken: expect.any(String),
        region: 'eu-west-1',
        expiresAt: new Date('2026-01-01T00:15:00Z'),
      },
      clockOffsetMs: 0,
      limits: [],
    });
    expect(place.kept?.token).toEqual({
      type: 'sign-in',
      principal: person,
      endpoint: `${place.signin.url}/`,
      expiresAt: new Date('2026-01-01T12:00:00Z'),
    });
    expect(Object.keys(place.kept?.renewal ?? {})).toEqual([
      'refresh_token',
      'client_id',
      'dpop_key',
    ]);
    expect(place.pages).toMatchObject([
      { named: 'identity dev', expiresAt: new Date('2026-01-01T00:10:00Z') },
    ]);
    expect(Object.fromEntries(place.pages[0]?.url.searchParams ?? [])).toMatchObject({
      client_id: 'arn:aws:signin:::devtools/same-device',
      code_challenge_method: 'SHA-256',
      scope: 'openid',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback$/),
    });
    expect(place.signin.problems()).toEqual([]);
  });

  test.each([
    ['true', 'ERR_AUTH_SIGN_IN_REQUIRED'],
    ['false', 'ERR_AUTH_KEYS_MISSING'],
    ['', 'ERR_AUTH_KEYS_MISSING'],
  ])('is what webflow_enabled: "%s" says, as text of a variable', async (value, code) => {
    const place = await openSigninPlace();
    const { message } = await errorOf(place.open({}, { webflow_enabled: value }));
    expect(await errorOf(place.open({}, { webflow_enabled: value }))).toMatchObject({ code });
    expect(message).toBe(
      value === 'true'
        ? 'identity dev needs a sign-in in the browser: no one has signed in'
        : 'no access key is stored for identity dev',
    );
    const opening = errorOf(place.open({ mustSignIn: true }, { webflow_enabled: value }));
    expect(await opening).toMatchObject({
      code: value === 'false' ? 'ERR_USAGE' : 'ERR_AUTH_SIGN_IN_REQUIRED',
    });
  });

  test('is needed if no one has signed in, and no one can be asked', async () => {
    const place = await openSigninPlace();
    expect(await errorOf(place.open())).toMatchObject(required('no one has signed in'));
    const whyNoSignIn = 'CI is set';
    expect(await errorOf(place.open({ ask: { whyNoSignIn } }))).toMatchObject({
      ...required('no one has signed in; CI is set, so no one is asked'),
      hints: ['atmos auth login --identity dev --webflow --interactive'],
    });
    const mustSignIn = true;
    expect(await errorOf(place.open({ mustSignIn }))).toMatchObject(
      required('a new one was requested, and no one can be asked here'),
    );
    expect(await errorOf(place.open({ mustSignIn, ask: { whyNoSignIn } }))).toMatchObject({
      message: required('a new one was requested; CI is set, so no one is asked').message,
    });
    expect(place.signin.calls).toEqual([]);
  });

  test('is not used where a key is stored, unless it was requested', async () => {
    const place = await openSigninPlace();
    const storedKey = () => Promise.resolve(keys);
    const ask = { signIn: place.signIn() };
    const opened = await place.open({ ask, storedKey, mustSignIn: true });
    expect(opened.credentials).toMatchObject({ accessKeyId: expect.stringMatching(/^ASIA/) });
    expect(place.signin.requests()).toMatchObject({ Authorize: 1 });
  });

  test('is refused if the configuration does not allow it', async () => {
    const place = await openSigninPlace();
    const ask = { signIn: place.signIn() };
    const opening = place.open({ ask, mustSignIn: true }, { webflow_enabled: false });
    expect(await errorOf(opening)).toMatchObject({
      code: 'ERR_USAGE',
      message:
        'identity dev cannot be opened by a sign-in in the browser: credentials.webflow_enabled (/p/atmos.yaml:credentials:webflow_enabled) is false',
    });
  });

  test('of a person who refuses is reported', async () => {
    const place = await openSigninPlace({ pages: 'deny' });
    expect(await errorOf(place.open({ ask: { signIn: place.signIn() } }))).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_FAILED',
      message: 'the sign-in to AWS (identity dev) was refused',
      hints: again,
    });
    expect(place.kept).toBeUndefined();
  });

  test('works while the clock of this machine is wrong', async () => {
    const place = await openSigninPlace();
    place.setLocal(-60 * minuteMs);
    const { credentials, clockOffsetMs } = await place.open({ ask: { signIn: place.signIn() } });
    expect(clockOffsetMs).toBe(60 * minuteMs);
    expect(credentials).toMatchObject({ expiresAt: new Date('2026-01-01T00:15:00Z') });
    expect(place.signin.requests()).toMatchObject({ 'CreateOAuth2Token authorization_code': 2 });
  });
});

describe('the person who signs in', () => {
  const mallory = 'arn:aws:iam::999999999999:user/mallory';
  const account = '123456789012';
  const enabled = { webflow_enabled: true };

  test.each([
    ['the account', { account }],
    ['the user of the account', { account, user: 'ADA' }],
    ['the ARN', { user: person }],
  ])('is accepted as %s', async (_, expected) => {
    const place = await openSigninPlace();
    const ask = { signIn: place.signIn() };
    const opened = await place.open({ ask }, enabled, { expect: expected });
    expect(opened).toMatchObject({ signedInAs: person });
    expect(place.kept?.token.principal).toBe(person);
    expect(place.warnings).toEqual([]);
  });

  test.each([
    [mallory, { account }, `the account "${account}" (/p/atmos.yaml:spec:expect:account)`],
    [mallory, { user: person }, `the user "${person}" (/p/atmos.yaml:spec:expect:user)`],
    [
      'arn:aws:iam::999999999999:user/ada',
      { account, user: 'ada' },
      `the account "${account}" (/p/atmos.yaml:spec:expect:account)`,
    ],
    [
      `arn:aws:iam::${account}:user/team/bob`,
      { account, user: 'ada' },
      'the user "ada" (/p/atmos.yaml:spec:expect:user)',
    ],
    [
      `arn:aws:sts::${account}:assumed-role/build/ada`,
      { account, user: 'ada' },
      'the user "ada" (/p/atmos.yaml:spec:expect:user)',
    ],
  ])('is refused, and nothing is stored: %s with %j', async (principal, expected, described) => {
    const place = await openSigninPlace({ principal });
    const pages: Response[] = [];
    const openPage = async (url: URL) => pages.push(await fetch(url)) > 0;
    const ask = { signIn: place.signIn({ openPage }) };
    const error = await errorOf(place.open({ ask }, enabled, { expect: expected }));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_OTHER_USER',
      message: `identity dev expects ${described}, but ${principal} signed in`,
      hints: ['after signing out at AWS in the browser: atmos auth login --identity dev --webflow'],
    });
    expect(place.kept).toBeUndefined();
    await expect.poll(() => pages.map(({ status }) => status)).toEqual([400]);
  });

  test('is required again after the expectation has changed', async () => {
    const place = await signedIn();
    const renewing = (spec: object) => place.open({}, enabled, spec);
    await renewing({ expect: { account } });
    const error = await errorOf(renewing({ expect: { user: mallory } }));
    const user = `the user "${mallory}" (/p/atmos.yaml:spec:expect:user)`;
    expect(error).toMatchObject(required(`${user} is expected, and ${person} had signed in`));
    expect(place.signin.requests()).toMatchObject({ [refresh]: 1 });
  });

  test('is named in a warning if another person had signed in before', async () => {
    const place = await signedIn();
    const { kept } = place;
    if (kept === undefined) throw new Error('nothing is kept');
    const sign = () => place.open({ ask: { signIn: place.signIn() }, mustSignIn: true });
    await sign();
    expect(place.warnings).toEqual([]);
    place.kept = { ...kept, token: { ...kept.token, principal: mallory } };
    await sign();
    expect(place.warnings).toEqual([
      `identity dev was signed in as ${mallory}, and is now ${person}`,
    ]);
  });

  test('replaces a sign-in that cannot be read', async () => {
    const place = await openSigninPlace();
    const keptSignIn = () => Promise.reject(new AtmosError('ERR_STORE_INVALID', 'damaged'));
    const ask = { signIn: place.signIn() };
    await place.open({ ask, keptSignIn, mustSignIn: true });
    expect(place.kept?.token.principal).toBe(person);
    expect(place.warnings).toEqual([]);
  });
});

describe('a session', () => {
  test('is renewed with the same key and the rotated refresh token', async () => {
    const place = await signedIn();
    const first = place.kept?.renewal;
    place.pass(15 * minuteMs);
    const { credentials } = await place.open();
    expect(credentials).toMatchObject({ expiresAt: new Date('2026-01-01T00:30:00Z') });
    expect(place.kept?.renewal).toMatchObject({ dpop_key: first?.['dpop_key'] });
    expect(place.kept?.renewal?.['refresh_token']).not.toBe(first?.['refresh_token']);
    expect(place.kept?.token.expiresAt).toEqual(new Date('2026-01-01T12:00:00Z'));
    place.pass(15 * minuteMs);
    await place.open();
    expect(place.signin.requests()).toMatchObject({ [refresh]: 2 });
    expect(place.signin.problems()).toEqual([]);
  });

  test('is renewed without webflow_enabled, once a person has signed in', async () => {
    const place = await signedIn();
    await place.open({}, {});
    expect(place.signin.requests()).toMatchObject({ [refresh]: 1 });
    place.kept = undefined;
    expect(await errorOf(place.open({}, {}))).toMatchObject({ code: 'ERR_AUTH_KEYS_MISSING' });
  });

  test('is not renewed with webflow_enabled: false', async () => {
    const place = await signedIn();
    const opening = place.open({}, { webflow_enabled: false });
    expect(await errorOf(opening)).toMatchObject({
      code: 'ERR_AUTH_KEYS_MISSING',
      hints: ['atmos auth user configure --identity dev'],
    });
  });

  test('is renewed by the clock of the service, as it was known before', async () => {
    const place = await openSigninPlace();
    place.setLocal(60 * minuteMs);
    await place.open({ ask: { signIn: place.signIn() } });
    await place.open();
    expect(place.signin.requests()).toMatchObject({ [refresh]: 1 });
    place.setLocal(0);
    await place.open();
    expect(place.signin.requests()).toMatchObject({ [refresh]: 3 });
  });

  test.each([
    ['429', { code: 'INVALID_REQUEST', isThrottle: true }],
    ['500', { code: 'server_error' }],
  ] as const)('is renewed after one failure with status %s', async (_, fail) => {
    const place = await signedIn();
    place.signin.script({ action: refresh, fail });
    await place.open();
    expect(place.signin.requests()).toMatchObject({ [refresh]: 2 });
  });

  test.each([
    [
      { code: 'INVALID_REQUEST', message: 'slow down', isThrottle: true },
      `has too many calls of signin:CreateOAuth2Token (INVALID_REQUEST, status 429: slow down)`,
    ],
    [{ code: 'server_error' }, 'signin:CreateOAuth2Token failed: server_error, status 500'],
  ] as const)('is not renewed after two, and the sign-in is kept: %j', async (fail, message) => {
    const place = await signedIn();
    const before = place.kept;
    place.signin.script({ action: refresh, fail, times: 2 });
    expect(await errorOf(place.open())).toMatchObject({
      code: 'ERR_AWS',
      message: expect.stringContaining(message),
    });
    expect(place.kept).toBe(before);
  });

  test('is not renewed if the service cannot be reached, and the sign-in is kept', async () => {
    const place = await signedIn();
    const before = place.kept;
    place.signin.script({ action: refresh, reset: true, times: 2 });
    expect(await errorOf(place.open())).toMatchObject({ code: 'ERR_NETWORK' });
    expect(place.kept).toBe(before);
  });

  test.each([
    'TOKEN_EXPIRED',
    'AUTHCODE_EXPIRED',
    'USER_CREDENTIALS_CHANGED',
    'INVALID_REQUEST',
  ] as const)('is not renewed after %s, and nothing is sent a second time', async (code) => {
    const place = await signedIn();
    place.signin.script({ action: refresh, fail: { code, message: 'as it is' } });
    const status = { USER_CREDENTIALS_CHANGED: 403, INVALID_REQUEST: 400 }[code as string] ?? 401;
    const reason = `AWS does not renew the sign-in of ${person} (${code}, status ${status}: as it is)`;
    expect(await errorOf(place.open())).toMatchObject(required(reason));
    expect(Object.keys(place.kept?.renewal ?? {})).toEqual(['ended']);
    expect(await errorOf(place.open({}, {}))).toMatchObject(required(reason));
    expect(place.signin.requests()).toMatchObject({ [refresh]: 1 });
    // Nothing else is broken: a person signs in again.
    await place.open({ ask: { signIn: place.signIn() } });
    await place.open();
  });

  test('is not renewed without the permission, and the sign-in is kept', async () => {
    const place = await signedIn();
    const before = place.kept;
    place.signin.script({ action: refresh, fail: { code: 'INSUFFICIENT_PERMISSIONS' } });
    expect(await errorOf(place.open())).toMatchObject({
      code: 'ERR_AUTH_DENIED',
      message:
        'AWS does not give the person who signed in for identity dev credentials for programs: INSUFFICIENT_PERMISSIONS, status 403',
      hints: [
        'an administrator attaches the managed policy SignInLocalDevelopmentAccess to the user',
      ],
    });
    expect(place.kept).toBe(before);
  });

  test.each([
    ['dpop_key', undefined, 'has no valid DPoP key'],
    ['dpop_key', 'no key', 'has no valid DPoP key'],
    ['refresh_token', undefined, 'has no refresh token'],
    ['client_id', undefined, 'has no refresh token'],
  ])('is not renewed if %s is %s', async (field, value, reason) => {
    const place = await signedIn();
    const kept = place.kept;
    if (kept === undefined) throw new Error('nothing is kept');
    const renewal = { ...kept.renewal };
    if (value === undefined) delete renewal[field];
    else renewal[field] = value;
    place.kept = { ...kept, renewal };
    expect(await errorOf(place.open())).toMatchObject(
      required(`the stored sign-in of ${person} ${reason}`),
    );
    expect(place.signin.requests()).not.toHaveProperty([refresh]);
  });

  test('is not renewed after 12 hours, nor at another endpoint', async () => {
    const place = await signedIn();
    const kept = place.kept;
    if (kept === undefined) throw new Error('nothing is kept');
    place.kept = { ...kept, token: { ...kept.token, endpoint: 'https://example.com/' } };
    expect(await errorOf(place.open())).toMatchObject(
      required(
        `the sign-in of ${person} was at https://example.com/, and requests now go to ${place.signin.url}/`,
      ),
    );
    place.kept = kept;
    place.pass(12 * 60 * minuteMs - 30_000);
    expect(await errorOf(place.open())).toMatchObject(
      required(`the sign-in of ${person} has expired`),
    );
    expect(place.signin.requests()).not.toHaveProperty([refresh]);
  });
});

describe('an answer that has not the form of the service is refused:', () => {
  const answer = {
    accessToken: {
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'canary-in-the-coal-mine',
      sessionToken: 'canary-in-the-coal-mine',
    },
    tokenType: 'aws_sigv4',
    expiresIn: 900,
    refreshToken: 'canary-in-the-coal-mine',
  };
  test.each([
    ['no credentials', { accessToken: undefined }, 'accessToken'],
    ['text', { accessToken: 'canary-in-the-coal-mine' }, 'accessToken'],
    ['a damaged id', { accessToken: { ...answer.accessToken, accessKeyId: 'x y' } }, 'accessKeyId'],
    [
      'no secret',
      { accessToken: { ...answer.accessToken, secretAccessKey: '' } },
      'secretAccessKey',
    ],
    ['no token', { accessToken: { ...answer.accessToken, sessionToken: 1 } }, 'sessionToken'],
    ['another type', { tokenType: 'Bearer' }, 'tokenType'],
    ['no lifetime', { expiresIn: '900' }, 'expiresIn'],
    ['no refresh token', { refreshToken: 'canary in the coal mine' }, 'refreshToken'],
  ])('%s', async (_, changes, field) => {
    const place = await signedIn();
    const body = JSON.stringify({ ...answer, ...changes });
    place.signin.script({ action: refresh, raw: { body } });
    const error = await errorOf(place.open());
    expect(error).toMatchObject({
      code: 'ERR_AWS_ENDPOINT',
      message: `${place.signin.url} does not answer like AWS Sign-In: ${field} of CreateOAuth2Token is missing or damaged`,
    });
    expect(String(error)).not.toContain('canary');
  });

  test('a longer lifetime counts as 15 minutes', async () => {
    const place = await signedIn();
    const body = JSON.stringify({ ...answer, expiresIn: 3600 });
    place.signin.script({ action: refresh, raw: { body } });
    expect((await place.open()).credentials).toMatchObject({
      expiresAt: new Date('2026-01-01T00:15:00Z'),
    });
  });

  test('an error that repeats the refresh token is shown without it', async () => {
    const place = await signedIn();
    const token = place.kept?.renewal?.['refresh_token'] ?? '';
    const body = JSON.stringify({ error: token, message: `bad ${token}` });
    place.signin.script({ action: refresh, raw: { status: 400, body } });
    const error = await errorOf(place.open());
    expect(error).toMatchObject(
      required(`AWS does not renew the sign-in of ${person} (unknown error, status 400: bad ***)`),
    );
  });
});
