import { describe, expect, onTestFinished, test } from 'vitest';
import { errorOf } from '../../../support/error-of.ts';
import { peer } from '../../../support/peers.ts';
import { refusing, times } from '../../../support/secret-service/behaviors.ts';
import { providers } from '../../../support/secret-service/providers.ts';
import {
  openScriptedProvider,
  type ScriptedProviderOptions,
} from '../../../support/secret-service/scripted-provider.ts';
import { openCountingBus, type CountingBus } from './counting-bus.ts';
import { openTestKeyring } from './open-keyring.ts';

const key = 'atmos_realm_alias';
const attributes = { username: 'atmos-auth', service: key };
const item = { attributes, value: 'stored' };
const hasBus = peer('dbus-monitor') !== undefined;

function openThrough(bus: CountingBus, env: Readonly<Record<string, string | undefined>>) {
  const warnings: string[] = [];
  const keyring = openTestKeyring({
    env: { ...env, DBUS_SESSION_BUS_ADDRESS: bus.address },
    warn: (message) => warnings.push(message),
  });
  onTestFinished(() => keyring.close());
  return { keyring, warnings };
}

async function openScripted(options: ScriptedProviderOptions) {
  const provider = await openScriptedProvider(options);
  onTestFinished(provider.close);
  const bus = await openCountingBus(provider.busAddress);
  return { provider, bus, ...openThrough(bus, provider.env) };
}

/** One key agreement in 256 has to be repeated, with an exchange of its own. */
function expectExchanges(bus: CountingBus, expected: number): void {
  expect(bus.exchanges()).toBe(expected + bus.sent('OpenSession') - 1);
}

describe.skipIf(!hasBus)('the first read of a process', () => {
  test('takes two exchanges, the authentication included', async () => {
    const { bus, keyring } = await openScripted({ items: [item] });
    expect(await keyring.get(key)).toBe('stored');
    expectExchanges(bus, 2);
    bus.reset();
    expect(await keyring.get(key)).toBe('stored');
    expect(bus.exchanges()).toBe(2);
  });

  test('takes one exchange for an entry that does not exist', async () => {
    const { bus, keyring } = await openScripted({ items: [] });
    expect(await keyring.get(key)).toBe(null);
    expectExchanges(bus, 1);
  });

  test('takes two exchanges for duplicates, and returns the newest', async () => {
    const later = { ...item, value: 'later', modifiedAt: new Date('2026-01-02T00:00:00Z') };
    const { bus, keyring, warnings } = await openScripted({ items: [item, later] });
    expect(await keyring.get(key)).toBe('later');
    expect(warnings).toEqual([
      `the system keyring has 2 different values for "${key}": the newest is used`,
    ]);
    expectExchanges(bus, 2);
  });

  test('returns no item of another name that the search also finds', async () => {
    const similar = { attributes: { ...attributes, service: `${key}2` }, value: 'of another' };
    const { provider, keyring } = await openScripted({ items: [similar] });
    const found = provider.items().map(({ path }) => path);
    provider.script('Collection.SearchItems', () => ({ signature: 'ao', body: [found] }));
    expect(await keyring.get(key)).toBe(null);
  });
});

test.skipIf(!hasBus)(
  'a locked collection is an error at once for an unattended caller',
  async () => {
    const provider = await openScriptedProvider({ items: [item], locked: true });
    onTestFinished(provider.close);
    const keyring = openTestKeyring({ env: provider.env, isUnattended: true });
    onTestFinished(() => keyring.close());
    expect(await errorOf(keyring.get(key))).toMatchObject({
      code: 'ERR_KEYRING_LOCKED',
      message: 'the system keyring is locked, or missing',
    });
    expect(provider.calls).not.toContain('Prompt.Prompt');
  },
);

describe.skipIf(!hasBus)('a read is left to the thorough way if', () => {
  test('the collection is locked: it is unlocked', async () => {
    const { provider, keyring } = await openScripted({ items: [item], locked: true });
    expect(await keyring.get(key)).toBe('stored');
    expect(provider.calls).toContain('Prompt.Prompt');
  });

  test('no collection exists', async () => {
    const { keyring } = await openScripted({ noCollection: true });
    expect(await errorOf(keyring.get(key))).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message: expect.stringContaining('the keyring service has no keyring open'),
    });
  });

  test.each([
    // The login collection and the default one are asked together.
    ['a search', 'Collection.SearchItems', 2],
    ['the secrets', 'Service.GetSecrets', 1],
  ])('the provider refuses %s at first', async (_, member, count) => {
    const locked = refusing('org.freedesktop.Secret.Error.IsLocked', 'later');
    const { provider, keyring } = await openScripted({ items: [item] });
    provider.script(member, times(count, locked));
    expect(await keyring.get(key)).toBe('stored');
  });
});

describe.each(providers)('on $name', ({ name, installed, open }) => {
  test.skipIf(!installed)('a read of a stored entry takes two exchanges', async () => {
    const service = await open();
    onTestFinished(service.close);
    const writing = openTestKeyring({ env: service.env });
    onTestFinished(() => writing.close());
    await writing.set(key, 'stored');
    const bus = await openCountingBus(service.busAddress);
    const { keyring } = openThrough(bus, service.env);
    expect(await keyring.get(key)).toBe('stored');
    expect({ name, exchanges: bus.exchanges() - (bus.sent('OpenSession') - 1) }).toEqual({
      name,
      exchanges: 2,
    });
  });
});
