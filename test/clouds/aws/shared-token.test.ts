import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Kept, OpenContext, Opened } from '../../../src/clouds/contract.ts';
import type { SsoToken } from '../../../src/core/credentials.ts';
import { errorOf } from '../../support/error-of.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { cliTokenPath, putCliToken, readCliFile } from './cli-token-files.ts';
import { openPortalPlace, type PortalPlace } from './portal-place.ts';

// The token of a provider that shares it with the AWS CLI. The stand-in spends each refresh token once.

let place: PortalPlace;
let home: string;
let warnings: string[];

beforeEach(async () => {
  place = await openPortalPlace();
  home = temporaryDirectory();
  warnings = [];
});

afterEach(() => place.center.close());

const env = () => ({
  AWS_ENDPOINT_URL_SSO: place.center.url,
  AWS_ENDPOINT_URL_SSO_OIDC: place.center.url,
});

function planOf(spec: Readonly<Record<string, unknown>>) {
  return place.plan({ spec: { endpoint_url: '', ...spec } }, env());
}

const shared = (spec = {}) => planOf({ share: 'aws-cli', session: 'corp', ...spec });

const context = (changes: Partial<OpenContext> = {}) =>
  place.context(
    { warn: (message) => void warnings.push(message), ...changes },
    { homeDirectory: home, env: env() },
  );

const person = () => ({ ask: { signIn: place.signIn() } });

const renewing = (previous: Opened | undefined, changes: Partial<OpenContext> = {}) =>
  context({ ...(previous && { previous: { ...previous, isRefused: false } }), ...changes });

/** What another program signs in, and keeps in the file. */
function otherSignsIn(changes = {}, name: string | undefined = 'corp') {
  const token = { ...place.center.signIn(), ...changes };
  putCliToken(home, token, name);
  return token;
}

/** Another program renews the token of the file, and keeps the rotated refresh token there. */
async function otherRenews(): Promise<void> {
  const { clientId, clientSecret, refreshToken, ...token } = readCliFile(home, 'corp');
  const body = { clientId, clientSecret, refreshToken, grantType: 'refresh_token' };
  const response = await fetch(`${place.center.url}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const {
    expiresIn: _,
    tokenType: __,
    ...issued
  } = (await response.json()) as Record<string, string>;
  const expiresAt = new Date(Date.parse(token['expiresAt'] ?? '') + 60_000).toISOString();
  putCliToken(home, { ...token, clientId, clientSecret, ...issued, expiresAt }, 'corp');
}

const refreshTokenOf = ({ renewal }: Kept) => renewal?.['refresh_token'];
const accessTokenOf = ({ credentials }: Kept) => (credentials as SsoToken).accessToken;

describe('a shared token', () => {
  test('is written after a sign-in, with what renews it', async () => {
    const opened = await shared().open(context(person()));
    expect(readCliFile(home, 'corp')).toEqual({
      startUrl: place.center.startUrl,
      region: 'eu-west-1',
      accessToken: accessTokenOf(opened),
      expiresAt: '2026-01-01T01:00:00Z',
      clientId: opened.renewal?.['client_id'],
      clientSecret: opened.renewal?.['client_secret'],
      registrationExpiresAt: '2026-04-01T00:00:00Z',
      refreshToken: refreshTokenOf(opened),
    });
    expect(warnings).toEqual([]);
  });

  test('is renewed by us and by another program in turn, and each has the pair of the other', async () => {
    let opened = await shared().open(context(person()));
    for (const _ of [1, 2]) {
      await otherRenews();
      const theirs = readCliFile(home, 'corp')['refreshToken'];
      expect(theirs).not.toBe(refreshTokenOf(opened));
      opened = await shared().open(renewing(opened));
      expect(refreshTokenOf(opened)).not.toBe(theirs);
      expect(readCliFile(home, 'corp')).toMatchObject({
        refreshToken: refreshTokenOf(opened),
        accessToken: accessTokenOf(opened),
      });
      opened = await shared().open(renewing(opened));
    }
    expect(place.center.requests()).toMatchObject({ RegisterClient: 1 });
    expect(place.pages).toHaveLength(1);
    expect(place.center.problems()).toEqual([]);
  });

  test('is renewed by what another program keeps, if we have none', async () => {
    const theirs = otherSignsIn();
    const opened = await shared().open(context());
    expect(refreshTokenOf(opened)).not.toBe(theirs.refreshToken);
    expect(readCliFile(home, 'corp')).toMatchObject({
      clientId: theirs.clientId,
      refreshToken: refreshTokenOf(opened),
    });
  });

  test('is renewed with the stored one, if that of the file is older or spent', async () => {
    const opened = await shared().open(context(person()));
    const { refreshToken } = readCliFile(home, 'corp');
    const second = await shared().open(renewing(opened));
    // As a program would that has lost a race: an older pair, and one that seems to last longer.
    for (const expiresAt of ['2025-12-31T23:00:00Z', '2026-01-01T09:00:00Z']) {
      putCliToken(home, { ...readCliFile(home, 'corp'), refreshToken, expiresAt }, 'corp');
      const third = await shared().open(renewing(second));
      expect(readCliFile(home, 'corp')['refreshToken']).toBe(refreshTokenOf(third));
      Object.assign(second, third);
    }
    expect(place.pages).toHaveLength(1);
  });

  test('that another program renews while we try is read again', async () => {
    const opened = await shared().open(context(person()));
    const answered = place.center.answered('CreateToken refresh_token');
    place.center.script({
      action: 'CreateToken refresh_token',
      fail: { name: 'InvalidGrantException' },
    });
    const late = answered.then(() => otherSignsIn());
    const again = await shared().open(renewing(opened));
    const theirs = await late;
    expect(again.renewal?.['client_id']).toBe(theirs.clientId);
    expect(place.pages).toHaveLength(1);
  });

  test('whose refresh tokens are all dead needs one sign-in, and says why in one line', async () => {
    const opened = await shared().open(context(person()));
    otherSignsIn({ expiresAt: '2026-01-01T03:00:00Z' });
    place.center.endPortalSessions();
    const error = await errorOf(shared().open(renewing(opened)));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_REQUIRED',
      message: `provider corp needs a sign-in: the session at ${place.center.startUrl} has ended`,
      hints: ['atmos auth login --provider corp'],
    });
    expect(place.center.requests()['CreateToken refresh_token']).toBe(2);
    const again = await shared().open(renewing(opened, person()));
    expect(place.pages).toHaveLength(2);
    expect(readCliFile(home, 'corp')['refreshToken']).toBe(refreshTokenOf(again));
    expect(warnings).toEqual([]);
  });

  test('is not taken from the file if a new sign-in is wanted', async () => {
    otherSignsIn();
    await shared().open(context({ ...person(), isForced: true }));
    expect(place.pages).toHaveLength(1);
    expect(place.center.requests()).not.toHaveProperty('CreateToken refresh_token');
  });

  test('of another user is refused, but what renews it is written back', async () => {
    const theirs = otherSignsIn();
    const plan = shared({ expect: { account: '999999999999' } });
    const kept: Opened[] = [];
    const error = await errorOf(
      plan.open(context({ keep: async (opened) => void kept.push(opened) })),
    );
    expect(error.code).toBe('ERR_AUTH_OTHER_USER');
    const { refreshToken } = readCliFile(home, 'corp');
    expect(refreshToken).not.toBe(theirs.refreshToken);
    expect(kept.map(refreshTokenOf)).toEqual([refreshToken]);
  });

  test('of an unexpected person who signs in is not written', async () => {
    const plan = shared({ expect: { account: '999999999999' } });
    expect(await errorOf(plan.open(context(person())))).toMatchObject({
      code: 'ERR_AUTH_OTHER_USER',
    });
    expect(() => readCliFile(home, 'corp')).toThrow('ENOENT');
  });

  test('is used with a warning if it cannot be written', async () => {
    const path = putCliToken(home, '', 'corp');
    rmSync(path);
    symlinkSync('/dev/null', path);
    await shared().open(context(person()));
    expect(warnings).toEqual([
      `the token of provider corp is not shared with the AWS CLI: cannot write ${path}: it is a symbolic link`,
    ]);
  });

  test('is returned, to be stored, whatever fails while it is shared', async () => {
    const opened = await shared().open(context(person()));
    const given = renewing(opened);
    const host = {
      ...given.host,
      log(event: string) {
        if (event === 'token.written') throw new RangeError('too deep');
      },
    };
    const again = await shared().open({ ...given, host });
    expect(refreshTokenOf(again)).not.toBe(refreshTokenOf(opened));
    expect(warnings).toEqual([
      'the token of provider corp is not shared with the AWS CLI: an internal error',
    ]);
  });

  test.each(['{"startUrl": "', '[]', '{"accessToken": 1, "refreshToken": {}}'])(
    'is renewed with the stored one if the file has %s, and replaces it',
    async (text) => {
      const opened = await shared().open(context(person()));
      writeFileSync(cliTokenPath(home, 'corp'), text);
      const again = await shared().open(renewing(opened));
      expect(readCliFile(home, 'corp')['refreshToken']).toBe(refreshTokenOf(again));
      expect(warnings).toEqual([]);
    },
  );

  test('without spec.session has the name of the start URL, and nothing that renews it', async () => {
    const plan = planOf({ share: 'aws-cli' });
    const opened = await plan.open(context(person()));
    const { startUrl, region } = place.center;
    expect(readCliFile(home, startUrl)).toEqual({
      startUrl,
      region,
      accessToken: accessTokenOf(opened),
      expiresAt: '2026-01-01T01:00:00Z',
    });
    // A tool that renews tokens without a session has its own.
    const theirs = otherSignsIn({}, startUrl);
    await plan.open(renewing(opened));
    expect(readCliFile(home, startUrl)).toEqual(theirs);
  });
});

describe('a token of another program that has not expired', () => {
  test('is found for a provider that shares none, and nothing is written', async () => {
    const theirs = otherSignsIn();
    const { toolTokens } = planOf({});
    expect(await toolTokens?.read(context().host)).toEqual({
      type: 'sso',
      accessToken: theirs.accessToken,
      expiresAt: new Date('2026-01-01T01:00:00Z'),
      startUrl: place.center.startUrl,
      region: 'eu-west-1',
    });
    expect(toolTokens).toMatchObject({ tool: 'aws-cli' });
    expect(toolTokens?.write).toBeUndefined();
    expect(readCliFile(home, 'corp')).toEqual(theirs);
  });

  test('is never renewed for a provider that shares none', async () => {
    const theirs = otherSignsIn();
    const error = await errorOf(planOf({}).open(context()));
    expect(error.code).toBe('ERR_AUTH_SIGN_IN_REQUIRED');
    expect(place.center.calls).toEqual([]);
    await planOf({}).open(context(person()));
    expect(readCliFile(home, 'corp')).toEqual(theirs);
  });

  test.each([
    ['that expects a person', { expect: { user: 'ada' } }],
    ['with another session', { session: 'other' }],
    ['that shares that of another session', { session: 'other', share: 'aws-cli' }],
    ['that shares one without a session', { share: 'aws-cli' }],
  ])('is not found for a provider %s', async (_, spec) => {
    otherSignsIn();
    expect(await planOf(spec).toolTokens?.read(context().host)).toBeUndefined();
  });

  test('is not looked for where the configuration names another endpoint', () => {
    expect(place.plan({}, env()).toolTokens).toBeUndefined();
  });

  test('is not found after it has expired', async () => {
    otherSignsIn({ expiresAt: '2026-01-01T00:00:00Z' });
    expect(await shared().toolTokens?.read(context().host)).toBeUndefined();
  });
});

describe('a token that is stored', () => {
  test('is written to the shared file unless that has one that lasts as long', async () => {
    const opened = await planOf({ session: 'corp' }).open(context(person()));
    const write = async () => shared().toolTokens?.write?.(opened, context().host);
    await write();
    expect(readCliFile(home, 'corp')['refreshToken']).toBe(refreshTokenOf(opened));
    const theirs = otherSignsIn();
    await write();
    expect(readCliFile(home, 'corp')).toEqual(theirs);
  });
});

describe('signing out', () => {
  test('ends the session with the token that another program has renewed', async () => {
    const opened = await shared().open(context(person()));
    await otherRenews();
    place.center.expireTokens();
    await otherRenews();
    const { host, timeoutMs } = context();
    // An hour later only the token of the file is valid.
    const later = { ...host, now: () => new Date('2026-01-01T01:00:30Z') };
    await shared().revoke?.(opened, { host: later, timeoutMs });
    expect(place.center.requests()).toMatchObject({
      Logout: 1,
      'CreateToken refresh_token': 2,
    });
    expect(place.center.problems()).toEqual([]);
    expect(await errorOf(shared().open(renewing(opened)))).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_REQUIRED',
    });
  });
});
