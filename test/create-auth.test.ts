import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createAuth, type CreateAuthOptions } from '../src/create-auth.ts';
import { openMemoryKeyring } from '../src/keyring/memory.ts';
import { putSessions } from './clouds/aws/go-atmos-files.ts';
import { errorOf } from './support/error-of.ts';
import { openTestKeyring, testPassword } from './support/file-keyring.ts';
import { startIdentityCenter } from './support/aws/identity-center.mjs';
import { startSts } from './support/sts-server.mjs';
import type { StsServer } from './support/sts-types.ts';
import { temporaryDirectory } from './support/temporary.ts';

const device = 'arn:aws:iam::012345678901:mfa/ada';
const user = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
  account: '012345678901',
  userName: 'ada',
  mfa: { arn: device, codes: ['271828', '314159'] },
};
const storedKey = JSON.stringify({
  type: 'aws',
  data: { access_key_id: user.accessKeyId, secret_access_key: user.secretAccessKey },
});
const principal = 'arn:aws:iam::012345678901:user/ada';

let root: string;
let sts: StsServer;

// A program uses the environment of its process: here an empty one.
beforeEach(async () => {
  root = temporaryDirectory();
  for (const name of Object.keys(process.env)) {
    if (/^(ATMOS|AWS)_|^CREDENTIALS_DIRECTORY$/.test(name)) vi.stubEnv(name, undefined);
  }
  vi.stubEnv('XDG_DATA_HOME', join(root, 'data'));
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
  vi.stubEnv('XDG_CONFIG_HOME', join(root, '.config'));
  vi.stubEnv('XDG_CACHE_HOME', join(root, '.cache'));
  sts = await startSts({ keys: [user] });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await sts.close();
  });
});

/** The configuration of one identity `deploy`, as an object. */
function configOf(identity: object = {}) {
  const deploy = {
    kind: 'aws/user',
    default: true,
    spec: { endpoint_url: sts.url },
    ...identity,
  };
  return { auth: { identities: { deploy } } };
}

async function open(options: CreateAuthOptions) {
  const auth = await createAuth(options);
  onTestFinished(() => auth.close());
  return auth;
}

async function keyringWithKey(key = 'atmos_default_deploy') {
  const keyring = openMemoryKeyring();
  await keyring.set(key, storedKey);
  return keyring;
}

const sessionCalls = () => sts.calls.filter(({ action }) => action === 'GetSessionToken').length;

describe("from an object, with a keyring of one's own", () => {
  test('a session is opened, stored, returned and removed', async () => {
    const keyring = await keyringWithKey();
    const auth = await open({ config: configOf(), keyring });
    const session = await auth.login();
    expect(session).toEqual({
      accessKeyId: expect.stringMatching(/^ASIA/),
      secretAccessKey: expect.any(String),
      sessionToken: expect.any(String),
      expiration: expect.any(Date),
    });
    expect(await auth.credentials('DEPLOY')).toEqual(session);
    expect(sessionCalls()).toBe(1);
    expect(await auth.whoami()).toMatchObject({ identity: 'deploy', isValid: true, principal });

    expect(await auth.login('deploy', { force: true })).not.toEqual(session);
    const removed = { key: 'atmos_default_deploy@session', identity: 'deploy', item: 'session' };
    expect(await auth.logout()).toEqual([removed]);
    expect(await auth.whoami()).toMatchObject({ isValid: false, reason: 'there is no session' });
    expect(await auth.logout('deploy', { includeKeys: true })).toEqual([
      { key: 'atmos_default_deploy', identity: 'deploy', item: 'key' },
    ]);
    expect(await errorOf(auth.credentials())).toMatchObject({
      code: 'ERR_AUTH_KEYS_MISSING',
      message: 'no access key is stored for identity deploy',
    });
  });

  test('a logout that fails for an entry still removes the plain files of Atmos', async () => {
    const { credentials } = putSessions(root, 'default', 'aws-user', ['deploy']);
    const keyring = openMemoryKeyring();
    const other = { type: 'aws', data: {}, realm: 'default', alias: 'other', item: 'session' };
    await keyring.set('atmos_default_deploy@session', JSON.stringify(other));
    const auth = await open({ config: configOf(), keyring });
    expect(await errorOf(auth.logout())).toMatchObject({ code: 'ERR_KEYRING_FOREIGN' });
    expect(existsSync(credentials)).toBe(false);
  });

  test('a session that Atmos has in a plain file is removed too', async () => {
    const auth = await open({ config: configOf(), keyring: await keyringWithKey() });
    const { credentials, config } = putSessions(root, 'default', 'aws-user', ['deploy']);
    const deploy = { realm: 'default', identity: 'deploy' };
    const removed = await auth.logout();
    expect(removed).toHaveLength(2);
    expect(removed).toEqual(
      expect.arrayContaining([
        { path: config, item: 'profile', ...deploy },
        { path: credentials, item: 'session', ...deploy },
      ]),
    );
    expect(existsSync(credentials)).toBe(false);
  });

  test('the keyring stays open', async () => {
    const keyring = await keyringWithKey();
    const auth = await createAuth({ config: configOf(), keyring });
    await auth.close();
    expect(await keyring.get('atmos_default_deploy')).toBe(storedKey);
  });

  test('the links of a chain are opened and listed', async () => {
    const arnOf = (role: string) => `arn:aws:iam::012345678901:role/${role}`;
    await sts.close();
    sts = await startSts({
      keys: [user],
      roles: [
        { arn: arnOf('hub'), trust: [{ principal }] },
        { arn: arnOf('leaf'), trust: [{ principal: arnOf('hub') }] },
      ],
    });
    const role = (name: string, identity: string) => ({
      kind: 'aws/assume-role',
      via: { identity },
      spec: { endpoint_url: sts.url },
      principal: { assume_role: arnOf(name) },
    });
    const config = configOf();
    const identities = {
      ...config.auth.identities,
      hub: role('hub', 'deploy'),
      leaf: role('leaf', 'hub'),
      broken: role('leaf', 'nobody'),
    };
    const auth = await open({ config: { auth: { identities } }, keyring: await keyringWithKey() });
    const { expiration } = await auth.credentials('hub');
    const one = { type: 'identity', kind: 'aws/assume-role', isDefault: false } as const;
    expect(await auth.list()).toEqual([
      {
        ...one,
        name: 'broken',
        chain: [],
        session: 'none',
        reason: expect.stringContaining('is not an identity: "nobody"'),
      },
      {
        ...one,
        name: 'deploy',
        kind: 'aws/user',
        isDefault: true,
        chain: ['deploy'],
        session: 'valid',
        expiresAt: expect.any(Date),
      },
      {
        ...one,
        name: 'hub',
        chain: ['deploy', 'hub'],
        session: 'valid',
        expiresAt: expiration,
      },
      { ...one, name: 'leaf', chain: ['deploy', 'hub', 'leaf'], session: 'none' },
    ]);
    const leaf = await auth.credentials('leaf');
    expect(await auth.credentials('leaf')).toEqual(leaf);
    expect(sts.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 2 });
  });

  test('a list reads nothing from a keyring that is locked', async () => {
    const keyring = {
      ...openMemoryKeyring(),
      probe: async () => ({ state: 'locked' as const, reason: 'it is locked' }),
      get: () => Promise.reject(new Error('read')),
    };
    const auth = await open({ config: configOf(), keyring });
    expect(await auth.list()).toMatchObject([
      { name: 'deploy', session: 'locked', reason: 'it is locked' },
    ]);
  });

  test('an SDK accepts the credentials', async () => {
    const auth = await open({ config: configOf(), keyring: await keyringWithKey() });
    const client = new STSClient({
      region: 'us-east-1',
      endpoint: sts.url,
      credentials: () => auth.credentials(),
    });
    onTestFinished(() => client.destroy());
    for (let call = 0; call < 2; call++) {
      expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({ Arn: principal });
    }
    expect(sessionCalls()).toBe(1);
    expect(sts.calls.at(-1)?.accessKeyId).toMatch(/^ASIA/);
  });

  test('the program is asked for a code of an MFA device', async () => {
    const asked: unknown[] = [];
    const codes = ['000000', '271828'];
    const auth = await open({
      config: configOf({ credentials: { mfa_arn: device } }),
      keyring: await keyringWithKey(),
      mfaCode: (request) => {
        asked.push(request);
        return Promise.resolve(codes.shift());
      },
    });
    await auth.credentials();
    expect(asked).toEqual([
      { device, isRetry: false },
      { device, isRetry: true },
    ]);
    const without = await open({
      config: configOf({ credentials: { mfa_arn: device } }),
      keyring: await keyringWithKey(),
    });
    expect(await errorOf(without.credentials())).toMatchObject({ code: 'ERR_AUTH_MFA_REQUIRED' });
  });

  describe('a person', () => {
    async function openCenter() {
      const center = await startIdentityCenter({ pages: 'allow' });
      onTestFinished(() => center.close());
      const config = {
        auth: {
          realm: 'r',
          providers: {
            corp: {
              kind: 'aws/iam-identity-center',
              start_url: center.startUrl,
              region: center.region,
              spec: { endpoint_url: center.url },
            },
          },
          identities: {
            dev: {
              kind: 'aws/permission-set',
              default: true,
              via: { provider: 'corp' },
              principal: { name: 'ReadOnly', account: { id: center.accounts[0]?.id } },
            },
          },
        },
      };
      return { center, config, keyring: openMemoryKeyring() };
    }

    test('signs in with a code that the program shows', async () => {
      const { center, config, keyring } = await openCenter();
      const shown: unknown[] = [];
      const signIn = {
        showPage(page: { code?: string; named: string }) {
          shown.push(page);
          center.approve({ userCode: page.code ?? '' });
          return new Promise<never>(() => {});
        },
      };
      const auth = await open({ config, keyring, signIn });
      expect(await auth.credentials()).toMatchObject({ sessionToken: expect.any(String) });
      expect(shown).toEqual([
        {
          url: expect.any(URL),
          code: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
          named: 'provider corp',
          expiresAt: expect.any(Date),
        },
      ]);
    });

    test('signs in with a browser that the program opens, or with a pasted address', async () => {
      for (const way of ['browser', 'paste'] as const) {
        const { config, keyring } = await openCenter();
        let found: (address: string) => void = () => {};
        const last = new Promise<string>((resolve) => (found = resolve));
        const auth = await open({
          config,
          keyring,
          signIn: {
            showPage: () => Promise.resolve(),
            async openPage(url) {
              const { headers } = await fetch(url, { redirect: 'manual' });
              found(headers.get('location') ?? '');
              if (way === 'browser') void last.then((address) => fetch(address));
              return true;
            },
            pasteAddress: () => (way === 'paste' ? last : new Promise<never>(() => {})),
          },
        });
        expect(await auth.credentials()).toMatchObject({ sessionToken: expect.any(String) });
      }
    });

    test('is not asked unless the program says how; who cancels, cancels', async () => {
      const { center, config, keyring } = await openCenter();
      const silent = await open({ config, keyring });
      expect(await errorOf(silent.credentials())).toMatchObject({
        code: 'ERR_AUTH_SIGN_IN_REQUIRED',
      });
      expect(center.calls).toEqual([]);
      const canceling = await open({
        config,
        keyring,
        signIn: { showPage: () => Promise.reject(new Error('closed the window')) },
      });
      await expect(canceling.credentials()).rejects.toThrow('closed the window');
    });
  });

  test('warnings are reported: about the configuration and about a session that was not stored', async () => {
    const keyring = { ...(await keyringWithKey()) };
    const full = openTestKeyring({ directory: join(root, 'keyring'), password: 'short' });
    const warnings: string[] = [];
    const config = { auth: { ...configOf().auth, keyring: { typ: 'file' } } };
    const auth = await open({
      config,
      keyring: { ...keyring, set: (key, value) => full.set(key, value) },
      onWarning: (message) => void warnings.push(message),
    });
    await auth.credentials();
    expect(warnings).toEqual([
      expect.stringMatching(
        /^auth\.keyring\.typ \(config:\d+:\d+\) is not known: did you mean type\?$/,
      ),
      expect.stringMatching(/^the session could not be stored: the password for the new keyring /),
    ]);
  });
});

describe('the identity', () => {
  const two = (deploy: boolean, ops: boolean) => ({
    auth: {
      identities: {
        deploy: { kind: 'aws/user', default: deploy },
        ops: { kind: 'aws/user', default: ops },
      },
    },
  });

  test.each([
    [
      two(false, false),
      'no identity was given and no identity is the default; the identities are deploy, ops',
    ],
    [
      two(true, true),
      expect.stringMatching(
        /^more than one identity is the default: deploy \(config:\d+:\d+\), ops \(config:\d+:\d+\)$/,
      ),
    ],
  ])('must be unambiguous: %#', async (config, message) => {
    const auth = await open({ config, keyring: openMemoryKeyring() });
    expect(await errorOf(auth.whoami())).toMatchObject({
      code: 'ERR_IDENTITY_REQUIRED',
      message,
      hints: ['name one, or set default: true for one'],
    });
  });

  test.each([5, null, {}])('must be text, not %j', async (name) => {
    const auth = await open({ config: configOf(), keyring: openMemoryKeyring() });
    // As a program in JavaScript may call it.
    const identity = name as unknown as string;
    for (const call of [auth.credentials, auth.login, auth.whoami, auth.logout]) {
      await expect(call(identity)).rejects.toThrow(new TypeError('identity must be text'));
    }
  });

  test('must exist', async () => {
    const auth = await open({ config: two(true, false), keyring: openMemoryKeyring() });
    for (const call of [auth.login('opps'), auth.whoami('opps'), auth.logout('opps')]) {
      expect(await errorOf(call)).toMatchObject({
        code: 'ERR_IDENTITY_UNKNOWN',
        hints: ['did you mean ops?'],
      });
    }
  });
});

describe('from a file, with the keyring that it names', () => {
  function writeProject(): string {
    const file = join(root, 'project/atmos.yaml');
    mkdirSync(join(root, 'project'), { mode: 0o700 });
    const text = JSON.stringify({
      auth: { realm: 'r', keyring: { type: 'file' }, ...configOf().auth },
    });
    writeFileSync(file, text);
    return file;
  }

  async function storeKey() {
    const keyring = openTestKeyring({ directory: join(root, 'data/atmos/keyring') });
    await keyring.set('atmos_r_deploy', storedKey);
    await keyring.close();
  }

  test('the password comes from the environment or from the program', async () => {
    const config = writeProject();
    await storeKey();
    vi.stubEnv('ATMOS_KEYRING_PASSWORD', testPassword);
    const session = await (await open({ config })).credentials();
    vi.stubEnv('ATMOS_KEYRING_PASSWORD', undefined);
    const asked: unknown[] = [];
    const promptPassword = (request: unknown) => {
      asked.push(request);
      return Promise.resolve(testPassword);
    };
    const auth = await open({ config, promptPassword });
    expect(await auth.credentials()).toEqual(session);
    expect(asked).toEqual([{ location: join(root, 'data/atmos/keyring'), isNew: false }]);
    expect(await errorOf((await open({ config })).credentials())).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    });
  });

  test('the file is searched for if no path is given', async () => {
    const config = writeProject();
    vi.stubEnv('ATMOS_CONFIG', config);
    const auth = await open({ keyring: await keyringWithKey('atmos_r_deploy') });
    expect(await auth.credentials()).toMatchObject({ sessionToken: expect.any(String) });
  });

  test('a missing or invalid file and an unknown keyring are reported at once', async () => {
    expect(await errorOf(createAuth({ config: join(root, 'none.yaml') }))).toMatchObject({
      code: 'ERR_CONFIG_NOT_FOUND',
      message: `${root}/none.yaml (from options.config) does not exist`,
    });
    const broken = join(root, 'broken.yaml');
    writeFileSync(broken, 'auth: [');
    expect(await errorOf(createAuth({ config: broken }))).toMatchObject({
      code: 'ERR_CONFIG_SYNTAX',
    });
    const config = { auth: { keyring: { type: 'fil' } } };
    expect(await errorOf(createAuth({ config }))).toMatchObject({
      code: 'ERR_KEYRING_UNKNOWN_TYPE',
      hints: ['did you mean file?'],
    });
  });
});

test('only the returned credentials contain the session', async () => {
  const auth = await open({ config: configOf(), keyring: await keyringWithKey() });
  await auth.credentials();
  const shown = inspect([auth, await auth.whoami(), await auth.logout()], {
    depth: 9,
    showHidden: true,
  });
  expect(shown).not.toContain(user.secretAccessKey);
});
