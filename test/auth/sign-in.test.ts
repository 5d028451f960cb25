import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createSecureContext, createServer } from 'node:tls';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createAuthManager } from '../../src/app/open.ts';
import type { Configured } from '../../src/auth/chain.ts';
import type { AuthContext } from '../../src/auth/context.ts';
import type { SignIn } from '../../src/clouds/contract.ts';
import { AtmosError } from '../../src/core/errors.ts';
import type { SsoToken } from '../../src/core/credentials.ts';
import type { Identity, Provider, TrustNeed } from '../../src/core/kind-config.ts';
import type { Variable } from '../../src/core/variables.ts';
import type { Envelope } from '../../src/store/envelope.ts';
import type { TokenNotes } from '../../src/store/token-store.ts';
import { startIdentityCenter } from '../support/aws/identity-center.mjs';
import type {
  IdentityCenter,
  IdentityCenterOptions,
} from '../support/aws/identity-center-types.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { errorOf } from '../support/error-of.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { awsUserIdentity, hours, minutes, openPlace, testStart, type Place } from './place.ts';

// A portal, a session of a permission set that is opened with its token, and two roles above that.

const account = '111111111111';
const arnOf = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const roles = [
  { arn: arnOf('deploy'), trust: [{ principal: `arn:aws:iam::${account}:root` }] },
  { arn: arnOf('audit'), trust: [{ principal: arnOf('deploy') }] },
];

interface Office extends Place {
  readonly center: IdentityCenter;
  readonly time: { now: Date };
  /** How often a person was asked to sign in. */
  readonly asked: { count: number };
}

interface OfficeOptions {
  /** The place of another process. */
  beside?: Office;
  center?: IdentityCenterOptions;
  /** `null`: no one can be asked. Default: a person who allows it. */
  signIn?: Partial<SignIn> | null;
  settings?: Record<string, unknown>;
  /** With `auth.session_files: true`. */
  isShared?: boolean;
}

async function openOffice(options: OfficeOptions = {}): Promise<Office> {
  const { beside, signIn = {}, settings = {} } = options;
  const time = beside?.time ?? { now: testStart };
  const now = () => time.now;
  const root = beside?.root ?? temporaryDirectory();
  const asked = { count: 0 };
  const pending: { addSession?: Place['server']['addSession'] } = {};
  const isAtAws = options.isShared === true;
  const center =
    beside?.center ??
    (await startIdentityCenter({
      now,
      pollIntervalSeconds: 0,
      onCredentials: (session) => pending.addSession?.(session),
      ...options.center,
    }));
  if (beside === undefined) onTestFinished(() => center.close());
  const place = await openPlace({
    ...(beside && { beside }),
    host: {
      now,
      env: { ...directoriesIn(root), ...(isAtAws && (await asAws(center, root))) },
    },
    sts: { now, roles },
    configured: (spec) => ({
      providers: [corp(center, isAtAws ? { spec: { endpoint_url: '' }, ...settings } : settings)],
      identities: [
        awsUserIdentity({
          name: 'dev',
          kind: 'aws/permission-set',
          via: { provider: 'corp' },
          principal: { name: 'ReadOnly', account: { id: account } },
        }),
        role('deploy', 'dev', spec),
        role('audit', 'deploy', spec),
      ],
    }),
  });
  pending.addSession = place.server.addSession;
  const person: SignIn = {
    flow: 'device',
    async showPage() {
      asked.count++;
      center.approve();
    },
    ...signIn,
  };
  const context = {
    ...place.context,
    ask: signIn === null ? {} : { signIn: person },
    ...(options.isShared && { sessionFiles: { configFiles: [] } }),
  };
  return { ...place, root, context, manager: createAuthManager(context), center, time, asked };
}

/** The environment in which the hosts of AWS for the portal are the stand-in. */
async function asAws(center: IdentityCenter, root: string): Promise<Record<string, string>> {
  const hosts = ['portal.sso', 'oidc'].map((name) => `${name}.${center.region}.amazonaws.com`);
  const certificates = new Map(hosts.map((host) => [host, selfSignedCertificate(host)]));
  const { port } = new URL(center.url);
  const aws = createServer(
    {
      SNICallback: (name, done) => done(null, createSecureContext(certificates.get(name) ?? {})),
    },
    (socket) => {
      const upstream = connect(Number(port), '127.0.0.1');
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
    },
  );
  aws.listen(0, '127.0.0.1');
  await once(aws, 'listening');
  const proxy = await startConnectProxy((aws.address() as AddressInfo).port);
  onTestFinished(() => {
    proxy.close();
    aws.close();
  });
  const bundle = join(root, 'authorities.pem');
  writeFileSync(bundle, [...certificates.values()].map(({ cert }) => cert).join(''));
  return { AWS_CA_BUNDLE: bundle, HTTPS_PROXY: proxy.url };
}

function directoriesIn(root: string): Record<string, string> {
  const kinds = ['STATE', 'CACHE', 'CONFIG'];
  return Object.fromEntries(
    kinds.map((kind) => [`XDG_${kind}_HOME`, join(root, kind.toLowerCase())]),
  );
}

function role(name: string, via: string, spec: Place['spec']): Identity {
  return awsUserIdentity({
    name,
    kind: 'aws/assume-role',
    via: { identity: via },
    spec,
    principal: { assume_role: arnOf(name) },
  });
}

function corp(center: IdentityCenter, settings: Record<string, unknown>): Provider {
  return {
    name: 'corp',
    kind: 'aws/iam-identity-center',
    settings: {
      start_url: center.startUrl,
      region: center.region,
      ...settings,
      spec: { endpoint_url: center.url, ...(settings['spec'] as object | undefined) },
    },
    locate: (path = []) => ['/p/atmos.yaml', 'auth', 'providers', 'corp', ...path].join(':'),
    tagAt: () => undefined,
    besideFile: (said) => said,
  };
}

const identityOf = ({ context }: Office, name: string): Identity => {
  const found = context.configured?.identities.find((one) => one.name === name);
  if (found === undefined) throw new TypeError(name);
  return found;
};

const providerOf = ({ context }: Office): Provider => {
  const [provider] = context.configured?.providers ?? [];
  if (provider === undefined) throw new TypeError('no provider');
  return provider;
};

const expected = { spec: { expect: { user: 'ada' } } };
const signInRequests = { RegisterClient: 1, StartDeviceAuthorization: 1 };
const entriesOf = async ({ keyring }: Office) => [...(await keyring.keys())].sort();

describe('a chain portal → permission set → role → role', () => {
  let office: Office;
  beforeEach(async () => {
    office = await openOffice();
    await office.manager.login(identityOf(office, 'audit'));
  });

  test('is opened with one sign-in, and each link is stored under its own name', async () => {
    const { center, server, asked } = office;
    expect(asked.count).toBe(1);
    expect(center.requests()).toMatchObject({ ...signInRequests, GetRoleCredentials: 1 });
    expect(server.requests()).toEqual({ AssumeRole: 2 });
    expect(center.problems()).toEqual([]);
    expect(await entriesOf(office)).toEqual([
      expect.stringMatching(/^atmos_[0-9a-f]{40}@token$/),
      'atmos_r_audit@session',
      'atmos_r_deploy@session',
      'atmos_r_dev@session',
    ]);
  });

  test('is used again without a request', async () => {
    const before = [office.center.calls.length, office.server.calls.length];
    const { wasOpened } = await office.manager.login(identityOf(office, 'audit'));
    expect(wasOpened).toBe(false);
    expect([office.center.calls.length, office.server.calls.length]).toEqual(before);
  });

  test('opens again only the link that is missing', async () => {
    await office.context.store.remove('deploy', 'session');
    await office.context.store.remove('audit', 'session');
    await office.manager.login(identityOf(office, 'audit'));
    expect(office.center.requests()).toMatchObject({ GetRoleCredentials: 1 });
    expect(office.server.requests()).toEqual({ AssumeRole: 4 });
    expect(office.asked.count).toBe(1);
  });

  test('is renewed without a person when everything has expired', async () => {
    office.time.now = new Date(testStart.getTime() + 2 * hours);
    const silent = await openOffice({ beside: office, signIn: null });
    await silent.manager.login(identityOf(silent, 'audit'));
    expect(office.center.requests()).toMatchObject({
      'CreateToken refresh_token': 1,
      GetRoleCredentials: 2,
    });
    expect(office.server.requests()).toEqual({ AssumeRole: 4 });
  });

  test('needs a person once the session at the portal has ended, and keeps what is stored', async () => {
    const before = await entriesOf(office);
    office.time.now = new Date(testStart.getTime() + 9 * hours);
    const silent = await openOffice({ beside: office, signIn: null });
    const error = await errorOf(silent.manager.login(identityOf(silent, 'audit')));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_REQUIRED',
      message:
        'no session for identity audit (provider corp → identity dev → identity deploy → identity audit): link 1 of 4, provider corp (aws/iam-identity-center): needs a sign-in: the session at https://d-9067000000.awsapps.com/start has ended',
      hints: ['atmos auth login --provider corp'],
    });
    expect(await entriesOf(office)).toEqual(before);
  });
});

describe('a token that the portal does not accept', () => {
  test('is dropped, and a person signs in once', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    office.center.endPortalSessions();
    await office.manager.login(identityOf(office, 'dev'));
    expect(office.asked.count).toBe(2);
    expect(office.center.requests()).toMatchObject({ GetRoleCredentials: 2 });
  });

  test('is removed also where no one can sign in, so that no other process tries it', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    office.center.endPortalSessions();
    const silent = await openOffice({ beside: office, signIn: null });
    for (const requests of [1, 1]) {
      const error = await errorOf(silent.manager.login(identityOf(silent, 'dev')));
      expect(error).toMatchObject({ code: 'ERR_AUTH_SIGN_IN_REQUIRED' });
      expect(office.center.requests()).toMatchObject({ GetRoleCredentials: requests });
    }
    expect(await entriesOf(office)).toEqual([]);
  });

  test('does not make a second process sign in after the first one has', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    office.center.endPortalSessions();
    const other = await openOffice({ beside: office });
    await Promise.all([
      office.manager.login(identityOf(office, 'dev')),
      other.manager.login(identityOf(other, 'audit')),
    ]);
    expect(office.asked.count + other.asked.count).toBe(2);
  });
});

describe('a sign-in', () => {
  test('that the person refuses stores nothing', async () => {
    const office = await openOffice();
    const refusing = await openOffice({
      beside: office,
      signIn: { showPage: async () => office.center.deny() },
    });
    const error = await errorOf(refusing.manager.signIn(providerOf(refusing)));
    expect(error).toMatchObject({ code: 'ERR_AUTH_SIGN_IN_FAILED' });
    expect(await entriesOf(office)).toEqual([]);
  });

  test('ends if the person cancels the prompt for the password of the keyring', async () => {
    const office = await openOffice();
    const { store } = office.context;
    const write = () => Promise.reject(new AtmosError('ERR_CANCELLED', 'canceled'));
    const canceling = createAuthManager({
      ...office.context,
      store: { ...store, tokens: { ...store.tokens, write } },
    });
    const error = await errorOf(canceling.login(identityOf(office, 'dev')));
    expect(error).toMatchObject({ code: 'ERR_CANCELLED', message: 'canceled' });
    expect(office.center.requests()).not.toHaveProperty('GetRoleCredentials');
  });

  test('that fails names the provider if no identity was asked for', async () => {
    const office = await openOffice({ signIn: null });
    const error = await errorOf(office.manager.signIn(providerOf(office)));
    expect(error?.message).toMatch(/^(no session for )?provider corp/);
    expect(error?.message).not.toContain('identity');
  });

  test('is one for all providers with the same portal, whatever their names', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    const other = { ...providerOf(office), name: 'team' };
    expect(await office.manager.signIn(other)).toMatchObject({ wasOpened: false });
    const label = { spec: { session: 'second person' } };
    const second = await openOffice({ beside: office, settings: label });
    expect(await second.manager.signIn(providerOf(second))).toMatchObject({ wasOpened: true });
    expect(await entriesOf(office)).toHaveLength(2);
  });

  test('is repeated with --force, although a refresh token would do', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    await office.manager.signIn(providerOf(office), { force: true });
    expect(office.asked.count).toBe(2);
    expect(office.center.requests()).not.toHaveProperty('CreateToken refresh_token');
  });

  test('of another user than expected stores nothing', async () => {
    const office = await openOffice({
      settings: { spec: { expect: { account: '999999999999' } } },
    });
    const error = await errorOf(office.manager.signIn(providerOf(office)));
    expect(error).toMatchObject({ code: 'ERR_AUTH_OTHER_USER' });
    expect(await entriesOf(office)).toEqual([]);
  });

  test('keeps what another provider renews with, also if it expects another person', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    office.time.now = new Date(testStart.getTime() + 2 * hours);
    const settings = { spec: { expect: { account: '999999999999' } } };
    const other = await openOffice({ beside: office, signIn: null, settings });
    const error = await errorOf(other.manager.signIn(providerOf(other)));
    expect(error).toMatchObject({ code: 'ERR_AUTH_OTHER_USER' });
    office.time.now = new Date(testStart.getTime() + 4 * hours);
    const silent = await openOffice({ beside: office, signIn: null });
    expect(await silent.manager.signIn(providerOf(silent))).toMatchObject({ wasOpened: true });
  });

  // docs/security.md: the address of the page is in the process list.
  test('that another user completes, who has read the address, stores nothing', async () => {
    const openPage = async (url: URL) => {
      const shown = await (await fetch(url)).text();
      const request = /name="request" value="([^"]+)"/.exec(shown)?.[1] ?? '';
      const body = new URLSearchParams({ request, decision: 'allow', user: 'bob' });
      await fetch(new URL('/authorize', url), { method: 'POST', body });
      return true;
    };
    const showPage: SignIn['showPage'] = (_page, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    const office = await openOffice({
      center: { users: [{ name: 'ada' }, { name: 'bob', accounts: ['222222222222'] }] },
      settings: { spec: { expect: { account } } },
      signIn: { flow: 'browser', openPage, showPage },
    });
    const error = await errorOf(office.manager.signIn(providerOf(office)));
    expect(error).toMatchObject({ code: 'ERR_AUTH_OTHER_USER' });
    expect(await entriesOf(office)).toEqual([]);
  });

  test('at a portal whose clock is ahead is used until the portal says that it ends', async () => {
    const office = await openOffice({ center: { clockOffsetMs: 50 * minutes } });
    await office.manager.signIn(providerOf(office));
    office.time.now = new Date(testStart.getTime() + 30 * minutes);
    expect(await office.manager.signIn(providerOf(office))).toMatchObject({ wasOpened: false });
  });
});

describe('signing out', () => {
  const options = { isDryRun: false, isLocal: false };

  test('ends the session at the portal, and removes the token and what it opened', async () => {
    const office = await openOffice();
    await office.manager.login(identityOf(office, 'audit'));
    const before = await entriesOf(office);
    const { removed, failures, ended } = await office.manager.signOut(providerOf(office), options);
    expect(failures).toEqual([]);
    expect(ended).toEqual({ provider: 'corp', issuer: office.center.startUrl });
    expect(removed.map(({ key }) => key).sort()).toEqual(before);
    expect(removed.at(-1)).toMatchObject({ realm: null, identity: 'corp', item: 'token' });
    expect(office.center.requests()).toMatchObject({ Logout: 1 });
    expect(await entriesOf(office)).toEqual([]);
  });

  test('ends the session also if the token has expired', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    office.time.now = new Date(testStart.getTime() + 2 * hours);
    const { ended, failures } = await office.manager.signOut(providerOf(office), options);
    expect(failures).toEqual([]);
    expect(ended).toMatchObject({ provider: 'corp' });
    expect(office.center.requests()).toMatchObject({ 'CreateToken refresh_token': 1, Logout: 1 });
  });

  test('changes nothing in a dry run, and sends nothing if it is local', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    const before = await entriesOf(office);
    const dry = await office.manager.signOut(providerOf(office), { ...options, isDryRun: true });
    expect(dry.removed).toHaveLength(1);
    expect(await entriesOf(office)).toEqual(before);
    await office.manager.signOut(providerOf(office), { ...options, isLocal: true });
    expect(office.center.requests()).not.toHaveProperty('Logout');
    expect(await entriesOf(office)).toEqual([]);
  });

  test('with a locked keyring ends and removes nothing', async () => {
    const office = await openOffice();
    await office.manager.login(identityOf(office, 'dev'));
    const before = await entriesOf(office);
    const { store } = office.context;
    const read = () =>
      Promise.reject(new AtmosError('ERR_KEYRING_LOCKED', 'the keyring is locked'));
    const locked = createAuthManager({
      ...office.context,
      store: { ...store, tokens: { ...store.tokens, read } },
    });
    const error = await errorOf(locked.signOut(providerOf(office), options));
    expect(error).toMatchObject({ code: 'ERR_KEYRING_LOCKED' });
    expect(office.center.requests()).not.toHaveProperty('Logout');
    expect(await entriesOf(office)).toEqual(before);
    const later = await office.manager.signOut(providerOf(office), options);
    expect(later.ended).toMatchObject({ provider: 'corp' });
  });

  test('removes the token also if the portal does not end the session, and says so', async () => {
    const office = await openOffice();
    await office.manager.signIn(providerOf(office));
    office.center.script({ fail: { name: 'InvalidRequestException' } });
    const { removed, failures } = await office.manager.signOut(providerOf(office), options);
    expect(removed).toHaveLength(1);
    expect(failures).toMatchObject([
      {
        code: 'ERR_AWS',
        message: expect.stringMatching(
          /^provider corp: the session at https:\/\/d-9067000000\.awsapps\.com\/start was not ended: /,
        ),
      },
    ]);
  });
});

describe('signing out in a project that changes where requests go', () => {
  const options = { isDryRun: false, isLocal: false };
  const names = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SSO'];

  /** A user who has signed in at `center`, and a project whose `env:` names `other`. */
  async function openProject(variable: string) {
    const office = await openOffice({ settings: { spec: { endpoint_url: '' } } });
    const other = await startIdentityCenter();
    onTestFinished(() => other.close());
    const { center } = office;
    const env = (url: string, name = 'AWS_ENDPOINT_URL') => [{ key: name, value: url }];
    const withEnv = (variables: readonly Variable[], context: Partial<AuthContext> = {}) => {
      const configured = { ...office.context.configured, env: variables } as Configured;
      return createAuthManager({ ...office.context, configured, ...context });
    };
    await withEnv(env(center.url)).signIn(providerOf(office));
    const host = { ...office.host, env: { ...office.host.env, AWS_ENDPOINT_URL: center.url } };
    const inProject = (context: Partial<AuthContext> = {}) =>
      withEnv(env(other.url, variable), { host, ...context });
    return { office, other, inProject };
  }

  test.each(names)('with %s sends nothing without trust, and removes the token', async (name) => {
    const { office, other, inProject } = await openProject(name);
    const requireTrust = ({ what }: TrustNeed) => {
      throw new AtmosError('ERR_CONFIG_UNTRUSTED', what);
    };
    const manager = inProject({ requireTrust });
    const { removed, failures } = await manager.signOut(providerOf(office), options);
    expect(failures).toMatchObject([{ code: 'ERR_CONFIG_UNTRUSTED' }]);
    expect(removed).toMatchObject([{ item: 'token' }]);
    expect(other.calls).toEqual([]);
  });

  test.each(names)('with %s never sends the token of another endpoint', async (name) => {
    const { office, other, inProject } = await openProject(name);
    const { removed, failures } = await inProject().signOut(providerOf(office), options);
    expect(failures).toMatchObject([
      {
        code: 'ERR_AUTH_NO_SESSION',
        message: expect.stringMatching(/ was not ended: a setting changed after the session /),
        hints: ['sign out of it in the browser'],
      },
    ]);
    expect(removed).toMatchObject([{ item: 'token' }]);
    expect([...other.calls, ...office.center.calls].map(({ action }) => action)).not.toContain(
      'Logout',
    );
  });
});

describe('with the token file of Atmos', () => {
  const pathOf = ({ root, center: { startUrl, region } }: Office) => {
    const id = createHash('sha1').update(`${startUrl}|${region}`).digest('hex');
    return join(root, 'cache/atmos/aws-sso/sessions', `${id}.json`);
  };
  const read = (office: Office): Record<string, unknown> =>
    JSON.parse(readFileSync(pathOf(office), 'utf8')) as Record<string, unknown>;
  const write = (office: Office, token: object) => {
    mkdirSync(dirname(pathOf(office)), { recursive: true, mode: 0o700 });
    writeFileSync(pathOf(office), JSON.stringify(token), { mode: 0o600 });
  };

  test('a sign-in is shared without what renews it', async () => {
    const office = await openOffice({ isShared: true });
    await office.manager.login(identityOf(office, 'dev'));
    const { startUrl, region } = office.center;
    expect(read(office)).toEqual({
      accessToken: expect.stringMatching(/./),
      expiresAt: '2026-01-01T01:00:00Z',
      startUrl,
      region,
      registrationExpiresAt: '0001-01-01T00:00:00Z',
    });
    expect(office.warnings).toEqual([]);
  });

  test('the token of Atmos opens a session without a person, and is not stored', async () => {
    const office = await openOffice({ isShared: true, signIn: null });
    write(office, office.center.signIn());
    await office.manager.login(identityOf(office, 'dev'));
    expect(office.center.requests()).toEqual({ GetRoleCredentials: 1 });
    expect(await entriesOf(office)).toEqual(['atmos_r_dev@session']);
  });

  test('a token that Atmos can renew is neither renewed nor changed', async () => {
    const center = { users: [{ name: 'ada' }, { name: 'bob' }] };
    const office = await openOffice({ isShared: true, center });
    const token = office.center.signIn({ user: 'bob' });
    write(office, token);
    office.time.now = new Date(testStart.getTime() + 2 * hours);
    await office.manager.login(identityOf(office, 'dev'));
    expect(office.asked.count).toBe(1);
    expect(office.center.requests()).not.toHaveProperty('CreateToken refresh_token');
    expect(read(office)).toEqual(token);
  });

  test('a token that Atmos cannot renew is replaced when it has expired', async () => {
    const office = await openOffice({ isShared: true });
    const { refreshToken: _, ...token } = office.center.signIn();
    write(office, token);
    office.time.now = new Date(testStart.getTime() + 2 * hours);
    await office.manager.login(identityOf(office, 'dev'));
    expect(read(office)['accessToken']).not.toBe(token.accessToken);
    expect(read(office)).not.toHaveProperty('clientSecret');
  });

  test.each<[string, (kept: Envelope<SsoToken>) => TokenNotes]>([
    ['with other settings', (kept) => ({ ...kept, chainFingerprint: '0' })],
    ['of whom is not known', (kept) => ({ ...kept, renewal: {} })],
  ])('a token %s is not shared, although a session is used again', async (_, changed) => {
    const settings = { spec: { endpoint_url: '', expect: { account } } };
    const office = await openOffice({ isShared: true, settings });
    await office.manager.login(identityOf(office, 'dev'));
    rmSync(pathOf(office));
    await office.manager.login(identityOf(office, 'dev'));
    expect(existsSync(pathOf(office))).toBe(true);
    rmSync(pathOf(office));
    const { tokens } = office.context.store;
    const { startUrl, region } = office.center;
    const id = createHash('sha1').update(`${startUrl}|${region}`).digest('hex');
    const slot = { id, issuer: startUrl };
    const kept = await tokens.read(slot);
    if (kept === null) throw new TypeError('no token');
    await tokens.write(slot, kept.credentials, changed(kept));
    const { wasOpened } = await office.manager.login(identityOf(office, 'dev'));
    expect([wasOpened, existsSync(pathOf(office))]).toEqual([false, false]);
  });

  test.each(['setting', 'variable'])(
    'nothing is shared where a %s names an endpoint',
    async (by) => {
      const office = await openOffice({ isShared: true, signIn: null });
      const { center, host } = office;
      const token = center.signIn();
      write(office, token);
      const isSetting = by === 'setting';
      const provider = corp(center, isSetting ? {} : { spec: { endpoint_url: '' } });
      const configured = { identities: [], ...office.context.configured, providers: [provider] };
      const env = { ...host.env, ...(isSetting ? {} : { AWS_ENDPOINT_URL_SSO: center.url }) };
      const context = { ...office.context, configured, host: { ...host, env } };
      const error = await errorOf(createAuthManager(context).login(identityOf(office, 'dev')));
      expect(error).toMatchObject({ code: 'ERR_AUTH_SIGN_IN_REQUIRED' });
      expect(center.calls).toEqual([]);
    },
  );

  test('a token that we wrote is not used after signing out', async () => {
    const office = await openOffice({ isShared: true });
    await office.manager.signIn(providerOf(office));
    const options = { isDryRun: false, isLocal: true };
    await office.manager.signOut(providerOf(office), options);
    await office.manager.signIn(providerOf(office));
    expect(office.asked.count).toBe(2);
  });

  test.each([
    ['without session_files', {}, { isShared: false }],
    ['of another portal', { startUrl: 'https://d-9067000001.awsapps.com/start' }, {}],
    ['that ends in four minutes', { expiresAt: '2026-01-01T00:04:00Z' }, {}],
    ['for a label', {}, { settings: { spec: { session: 'second' } } }],
    ['of whom is not known, where a user is expected', {}, { settings: expected }],
  ])('a token %s is not used', async (_, fields, options) => {
    const office = await openOffice({ isShared: true, signIn: null, ...options });
    write(office, { ...office.center.signIn(), ...fields });
    const error = await errorOf(office.manager.login(identityOf(office, 'dev')));
    expect(error).toMatchObject({ code: 'ERR_AUTH_SIGN_IN_REQUIRED' });
  });
});
