import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Identity } from '../../src/core/kind-config.ts';
import { errorOf } from '../support/error-of.ts';
import type { StsRole } from '../support/sts-types.ts';
import {
  awsUserIdentity,
  hours,
  keys,
  minutes,
  openPlace,
  user,
  type Place,
  codes,
  codesOf,
  device,
  type PlaceOptions,
} from './place.ts';

// A chain of four links: the user ada, and three roles, each of which trusts the one before it.

const account = user.account;
const arnOf = (role: string) => `arn:aws:iam::${account}:role/${role}`;
const roles: StsRole[] = [
  {
    arn: arnOf('hub'),
    trust: [{ principal: `arn:aws:iam::${account}:user/ada` }],
    maxSessionSeconds: 43_200,
  },
  { arn: arnOf('spoke'), trust: [{ principal: arnOf('hub') }] },
  { arn: arnOf('short'), trust: [{ principal: `arn:aws:iam::${account}:user/ada` }] },
  { arn: arnOf('leaf'), trust: [{ principal: arnOf('spoke') }] },
];

type Fields = Partial<Identity>;

function identitiesAt(
  spec: Place['spec'],
  fields: Readonly<Record<string, Fields>> = {},
): Identity[] {
  const role = (name: string, identity: string): Identity =>
    awsUserIdentity({
      name,
      kind: 'aws/assume-role',
      spec,
      via: { identity },
      principal: { assume_role: arnOf(name) },
      ...fields[name],
    });
  const ada = awsUserIdentity({ name: 'ada', spec, ...fields['ada'] });
  return [ada, role('hub', 'ada'), role('spoke', 'hub'), role('leaf', 'spoke')];
}

const openChain = (
  fields: Readonly<Record<string, Fields>> = {},
  { beside, keyring = 'memory', ...options }: Omit<PlaceOptions, 'configured' | 'sts'> = {},
) =>
  openPlace({
    ...options,
    keyring,
    sts: { roles },
    configured: (spec) => ({ identities: identitiesAt(spec, fields), providers: [] }),
    ...(beside && { beside }),
  });

const identityOf = (place: Place, name: string): Identity => {
  const found = place.context.configured?.identities.find((one) => one.name === name);
  if (found === undefined) throw new TypeError(name);
  return found;
};

describe('a chain of four links', () => {
  let place: Place;
  beforeEach(async () => {
    place = await openChain();
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
  });

  test('is opened with one request for each link, and stored under the name of each', async () => {
    const { session } = await place.manager.login(identityOf(place, 'leaf'));
    expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 3 });
    expect(session.credentials.expiresAt).toEqual(new Date(place.clock.now.getTime() + hours));
    const entries = (await place.keyring.keys()).filter((key) => key.endsWith('@session'));
    expect(entries.sort()).toEqual(
      ['ada', 'hub', 'leaf', 'spoke'].map((name) => `atmos_r_${name}@session`),
    );
    expect(await place.manager.whoami(identityOf(place, 'leaf'))).toMatchObject({
      isValid: true,
      provider: 'spoke',
      account,
      principal: expect.stringContaining(`arn:aws:sts::${account}:assumed-role/leaf/atmos-leaf-`),
    });
  });

  test.each([
    ['slow', 20 * minutes],
    ['fast', -20 * minutes],
  ])('corrects a clock that is %s once', async (_, offsetMs) => {
    place.server.setClock(offsetMs);
    await place.manager.login(identityOf(place, 'leaf'));
    // The offset is stored with the session.
    await place.manager.whoami(identityOf(place, 'leaf'));
    expect(place.server.calls.map(({ action }) => action)).toEqual([
      'GetSessionToken',
      'GetSessionToken',
      'AssumeRole',
      'AssumeRole',
      'AssumeRole',
      'GetCallerIdentity',
    ]);
  });

  test('needs no request and not the long-lived key while its session lasts', async () => {
    await place.manager.login(identityOf(place, 'leaf'));
    const before = place.server.calls.length;
    await place.keyring.set('atmos_r_ada', 'damaged');
    const again = await place.manager.login(identityOf(place, 'leaf'));
    expect(again.wasOpened).toBe(false);
    expect(place.server.calls).toHaveLength(before);
  });

  test('opens only the links whose sessions have expired', async () => {
    await place.manager.login(identityOf(place, 'leaf'));
    place.clock.now = new Date(place.clock.now.getTime() + 61 * minutes);
    await place.manager.login(identityOf(place, 'leaf'));
    // The session of ada lasts 12 hours; those of roles last one.
    expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 6 });
  });

  test('opens only a link in the middle if only its session has expired', async () => {
    const short = { principal: { assume_role: arnOf('spoke'), duration: '15m' } };
    const edited = await openChain({ spoke: short }, { beside: place });
    await edited.manager.login(identityOf(edited, 'leaf'));
    place.clock.now = new Date(place.clock.now.getTime() + 16 * minutes);
    await edited.manager.login(identityOf(edited, 'spoke'));
    expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 4 });
    expect((await edited.manager.login(identityOf(edited, 'leaf'))).wasOpened).toBe(false);
  });

  test('uses a session of a link before it until shortly before its end', async () => {
    await place.manager.login(identityOf(place, 'hub'));
    place.clock.now = new Date(place.clock.now.getTime() + 50 * minutes);
    await place.manager.login(identityOf(place, 'spoke'));
    expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 2 });
  });

  test('opens only the link itself when it is forced', async () => {
    await place.manager.login(identityOf(place, 'leaf'));
    await place.manager.login(identityOf(place, 'leaf'), { force: true });
    expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 4 });
  });

  test('does not use a session after a setting of a link before it has changed', async () => {
    await place.manager.login(identityOf(place, 'leaf'));
    const other = { principal: { assume_role: arnOf('spoke'), session_name: 'other' } };
    const edited = await openChain({ spoke: other }, { beside: place });
    const result = await edited.manager.login(identityOf(edited, 'leaf'));
    expect(result).toMatchObject({
      wasOpened: true,
      changed:
        'a setting changed after the session was opened: principal.session_name of identity spoke was not set and is now other',
    });
    expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 5 });
  });

  test('has no session left after another key was stored for its first link', async () => {
    await place.manager.login(identityOf(place, 'leaf'));
    const other = { ...keys, secretAccessKey: keys.secretAccessKey.toUpperCase() };
    await place.manager.saveKeys(identityOf(place, 'ada'), other);
    expect(await place.keyring.keys()).toEqual(['atmos_r_ada']);
  });

  test('stores no session if the key is replaced while a link after it is opened', async () => {
    const other = { ...keys, secretAccessKey: keys.secretAccessKey.toUpperCase() };
    await place.manager.login(identityOf(place, 'ada'));
    let answer = () => {};
    const until = new Promise<void>((resolve) => void (answer = resolve));
    place.server.script({ action: 'AssumeRole', until });
    const login = place.manager.login(identityOf(place, 'hub'));
    await vi.waitUntil(() => place.server.calls.some(({ action }) => action === 'AssumeRole'));
    await place.manager.saveKeys(identityOf(place, 'ada'), other);
    answer();
    expect((await login).storeFailure).toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      message:
        'the access key of identity ada was replaced or removed while this session was opened',
      hints: ['atmos auth login --identity hub'],
    });
    expect(await place.keyring.keys()).toEqual(['atmos_r_ada']);
  });

  test('opens a session again that lasts less than required', async () => {
    const leaf = identityOf(place, 'leaf');
    await place.manager.login(leaf);
    place.clock.now = new Date(place.clock.now.getTime() + 20 * minutes);
    const enough = await place.manager.login(leaf, { minValidityMs: 40 * minutes });
    expect(enough.wasOpened).toBe(false);
    const again = await place.manager.login(leaf, { minValidityMs: 41 * minutes });
    expect(again.wasOpened).toBe(true);
    expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 4 });
  });

  test.each([
    ['leaf', '1h'],
    ['ada', '1d 12h'],
  ])('refuses a duration that no session of %s can have, before a request', async (name, most) => {
    const error = await errorOf(
      place.manager.login(identityOf(place, name), { minValidityMs: 37 * hours }),
    );
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: `a session of identity ${name} lasts ${most} at most, and 1d 13h are required`,
    });
    expect(place.server.calls).toEqual([]);
  });

  test('refuses a session that turns out to be too short after it was opened', async () => {
    const error = await errorOf(
      place.manager.login(identityOf(place, 'ada'), { minValidityMs: 13 * hours }),
    );
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: 'a session of identity ada lasts 12h at most, and 13h are required',
    });
    expect(place.server.requests()).toEqual({ GetSessionToken: 1 });
  });

  test('is opened again with the key of another user when via names that user', async () => {
    const other = { via: { identity: 'grace' } };
    const grace = awsUserIdentity({ name: 'grace', spec: place.spec });
    await place.manager.saveKeys(grace, keys);
    await place.manager.login(identityOf(place, 'hub'));
    const edited = await openChain({ hub: other }, { beside: place });
    const identities = [...(edited.context.configured?.identities ?? []), grace];
    Object.assign(edited.context, { configured: { identities, providers: [] } });
    expect(await edited.manager.login(identityOf(edited, 'hub'))).toMatchObject({
      wasOpened: true,
      changed:
        'a setting changed after the session was opened: via was identity ada and is now identity grace',
    });
  });

  test('is opened once by two callers at the same time', async () => {
    const leaf = identityOf(place, 'leaf');
    await Promise.all([place.manager.login(leaf), place.manager.login(leaf)]);
    expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 3 });
  });

  test('opens a base again, once, when the service does not accept it', async () => {
    await place.manager.login(identityOf(place, 'hub'));
    place.server.expireSessions();
    await place.manager.login(identityOf(place, 'spoke'));
    expect(place.server.requests()).toEqual({ GetSessionToken: 2, AssumeRole: 5 });
  });
});

describe('a role of more than one hour that a user opens', () => {
  const long = { principal: { assume_role: arnOf('hub'), duration: '12h' } };
  const withDevice = { credentials: { mfa_arn: device } };

  test('is opened with the key of the user, because AWS refuses it to a session', async () => {
    const place = await openChain({ hub: long });
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
    const { session } = await place.manager.login(identityOf(place, 'hub'));
    expect(session.credentials.expiresAt).toEqual(new Date(place.clock.now.getTime() + 12 * hours));
    expect(place.server.calls).toMatchObject([
      { action: 'AssumeRole', accessKeyId: user.accessKeyId, params: { DurationSeconds: '43200' } },
    ]);
    expect((await place.manager.login(identityOf(place, 'leaf'))).wasOpened).toBe(true);
    expect(place.server.requests()).toEqual({ AssumeRole: 3 });
  });

  test('is opened with a code of the device of the user', async () => {
    const { asked, mfaCode } = codesOf(codes[0], codes[1]);
    const place = await openChain({ ada: withDevice, hub: long }, { mfaCode });
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
    await place.manager.login(identityOf(place, 'hub'));
    expect(asked).toEqual([{ device, isRetry: false }]);
    expect(place.server.calls).toMatchObject([
      { action: 'AssumeRole', accessKeyId: user.accessKeyId, params: { SerialNumber: device } },
    ]);
  });

  test('is opened with the device that is stored with the key', async () => {
    const { asked, mfaCode } = codesOf(codes[0]);
    const place = await openChain({ hub: long }, { mfaCode });
    await place.manager.saveKeys(identityOf(place, 'ada'), { ...keys, mfaArn: device });
    await place.manager.login(identityOf(place, 'hub'));
    expect(asked).toEqual([{ device, isRetry: false }]);
  });

  test('uses the program of the user for the code, also where the role names the device', async () => {
    const credentials = { mfa_arn: device, mfa_process: 'print-code' };
    const stdout = Buffer.from(codes[0]);
    const runShell = async () => ({ exitCode: 0, stdout, timedOut: false, wroteTooMuch: false });
    const hub = { principal: { ...long.principal, mfa_arn: device } };
    const place = await openChain({ ada: { credentials }, hub }, { host: { runShell } });
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
    await place.manager.login(identityOf(place, 'hub'));
    expect(place.server.calls).toMatchObject([
      { action: 'AssumeRole', params: { SerialNumber: device } },
    ]);
  });

  test('does not use the program of the user for another device of the role', async () => {
    const credentials = { mfa_arn: device, mfa_process: 'exit 1' };
    const other = `${device}-2`;
    const hub = { principal: { ...long.principal, mfa_arn: other } };
    const { asked, mfaCode } = codesOf();
    const place = await openChain({ ada: { credentials }, hub }, { mfaCode });
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
    const { code } = await errorOf(place.manager.login(identityOf(place, 'hub')));
    expect(code).toBe('ERR_AUTH_MFA_REQUIRED');
    expect(asked).toEqual([{ device: other, isRetry: false }]);
  });

  test('names the user whose key AWS refuses, and says so at the next attempt', async () => {
    const place = await openChain({ hub: long }, { keyring: 'file' });
    const unknown = { ...keys, accessKeyId: 'AKIAIOSFODNN7UNKNOWN' };
    await place.manager.saveKeys(identityOf(place, 'ada'), unknown);
    const error = await errorOf(place.manager.login(identityOf(place, 'hub')));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_KEYS_REFUSED',
      hints: ['atmos auth user configure --identity ada'],
    });
    expect(error.message).toContain(
      'link 2 of 2, identity hub (aws/assume-role): AWS does not accept the access key AKIA',
    );
    await errorOf(place.manager.login(identityOf(place, 'hub')));
    expect(place.warnings).toEqual([
      expect.stringMatching(/^AWS refused the access key of identity ada at .*; trying it again$/),
    ]);
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
    await place.manager.login(identityOf(place, 'hub'));
    expect(place.warnings).toHaveLength(1);
  });

  test('names the place of a configured key that AWS refuses', async () => {
    const { secretAccessKey } = keys;
    const credentials = {
      access_key_id: 'AKIAIOSFODNN7UNKNOWN',
      secret_access_key: secretAccessKey,
    };
    const place = await openChain({ ada: { credentials }, hub: long });
    expect(await errorOf(place.manager.login(identityOf(place, 'hub')))).toMatchObject({
      code: 'ERR_AUTH_KEYS_REFUSED',
      hints: ['correct access_key_id and secret_access_key (/p/atmos.yaml:credentials)'],
    });
  });

  test('names the user whose key is missing', async () => {
    const place = await openChain({ hub: long }, { keyring: 'file' });
    const error = await errorOf(place.manager.login(identityOf(place, 'hub')));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_KEYS_MISSING',
      hints: [
        'atmos auth user configure --identity ada',
        'set principal.duration of the role to 1h: then a session of the user opens it',
      ],
    });
    expect(error.message).toContain('link 1 of 2, identity ada (aws/user): ');
  });

  test('names the user whose stored device AWS does not know', async () => {
    const { mfaCode } = codesOf(codes[0], codes[1]);
    const place = await openChain({ hub: long }, { keyring: 'file', mfaCode });
    await place.manager.saveKeys(identityOf(place, 'ada'), { ...keys, mfaArn: `${device}-2` });
    expect(await errorOf(place.manager.login(identityOf(place, 'hub')))).toMatchObject({
      code: 'ERR_AUTH_MFA_REFUSED',
      hints: [
        'aws iam list-mfa-devices',
        'to correct mfa_arn: atmos auth user configure --identity ada',
      ],
    });
  });

  test('is not stored if the key is replaced while it is opened', async () => {
    const place = await openChain({ hub: long });
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
    let answer = () => {};
    const until = new Promise<void>((resolve) => void (answer = resolve));
    place.server.script({ action: 'AssumeRole', until });
    const login = place.manager.login(identityOf(place, 'hub'));
    await vi.waitUntil(() => place.server.calls.length > 0);
    const other = { ...keys, secretAccessKey: keys.secretAccessKey.toUpperCase() };
    await place.manager.saveKeys(identityOf(place, 'ada'), other);
    answer();
    expect((await login).storeFailure).toMatchObject({ code: 'ERR_STORE_CONFLICT' });
    expect(await place.keyring.keys()).toEqual(['atmos_r_ada']);
  });
});

describe('an error of a link', () => {
  test('names the chain, the link, and what AWS answered, and keeps the other sessions', async () => {
    const place = await openChain({
      spoke: { principal: { assume_role: arnOf('leaf') } },
    });
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
    const error = await errorOf(place.manager.login(identityOf(place, 'leaf')));
    expect(error.code).toBe('ERR_AUTH_DENIED');
    expect(error.message).toContain(
      `no session for identity leaf (identity ada → identity hub → identity spoke → identity leaf): link 3 of 4, identity spoke (aws/assume-role): AWS denies sts:AssumeRole of ${arnOf('leaf')}: `,
    );
    expect(error.hints).toEqual([
      'the trust policy of the role may not allow it: its principal, and its conditions',
      'the caller may have no permission for sts:AssumeRole on this role',
      'if the trust policy requires MFA or an external id, set principal.mfa_arn or principal.external_id',
    ]);
    const entries = (await place.keyring.keys()).filter((key) => key.endsWith('@session'));
    expect(entries.sort()).toEqual(['atmos_r_ada@session', 'atmos_r_hub@session']);
  });

  test('names the identity whose key is missing in its hint', async () => {
    const place = await openChain({}, { keyring: 'file' });
    const error = await errorOf(place.manager.login(identityOf(place, 'hub')));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_KEYS_MISSING',
      hints: [
        'atmos auth user configure --identity ada',
        'to sign in with a browser instead: atmos auth login --identity ada --webflow',
      ],
    });
    expect(error.message).toBe(
      'no session for identity hub (identity ada → identity hub): link 1 of 2, identity ada (aws/user): no access key is stored for identity ada',
    );
  });

  test('says what AWS answered to a duration above the maximum of the role', async () => {
    const place = await openChain({
      hub: { principal: { assume_role: arnOf('short'), duration: '12h' } },
    });
    await place.manager.saveKeys(identityOf(place, 'ada'), keys);
    const error = await errorOf(place.manager.login(identityOf(place, 'hub')));
    expect(error).toMatchObject({
      code: 'ERR_AWS',
      hints: ['set principal.duration to a shorter time: the maximum is a setting of the role'],
    });
    expect(error.message).toContain(
      `link 2 of 2, identity hub (aws/assume-role): AWS rejects the request to open ${arnOf('short')}: `,
    );
  });
});
