import { createServer, type Socket } from 'node:net';
import { chmodSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { loadPeerOf } from '../../../src/host/unix-sockets.ts';
import { startServer } from '../../../src/keyring/agent/server.ts';
import { makePlace } from '../../../src/keyring/agent/socket-path.ts';
import { vaultStarter } from '../../../src/keyring/vault/agent-starter.ts';
import { identifyLogin } from '../../../src/keyring/vault/agent-subject.ts';
import { holdLogin } from '../../../src/keyring/vault/held-login.ts';
import { openVaultKeyring } from '../../../src/keyring/vault/backend.ts';
import { errorOf } from '../../support/error-of.ts';
import {
  startFakeVault,
  usual,
  type FakeAnswer,
  type FakeVault,
} from '../../support/fake-vault.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { createVaultContext } from '../../support/vault-keyring.ts';

const entry: FakeAnswer = { body: { data: { data: { value: 'x' }, metadata: { version: 1 } } } };
const denied: FakeAnswer = { status: 403, body: { errors: ['permission denied'] } };
const anHour = { ttlMs: 3_600_000, idleMs: 3_600_000 };

/** A server that gives the tokens `s.1`, `s.2`, … and accepts those in `accepted`. */
async function startVault(login?: () => FakeAnswer | undefined) {
  const accepted = new Set<string>();
  let logins = 0;
  const vault = await startFakeVault(({ path, headers }) => {
    if (path === 'sys/health') return usual[path];
    if (path === 'auth/approle/login') {
      const scripted = login?.();
      if (scripted !== undefined) return scripted;
      const token = `s.${++logins}`;
      accepted.add(token);
      return { body: { auth: { client_token: token, lease_duration: 3600 } } };
    }
    const token = String(headers['x-vault-token']);
    if (!accepted.has(token)) return denied;
    if (path === 'auth/token/revoke-self') accepted.delete(token);
    return usual[path] ?? entry;
  });
  return { vault, accepted, count: () => logins };
}

/** A machine with these settings. */
async function openSite(vault: FakeVault, spec: Readonly<Record<string, string>> = {}) {
  const env = { XDG_STATE_HOME: temporaryDirectory(), SECRET_ID: 'secret-1' };
  let skippedMs = 0;
  const monotonicMs = () => performance.now() + skippedMs;
  const warnings: string[] = [];
  const context = {
    ...createVaultContext({
      spec: {
        address: vault.url,
        'auth.method': 'approle',
        'auth.role_id': 'role-1',
        'auth.secret_id_env': 'SECRET_ID',
        ...spec,
      },
      token: null,
      host: { env, monotonicMs },
    }),
    warn: (message: string) => void warnings.push(message),
  };
  const { host, settings } = context;
  const place = await makePlace(identifyLogin(settings), host);
  return {
    context,
    place,
    warnings,
    skip: (ms: number) => void (skippedMs += ms),
    open() {
      const keyring = openVaultKeyring(context);
      onTestFinished(() => keyring.close());
      return keyring;
    },
    /** Starts an agent in this process. */
    async serve() {
      const { secret } = await vaultStarter.proveSecret(context);
      const order = {
        type: 'vault',
        settings: vaultStarter.settingsFor(settings),
        place,
        terms: anHour,
      };
      const held = await holdLogin(order, secret, { ...host, env: {} });
      const peerOf = await loadPeerOf(host);
      const server = await startServer({ place, held, terms: anHour, peerOf, host });
      if (server === undefined) throw new Error('another agent serves it');
      onTestFinished(async () => {
        server.leave();
        await server.left;
      });
      return server;
    },
  };
}

test('clients use the token of the agent, which is revoked at its end', async () => {
  const { vault, accepted, count } = await startVault();
  const site = await openSite(vault);
  const server = await site.serve();
  const keyring = site.open();
  expect(await keyring.get('key')).toBe('x');
  expect(await site.open().get('key')).toBe('x');
  expect(count()).toBe(1);
  expect(vault.requests[0]?.body).toEqual({ role_id: 'role-1', secret_id: 'secret-1' });
  server.leave();
  await server.left;
  expect(accepted.size).toBe(0);
  // The client logs in itself, and uses its own token from then on.
  expect(await keyring.get('key')).toBe('x');
  expect(await keyring.get('key')).toBe('x');
  expect(count()).toBe(2);
  expect(site.warnings).toEqual([]);
});

test('a token that the server refuses is replaced once for all clients', async () => {
  const { vault, accepted, count } = await startVault();
  const site = await openSite(vault);
  await site.serve();
  const clients = Array.from({ length: 5 }, () => site.open());
  await Promise.all(clients.map((keyring) => keyring.get('key')));
  accepted.clear();
  await Promise.all(clients.map((keyring) => keyring.get('key')));
  expect(count()).toBe(2);
});

test('an agent whose login is refused stops, and the client does not repeat that login', async () => {
  let isRefused = false;
  let refusals = 0;
  const { vault, accepted, count } = await startVault(() => {
    if (!isRefused) return undefined;
    refusals++;
    return { status: 400, body: { errors: ['invalid role or secret ID'] } };
  });
  const site = await openSite(vault);
  const server = await site.serve();
  const keyring = site.open();
  expect(await keyring.get('key')).toBe('x');
  accepted.clear();
  isRefused = true;
  const error = {
    code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    message: expect.stringContaining('refused the login by approle at auth/approle'),
  };
  expect(await errorOf(keyring.get('key'))).toMatchObject(error);
  await server.left;
  expect(await errorOf(keyring.get('key'))).toMatchObject(error);
  expect(await errorOf(site.open().get('key'))).toMatchObject(error);
  expect(refusals).toBe(1);
  // A process that lives longer tries again after a minute.
  isRefused = false;
  site.skip(60_000);
  expect(await keyring.get('key')).toBe('x');
  expect(count()).toBe(2);
  expect(site.warnings).toEqual([]);
});

test('a process that is no agent is passed over with one warning', async () => {
  const { vault, count } = await startVault();
  const site = await openSite(vault);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', () => socket.end(Buffer.from([0, 0, 0, 2, 0x7b, 0x7d])));
  });
  await new Promise<void>((resolve) => {
    server.listen(site.place.socket, resolve);
  });
  chmodSync(site.place.socket, 0o600);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const keyring = site.open();
  expect(await keyring.get('key')).toBe('x');
  expect(await keyring.get('key')).toBe('x');
  expect(count()).toBe(1);
  expect(site.warnings).toEqual([
    expect.stringMatching(
      /^the unlock agent of the keyring http.*, secret\/atmos\/keyring.* is not used: it sent an invalid answer$/,
    ),
  ]);
});

test('a value of ATMOS_KEYRING_AGENT that is not known is an error', async () => {
  const { vault } = await startVault();
  const { context } = await openSite(vault);
  const host = { ...context.host, env: { ATMOS_KEYRING_AGENT: 'of' } };
  expect(() => openVaultKeyring({ ...context, host })).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE' }),
  );
});

test('every setting of the server and the login names another agent', () => {
  const spec = {
    address: 'https://vault.example.com',
    'auth.method': 'approle',
    'auth.role_id': 'role-1',
  };
  const jwt = { address: spec.address, 'auth.method': 'jwt', 'auth.role': 'role-1' };
  const nameOf = (
    more: Readonly<Record<string, string>>,
    base: Readonly<Record<string, string>> = spec,
  ) => identifyLogin(createVaultContext({ spec: { ...base, ...more } }).settings).name;
  const changes = {
    address: 'https://other.example.com',
    namespace: 'team',
    mount: 'kv',
    prefix: 'keys',
    ca_cert: '/ca.pem',
    tls_server_name: 'vault',
    'auth.mount': 'ci',
    'auth.role_id': 'role-2',
    'auth.secret_id_env': 'SECRET_ID',
    'auth.secret_id_file': '/secret-id',
  };
  const jwtChanges = { 'auth.role': 'role-2', 'auth.token_file': '/token' };
  const names = [
    ...Object.entries(changes).map(([key, value]) => nameOf({ [key]: value })),
    ...Object.entries(jwtChanges).map(([key, value]) => nameOf({ [key]: value }, jwt)),
  ];
  expect(new Set([nameOf({}), nameOf({}, jwt), ...names]).size).toBe(names.length + 2);
  expect(nameOf({ mount: 'secret', prefix: '/atmos/keyring' })).toBe(nameOf({}));
  expect(nameOf({})).toMatch(/^v:[0-9a-f]{24}$/);
});
