import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyringErrorCodes, type KeyringErrorCode } from '../../src/core/errors.ts';
import { startFakeVault, usual, type FakeHandler } from '../support/fake-vault.ts';
import { freePort, rootToken, startOpenBao, type OpenBao } from '../support/openbao.ts';
import { peer } from '../support/peers.ts';
import { fastClock, openTestVault } from '../support/vault-keyring.ts';
import { keyringContract, type KeyringFailure } from './index.ts';

const bao = peer('openbao');
const maxValueBytes = 64 * 1024;
const timeout = 60_000;

let server: OpenBao;
let places = 0;

beforeAll(async () => {
  if (bao !== undefined) server = await startOpenBao(bao.path);
});
afterAll(() => server?.stop());

const open = (prefix: string, token = rootToken, mount = 'secret') =>
  openTestVault({ spec: { address: server.url, prefix, mount }, token });

/** Everything below a path: each secret with all of its versions. */
async function contentsOf(prefix: string): Promise<unknown> {
  const { body } = await server.call('GET', `secret/metadata/${prefix}/?list=true`);
  const names: string[] = body.data?.keys ?? [];
  return Promise.all(
    names.map((name) =>
      server.call('GET', `secret/metadata/${prefix}/${encodeURIComponent(name)}`),
    ),
  ).then((all) => all.map((one) => one.body.data));
}

const failures: readonly KeyringFailure[] = [
  {
    code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    when: 'when there is no token',
    provoke: () => openTestVault({ spec: { address: server.url }, token: null }).get('key'),
  },
  {
    code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    when: 'when the token is unknown',
    provoke: () => open('failures', 's.unknown').get('key'),
  },
  {
    code: 'ERR_KEYRING_PERMISSIONS',
    when: 'when no policy allows it',
    provoke: async () => open('failures', await server.createToken('')).get('key'),
  },
  {
    code: 'ERR_KEYRING_FOREIGN',
    when: 'when another program wrote the secret',
    async provoke() {
      await server.call('PUT', 'secret/data/failures/key', { data: { user: 'a', value: 'b' } });
      return open('failures').get('key');
    },
  },
  {
    code: 'ERR_KEYRING_VERSION',
    when: 'when the engine has version 1',
    async provoke() {
      await server.call('POST', 'sys/mounts/one', { type: 'kv', options: { version: '1' } });
      return open('failures', rootToken, 'one').set('key', 'value');
    },
  },
  {
    code: 'ERR_KEYRING_UNAVAILABLE',
    when: 'when nothing listens',
    provoke: async () =>
      openTestVault({ spec: { address: `http://127.0.0.1:${await freePort()}` } }).keys(),
  },
  scripted('ERR_KEYRING_LOCKED', 'when the server is sealed', () => ({
    status: 503,
    body: { errors: ['Vault is sealed'] },
  })),
  scripted('ERR_KEYRING_TIMEOUT', 'when the server does not answer', () => undefined),
  scripted('ERR_KEYRING_IO', 'when the answer is not JSON', () => ({ body: '<html>' })),
  scripted('ERR_KEYRING_BUSY', 'when a race is lost twice', ({ method, path }) =>
    method === 'PUT'
      ? {
          status: 400,
          body: { errors: ['check-and-set parameter did not match the current version'] },
        }
      : (usual[path] ?? { body: { data: { data: { value: 'x' }, metadata: { version: 1 } } } }),
  ),
];

function scripted(code: KeyringErrorCode, when: string, handle: FakeHandler): KeyringFailure {
  const provoke = async () => {
    const { url } = await startFakeVault(handle);
    return openTestVault({ spec: { address: url }, host: fastClock() }).set('key', 'value');
  };
  return { code, when, provoke };
}

describe.skipIf(!bao)('the vault keyring on OpenBao keeps the contract', { timeout }, () => {
  const cases = keyringContract({
    async fresh() {
      const prefix = `place-${places++}/keyring`;
      return {
        open: async () => open(prefix),
        contents: () => contentsOf(prefix),
        remove: async () => {},
      };
    },
    maxValueBytes,
    failures,
  });

  for (const { name, run } of cases) test(name, () => expect(run()).resolves.toBeUndefined());
});

test('each error of the closed set has a case or cannot occur', () => {
  const ofEveryBackend = ['ERR_KEYRING_INVALID_KEY', 'ERR_KEYRING_TOO_LARGE'];
  const impossible = [
    'ERR_KEYRING_PASSWORD_WRONG',
    'ERR_KEYRING_PASSWORD_TOO_SHORT',
    'ERR_KEYRING_DAMAGED',
    'ERR_KEYRING_UNKNOWN_TYPE',
  ];
  const tried = [...ofEveryBackend, ...failures.map(({ code }) => code)];
  expect(new Set([...tried, ...impossible])).toEqual(new Set(keyringErrorCodes));
});
