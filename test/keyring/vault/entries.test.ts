import { describe, expect, test } from 'vitest';
import {
  startFakeVault,
  usual,
  type FakeAnswer,
  type FakeHandler,
} from '../../support/fake-vault.ts';
import { fastClock, openTestVault } from '../../support/vault-keyring.ts';
import { expectError, rejectionOf } from '../file/rejection.ts';

const source = 'auth.keyring.spec.address (/p/atmos.yaml:3:5)';
const open = (url: string) => openTestVault({ spec: { address: url }, host: fastClock() });
const notFound: FakeAnswer = { status: 404, body: { errors: [] } };
const changed: FakeAnswer = {
  status: 400,
  body: { errors: ['check-and-set parameter did not match the current version'] },
};

const secret = (value: unknown, version: number): FakeAnswer => ({
  body: { data: { data: value, metadata: { version } } },
});
const written = (version: number): FakeAnswer => ({ body: { data: { version } } });

/** A server with one secret, which `onWrite` can change before a write is judged. */
function oneSecret(onWrite: (write: number) => { value: string; version: number } | undefined) {
  let now = { value: 'old', version: 4 };
  let writes = 0;
  const handle: FakeHandler = ({ method, path, body }) => {
    if (usual[path] !== undefined) return usual[path];
    if (method === 'GET') return secret({ value: now.value }, now.version);
    now = onWrite(writes++) ?? now;
    const { options, data } = body as { options: { cas: number }; data: { value: string } };
    if (options.cas !== now.version) return changed;
    now = { value: data.value, version: now.version + 1 };
    return written(now.version);
  };
  return { handle, value: () => now.value };
}

describe('a write', () => {
  test('names the version that it replaces, and holds one field', async () => {
    const one = oneSecret(() => undefined);
    const vault = await startFakeVault(one.handle);
    await open(vault.url).set('a/b', 'new');
    const put = vault.requests.find(({ method }) => method === 'PUT');
    expect(put?.path).toBe('secret/data/atmos/keyring/a~2Fb');
    expect(put?.body).toEqual({ options: { cas: 4 }, data: { value: 'new' } });
    expect(one.value()).toBe('new');
  });

  test('that loses a race reads the entry and tries once more', async () => {
    const one = oneSecret((write) => (write === 0 ? { value: 'other', version: 5 } : undefined));
    const vault = await startFakeVault(one.handle);
    await open(vault.url).set('key', 'new');
    expect(one.value()).toBe('new');
  });

  test('that loses twice fails and changes nothing', async () => {
    const one = oneSecret((write) => ({ value: `other ${write}`, version: 5 + write }));
    const vault = await startFakeVault(one.handle);
    expectError(
      await rejectionOf(open(vault.url).set('key', 'new')),
      'ERR_KEYRING_BUSY',
      `another process changed the entry "key" on the vault server ${vault.url} (from ${source}) twice while it was written`,
      'run the command again',
    );
    expect(one.value()).toBe('other 1');
  });

  test('that was carried out without an answer is not lost and not repeated', async () => {
    let isCut = true;
    const one = oneSecret(() => undefined);
    const vault = await startFakeVault((request) => {
      const answer = one.handle(request);
      if (request.method !== 'PUT' || !isCut) return answer;
      isCut = false;
      return { ...answer, isCut: true };
    });
    await open(vault.url).set('key', 'new');
    expect(one.value()).toBe('new');
    expect(vault.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2);
  });

  test('waits for a node that still has the version that was refused', async () => {
    let reads = 0;
    const vault = await startFakeVault(({ method, path, body }) => {
      if (usual[path] !== undefined) return usual[path];
      if (method === 'GET') return secret({ value: 'x' }, reads++ < 4 ? 1 : 2);
      const { cas } = (body as { options: { cas: number } }).options;
      return cas === 2 ? written(3) : changed;
    });
    await open(vault.url).set('key', 'new');
    expect(vault.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2);
  });

  test('asks for the state of the cluster after the last write', async () => {
    const index = 'state-after-the-write';
    const one = oneSecret(() => undefined);
    const vault = await startFakeVault((request) => {
      const answer = one.handle(request);
      return request.method === 'PUT' ? { ...answer, headers: { 'x-vault-index': index } } : answer;
    });
    const keyring = open(vault.url);
    await keyring.set('key', 'new');
    // What another process sees: this read has no index.
    expect(vault.requests.at(-1)?.headers).not.toHaveProperty('x-vault-index');
    await keyring.get('key');
    expect(vault.requests.at(-1)?.headers).toMatchObject({
      'x-vault-index': index,
      'x-vault-inconsistent': 'forward-active-node',
    });
  });

  test('never replaces a secret of another program', async () => {
    for (const value of [{ user: 'a', value: 'b' }, { password: 'x' }, { value: { a: 1 } }]) {
      const vault = await startFakeVault(({ path }) => usual[path] ?? secret(value, 1));
      expectError(
        await rejectionOf(open(vault.url).set('key', 'new')),
        'ERR_KEYRING_FOREIGN',
        `the secret of the entry "key" on the vault server ${vault.url} (from ${source}) was written by another program: it does not have exactly one field "value" with text`,
      );
      expect(vault.requests.some(({ method }) => method === 'PUT')).toBe(false);
    }
  });
});

describe('the secrets engine', () => {
  const engine =
    (type: string, options: object | null): FakeHandler =>
    ({ path }) =>
      path === 'sys/internal/ui/mounts/secret' ? { body: { data: { type, options } } } : notFound;

  test.each([
    ['version 1', engine('kv', { version: '1' }), 'a KV secrets engine of version 1'],
    ['version 1 without options', engine('kv', null), 'a KV secrets engine of version 1'],
    ['another type', engine('transit', null), 'a secrets engine of type "transit"'],
  ])('of %s is an error of every call', async (_, handle, what) => {
    const vault = await startFakeVault(handle);
    const message = `secret of the vault server ${vault.url} (from ${source}) is ${what}, and the vault keyring needs a KV secrets engine of version 2`;
    const keyring = open(vault.url);
    const calls = [
      () => keyring.get('k'),
      () => keyring.keys(),
      () => keyring.delete('k'),
      () => keyring.set('k', 'v'),
    ];
    for (const call of calls)
      expectError(await rejectionOf(call()), 'ERR_KEYRING_VERSION', message);
    expect(vault.requests.some(({ method }) => method === 'PUT')).toBe(false);
  });

  test('that is missing is an error with its path and namespace', async () => {
    const vault = await startFakeVault(() => ({
      status: 404,
      body: { errors: ['no handler for route "kv/data/x". route entry not found.'] },
    }));
    const spec = { address: vault.url, mount: 'kv', namespace: 'team' };
    const error = await rejectionOf(openTestVault({ spec }).get('key'));
    const message = `the vault server ${vault.url} (from ${source}) has no secrets engine at kv in the namespace team`;
    expectError(error, 'ERR_KEYRING_UNAVAILABLE', message);
  });
});

describe('a list', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `k${1000 + at}`);

  /** @param hasPages as OpenBao; without them as HashiCorp Vault */
  function listing(all: readonly string[], hasPages: boolean): FakeHandler {
    return ({ path, query }) => {
      if (usual[path] !== undefined) return usual[path];
      const after = query.get('after') ?? '';
      const limit = Number(query.get('limit'));
      const keys = hasPages ? all.filter((name) => name > after).slice(0, limit) : all;
      return keys.length === 0 ? notFound : { body: { data: { keys } } };
    };
  }

  test.each([0, 1, 999, 1000, 1001, 2000, 2500])('of %d entries is complete', async (count) => {
    for (const hasPages of [true, false]) {
      const vault = await startFakeVault(listing(names(count), hasPages));
      expect(await open(vault.url).keys()).toEqual(names(count));
    }
  });

  test('has neither folders nor names that this program does not write', async () => {
    const all = ['a~2Fb', 'folder/', 'with space', 'ä', 'z'];
    const vault = await startFakeVault(listing(all, true));
    expect(await open(vault.url).keys()).toEqual(['a/b', 'z']);
  });

  /** Each page has other names. */
  function endless(onPage: () => void = () => {}): FakeHandler {
    let pages = 0;
    return ({ path }) => {
      if (usual[path] !== undefined) return usual[path];
      pages++;
      onPage();
      return { body: { data: { keys: names(1000).map((name) => `${name}-${pages}`) } } };
    };
  }

  test('ends after 100,000 names', async () => {
    const vault = await startFakeVault(endless());
    const message = `the vault server ${vault.url} (from ${source}) returned more than 100000 names of entries`;
    expectError(await rejectionOf(open(vault.url).keys()), 'ERR_KEYRING_IO', message);
    expect(vault.requests).toHaveLength(101);
  });

  test('ends after a minute', async () => {
    let nowMs = 0;
    const vault = await startFakeVault(endless(() => void (nowMs += 25_000)));
    const host = { ...fastClock(), monotonicMs: () => nowMs };
    const keyring = openTestVault({ spec: { address: vault.url }, host });
    const message = `the vault server ${vault.url} (from ${source}) did not list all entries within 60 seconds`;
    expectError(await rejectionOf(keyring.keys()), 'ERR_KEYRING_TIMEOUT', message);
    expect(vault.requests).toHaveLength(3);
  });
});

test('a secret whose newest version was deleted is not found, and can be written', async () => {
  const deleted = { status: 404, body: { data: { data: null, metadata: { version: 3 } } } };
  const vault = await startFakeVault(({ method, path }) =>
    method === 'PUT' ? written(4) : (usual[path] ?? deleted),
  );
  const keyring = open(vault.url);
  expect(await keyring.get('key')).toBeNull();
  await keyring.set('key', 'new');
  const put = vault.requests.find(({ method }) => method === 'PUT');
  expect(put?.body).toMatchObject({ options: { cas: 3 } });
});
