import { describe, expect, onTestFinished, test } from 'vitest';
import { readEach } from '../../../../src/keyring/bulk.ts';
import type { Keyring } from '../../../../src/keyring/contract.ts';
import { openDesk, yamlOf } from '../../../cli/commands/desk.ts';
import { errorOf } from '../../../support/error-of.ts';
import { peer } from '../../../support/peers.ts';
import { answering, refusing, silent, times } from '../../../support/secret-service/behaviors.ts';
import {
  openScriptedProvider,
  type ScriptedProviderOptions,
} from '../../../support/secret-service/scripted-provider.ts';
import { openTestKeyring } from './open-keyring.ts';

const hasBus = peer('dbus-monitor') !== undefined;

/** Two full batches and a partial one. */
const keys = Array.from(
  { length: 150 },
  (_, number) => `atmos_realm_id${String(number).padStart(3, '0')}@session`,
);

function itemOf(key: string, value = `of ${key}`, more: Record<string, string> = {}) {
  return { attributes: { username: 'atmos-auth', service: key, ...more }, value };
}

async function open(options: ScriptedProviderOptions = {}) {
  const provider = await openScriptedProvider({
    items: keys.map((key) => itemOf(key)),
    ...options,
  });
  onTestFinished(provider.close);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const keyring = openTestKeyring({ env: provider.env, warn });
  onTestFinished(() => keyring.close());
  const count = (member: string) => provider.calls.filter((call) => call === member).length;
  return { provider, keyring, warnings, count };
}

/** Each value, or the code of its error. */
async function readAll(keyring: Keyring): Promise<Map<string, string | null>> {
  const values = new Map<string, string | null>();
  for await (const { key, read } of readEach(keyring)) {
    values.set(key, await read().catch((error: { code: string }) => error.code));
  }
  return values;
}

const everyValue = new Map(keys.map((key) => [key, `of ${key}`]));

describe.skipIf(!hasBus)('reading all entries', () => {
  test('needs one search, and one call for each 64 secrets', async () => {
    const { keyring, count } = await open();
    expect(await readAll(keyring)).toEqual(everyValue);
    expect({
      searches: count('Collection.SearchItems'),
      secrets: count('Service.GetSecrets'),
      sessions: count('Service.OpenSession'),
    }).toEqual({ searches: 1, secrets: 3, sessions: 1 });
  });

  test('returns our entries in the order of their names', async () => {
    const items = ['b', 'a', 'c'].map((key) => itemOf(key));
    const stranger = { attributes: { username: 'somebody', service: 'd' }, value: '' };
    const { keyring } = await open({ items: [...items, stranger, itemOf('.hidden')] });
    expect([...(await readAll(keyring)).keys()]).toEqual(['a', 'b', 'c']);
  });

  test('returns nothing if no entry exists', async () => {
    const { keyring, count } = await open({ items: [] });
    expect(await readAll(keyring)).toEqual(new Map());
    expect(count('Service.GetSecrets')).toBe(0);
  });

  test.each([
    ['org.freedesktop.Secret.Error.IsLocked'],
    ['org.freedesktop.Secret.Error.NoSuchObject'],
    ['org.freedesktop.DBus.Error.Failed'],
  ])('reads a batch one by one if the provider fails with %s', async (name) => {
    const script = { 'Service.GetSecrets': times(1, refusing(name, 'not together')) };
    const { keyring, count } = await open({ script });
    expect(await readAll(keyring)).toEqual(everyValue);
    expect(count('Service.GetSecrets')).toBe(3 + 64);
  });

  test('reads a batch one by one if its reply is invalid', async () => {
    const script = { 'Service.GetSecrets': times(1, answering('s', 'nonsense')) };
    const { keyring } = await open({ script });
    expect(await readAll(keyring)).toEqual(everyValue);
  });

  test('continues with a new session if its session has expired', async () => {
    const ended = refusing('org.freedesktop.Secret.Error.NoSession', 'no session');
    const { keyring, count } = await open({ script: { 'Service.GetSecrets': times(1, ended) } });
    expect(await readAll(keyring)).toEqual(everyValue);
    expect(count('Service.GetSecrets')).toBe(4);
    expect(count('Service.OpenSession')).toBe(2);
  });

  test('reads the newest value of a duplicate entry, with a warning', async () => {
    const older = { ...itemOf('twice', 'older'), modifiedAt: new Date('2026-01-01T00:00:00Z') };
    const newer = {
      ...itemOf('twice', 'newer', { application: 'another' }),
      modifiedAt: new Date('2026-01-02T00:00:00Z'),
    };
    const { keyring, warnings } = await open({ items: [newer, older, itemOf('once')] });
    expect(await readAll(keyring)).toEqual(
      new Map([
        ['once', 'of once'],
        ['twice', 'newer'],
      ]),
    );
    expect(warnings).toEqual([
      'the system keyring has 2 different values for "twice": the newest is used',
    ]);
  });

  test('returns the error of a damaged entry, and the values of the others', async () => {
    const damaged = itemOf('b', 'atmos-auth-base64:not base64');
    const { keyring } = await open({ items: [itemOf('a'), damaged, itemOf('c')] });
    expect(await readAll(keyring)).toEqual(
      new Map([
        ['a', 'of a'],
        ['b', 'ERR_KEYRING_DAMAGED'],
        ['c', 'of c'],
      ]),
    );
  });

  test('fails if the keyring stays locked', async () => {
    const { keyring, count } = await open({ locked: true, prompts: 'dismiss' });
    expect(await errorOf(readAll(keyring))).toMatchObject({ code: 'ERR_KEYRING_LOCKED' });
    expect(count('Prompt.Prompt')).toBe(1);
  });

  test('fails if the provider stops answering', async () => {
    const { keyring: slow, provider } = await open();
    const hasty = openTestKeyring({ env: provider.env, host: { sleep: async () => {} } });
    onTestFinished(() => hasty.close());
    provider.script('Collection.SearchItems', silent);
    expect(await errorOf(readAll(hasty))).toMatchObject({ code: 'ERR_KEYRING_TIMEOUT' });
    provider.script('Collection.SearchItems');
    expect(await readAll(slow)).toEqual(everyValue);
  });
});

describe.skipIf(!hasBus)('a command that reads all entries', () => {
  const session = (alias: string) =>
    JSON.stringify({
      type: 'aws',
      realm: 'realm',
      alias,
      item: 'session',
      data: {
        access_key_id: 'ASIAIOSFODNN7EXAMPLE',
        secret_access_key: 'fake',
        session_token: 'fake',
        expiration: '2030-01-01T00:00:00Z',
      },
    });
  const items = keys.map((key) => itemOf(key, session(key.slice('atmos_realm_'.length, -8))));

  async function openSystemDesk() {
    const { provider, count } = await open({ items });
    const desk = await openDesk();
    desk.configure(yamlOf(desk, { keyring: 'type: system' }));
    const env = { ...provider.env, ATMOS_KEYRING_TYPE: 'system' };
    return { run: (command: string) => desk.run(command, { env }), count };
  }

  test('keyring list --long reads 64 secrets with each call', async () => {
    const { run, count } = await openSystemDesk();
    const { exitCode, stdout, stderr } = await run('auth keyring list --long -o json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const listed: { key: string; expires_at: string }[] = JSON.parse(stdout);
    expect(listed.map(({ key }) => key)).toEqual(keys);
    expect(listed.every((one) => one.expires_at === '2030-01-01T00:00:00Z')).toBe(true);
    expect(count('Service.GetSecrets')).toBe(3);
    expect(count('Collection.SearchItems')).toBe(1);
  });

  test('keyring doctor reads 64 secrets with each call, except for its own test entries', async () => {
    const { run, count } = await openSystemDesk();
    const { stdout } = await run('auth keyring doctor -o json');
    const checks: { id: string; message: string }[] = JSON.parse(stdout).checks;
    expect(checks.find(({ id }) => id === 'entries')?.message).toBe(
      'read 150 entries without an error',
    );
    expect(count('Service.GetSecrets')).toBeLessThan(3 + 10);
  });
});
