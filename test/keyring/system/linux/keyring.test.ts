import { Variant } from '@jellybrick/dbus-next';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Host } from '../../../../src/host/host.ts';
import type { Keyring } from '../../../../src/keyring/contract.ts';
import { errorOf } from '../../../support/error-of.ts';
import { peer } from '../../../support/peers.ts';
import {
  answering,
  dying,
  dyingAfter,
  refusing,
  silent,
  times,
  type Behavior,
} from '../../../support/secret-service/behaviors.ts';
import {
  openScriptedProvider,
  type ScriptedProviderOptions,
} from '../../../support/secret-service/scripted-provider.ts';
import { openTestKeyring, standingTime } from './open-keyring.ts';

const key = 'atmos_realm_alias';
const attributes = { username: 'atmos-auth', service: key };
const hasBus = peer('dbus-monitor') !== undefined;

async function open(options: ScriptedProviderOptions = {}, host: Partial<Host> = {}) {
  const provider = await openScriptedProvider(options);
  onTestFinished(provider.close);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const keyring = openTestKeyring({ env: provider.env, host, warn });
  onTestFinished(() => keyring.close());
  return { provider, warnings, keyring };
}

const callLimitMs = 5_000;
const promptLimitMs = 30_000;

describe.skipIf(!hasBus)('an entry', () => {
  test('is an item in the exact format of go-keyring', async () => {
    const { provider, keyring } = await open();
    await keyring.set(key, 'the value');
    expect(provider.items()).toMatchObject([
      {
        attributes,
        label: `Password for 'atmos-auth' on '${key}'`,
        value: Buffer.from('the value'),
        contentType: 'text/plain',
      },
    ]);
    expect(Object.keys(provider.items()[0]?.attributes ?? {})).toHaveLength(2);
  });

  test('is stored if the provider only supports plain sessions', async () => {
    const { provider, keyring } = await open({ algorithms: ['plain'] });
    await keyring.set(key, 'the value');
    expect(await keyring.get(key)).toBe('the value');
    expect(provider.calls.filter((call) => call === 'Service.OpenSession')).toHaveLength(2);
  });

  test('is listed only if its name is valid', async () => {
    const named = (service: string) => ({ attributes: { ...attributes, service }, value: '' });
    const items = ['b', 'a', 'b', '.hidden', 'a\nb', '', 'x'.repeat(241)].map(named);
    const nameless = { attributes: { username: 'atmos-auth' }, value: '' };
    const stranger = { attributes: { username: 'somebody', service: 'c' }, value: '' };
    const { keyring } = await open({ items: [...items, nameless, stranger] });
    expect(await keyring.keys()).toEqual(['a', 'b']);
  });
});

describe.skipIf(!hasBus)('a duplicate entry', () => {
  const older = { attributes, value: 'older', modifiedAt: new Date('2026-01-01T00:00:00Z') };
  const newer = {
    attributes: { ...attributes, application: 'Python keyring library' },
    value: 'newer',
    modifiedAt: new Date('2026-01-02T00:00:00Z'),
  };

  test.each([
    ['first', [newer, older]],
    ['last', [older, newer]],
  ])('has the newer value, which is listed %s, and causes a warning', async (_, items) => {
    const { keyring, warnings } = await open({ items });
    expect(await keyring.get(key)).toBe('newer');
    expect(warnings).toEqual([
      `the system keyring has 2 different values for "${key}": the newest is used`,
    ]);
  });

  test('causes no warning if both values are equal', async () => {
    const { keyring, warnings } = await open({ items: [older, { ...newer, value: 'older' }] });
    expect(await keyring.get(key)).toBe('older');
    expect(warnings).toEqual([]);
  });

  test('is stored once after a write', async () => {
    const { provider, keyring } = await open({ items: [older, newer] });
    await keyring.set(key, 'written');
    expect(provider.items()).toMatchObject([{ value: Buffer.from('written') }]);
  });

  test('is removed completely by a delete', async () => {
    const { provider, keyring } = await open({ items: [older, newer] });
    expect(await keyring.delete(key)).toBe(true);
    expect(provider.items()).toEqual([]);
  });

  test('keeps both items if a write fails', async () => {
    const refusal = refusing('org.freedesktop.DBus.Error.Failed', 'no');
    const script = { 'Collection.CreateItem': refusal, 'Item.SetSecret': refusal };
    const { provider, keyring } = await open({ items: [older, newer], script });
    expect(await errorOf(keyring.set(key, 'written'))).toMatchObject({ code: 'ERR_KEYRING_IO' });
    expect(provider.items()).toHaveLength(2);
  });
});

describe.skipIf(!hasBus)('a locked keyring', () => {
  const items = [{ attributes, value: 'value' }];

  test('is unlocked if the prompt is answered', async () => {
    const { keyring } = await open({ locked: true, items });
    expect(await keyring.probe()).toEqual({ state: 'locked', reason: 'it is locked' });
    expect(await keyring.get(key)).toBe('value');
    expect(await keyring.probe()).toEqual({ state: 'ready' });
  });

  test('causes no prompt in a probe', async () => {
    const { provider, keyring } = await open({ locked: true, items });
    await keyring.probe();
    expect(provider.calls).not.toContain('Service.Unlock');
  });

  test('is an error if the prompt is dismissed', async () => {
    const { keyring } = await open({ locked: true, prompts: 'dismiss', items });
    for (const use of uses(keyring)) {
      expect(await errorOf(use())).toMatchObject({
        code: 'ERR_KEYRING_LOCKED',
        message: expect.stringContaining('it is locked and the prompt to unlock it was dismissed'),
      });
    }
  });

  test('dismisses the prompt if it is not answered in 30 seconds', async () => {
    const time = standingTime();
    const options = { locked: true, prompts: 'unanswered', items } as const;
    const { provider, keyring } = await open(options, time.host);
    const failing = errorOf(keyring.get(key));
    await expect.poll(() => provider.calls).toContain('Prompt.Prompt');
    await expect.poll(() => (time.pass(promptLimitMs), provider.calls)).toContain('Prompt.Dismiss');
    expect(await failing).toMatchObject({
      code: 'ERR_KEYRING_TIMEOUT',
      message:
        'cannot read from the system keyring: the question to unlock the keyring was not answered within 30 seconds (type system from default)',
    });
  });
});

describe.skipIf(!hasBus)('a keyring that was never created', () => {
  test('cannot be read if the service has no open keyring', async () => {
    const { keyring } = await open({ noCollection: true });
    expect(await errorOf(keyring.get(key))).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message: expect.stringContaining('the keyring service has no keyring open'),
    });
  });

  test('is empty if the service has others, and is created only after a prompt', async () => {
    const others = new Variant('ao', ['/org/freedesktop/secrets/collection/session']);
    const question = answering('oo', '/', '/org/freedesktop/secrets/prompt/p1');
    const { provider, keyring } = await open({
      noCollection: true,
      script: {
        'Properties.Get': answering('v', others),
        'Service.CreateCollection': question,
      },
    });
    expect(await keyring.get(key)).toBe(null);
    expect(await keyring.delete(key)).toBe(false);
    expect(await keyring.keys()).toEqual([]);
    const reason =
      'the keyring service has no keyring yet and cannot prompt for the password of a new one';
    expect(await keyring.probe()).toEqual({ state: 'unavailable', reason });
    expect(provider.calls).not.toContain('Service.CreateCollection');
    expect(await errorOf(keyring.set(key, 'value'))).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message: `cannot write to the system keyring: ${reason} (type system from default)`,
      hints: expect.arrayContaining([
        expect.stringContaining('gnome-keyring-daemon'),
        expect.stringContaining('file'),
      ]),
    });
    await expect.poll(() => provider.calls).toContain('Prompt.Dismiss');
  });
});

describe.skipIf(!hasBus)('a session', () => {
  test('is replaced if it has expired', async () => {
    const { provider, keyring } = await open();
    await keyring.set(key, 'value');
    const ended = refusing('org.freedesktop.Secret.Error.NoSession', 'no session');
    provider.script('Service.GetSecrets', times(1, ended));
    expect(await keyring.get(key)).toBe('value');
  });

  test('is replaced at most twice if the provider has another key', async () => {
    const { provider, keyring } = await open({ items: [{ attributes, value: 'value' }] });
    const garbled: Behavior = (honest) => {
      const { signature, body } = honest();
      const secrets = body[0] as Record<string, [string, Buffer, Buffer, string]>;
      // Not a whole block, which one in 256 keys would decrypt to valid padding.
      for (const secret of Object.values(secrets)) secret[2] = Buffer.alloc(15, 7);
      return { signature, body };
    };
    provider.script('Service.GetSecrets', times(2, garbled));
    expect(await keyring.get(key)).toBe('value');
    provider.script('Service.GetSecrets', times(3, garbled));
    expect(await errorOf(keyring.get(key))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: expect.stringContaining('a value cannot be decrypted with its session key'),
    });
  });
});

describe.skipIf(!hasBus)('a provider that fails', () => {
  test.each(['Service.OpenSession', 'Collection.SearchItems', 'Service.GetSecrets'])(
    'and never answers %s causes an error after 5 seconds, and a new connection',
    async (member) => {
      const time = standingTime();
      const items = [{ attributes, value: 'value' }];
      const script = { [member]: times(1, silent) };
      const { provider, keyring } = await open({ items, script }, time.host);
      const failing = errorOf(keyring.get(key));
      await expect.poll(() => provider.calls).toContain(member);
      // The answers to earlier calls may not have arrived yet.
      await expect.poll(() => time.waiting(callLimitMs)).toBe(1);
      time.pass(callLimitMs);
      expect(await failing).toMatchObject({
        code: 'ERR_KEYRING_TIMEOUT',
        message: `cannot read from the system keyring: org.freedesktop.secrets did not answer ${member.split('.')[1]} within 5 seconds (type system from default)`,
        cause: { name: 'BusError', fault: 'timeout' },
      });
      expect(await keyring.get(key)).toBe('value');
    },
  );

  test('and is slow in each call has 45 seconds in total', async () => {
    const time = standingTime();
    const { provider, keyring } = await open(
      { script: { 'Service.OpenSession': silent } },
      time.host,
    );
    const failing = errorOf(keyring.set(key, 'value'));
    await expect.poll(() => provider.calls).toContain('Service.OpenSession');
    time.pass(45_000);
    expect(await failing).toMatchObject({ code: 'ERR_KEYRING_TIMEOUT' });
  });

  test.each<[string, string, Behavior]>([
    ['another type', 'Collection.SearchItems', answering('s', 'nonsense')],
    ['nothing', 'Collection.SearchItems', answering('')],
    ['another type within', 'Properties.Get', answering('v', new Variant('u', 1))],
    ['an invalid session', 'Service.OpenSession', answering('vo', new Variant('s', ''), '/')],
    [
      'an invalid key',
      'Service.OpenSession',
      answering('vo', new Variant('ay', Buffer.of(1)), '/s'),
    ],
    ['too much', 'Service.GetSecrets', answering('a{o(oayays)}s', {}, 'more')],
  ])('and answers %s causes an error', async (_, member, behavior) => {
    const items = [{ attributes, value: 'value' }];
    const { keyring } = await open({ items, script: { [member]: behavior } });
    expect(await errorOf(keyring.get(key))).toMatchObject({ code: 'ERR_KEYRING_DAMAGED' });
  });

  test('and names missing items has no entry', async () => {
    const elsewhere = answering('ao', ['/elsewhere']);
    const { keyring } = await open({ script: { 'Collection.SearchItems': elsewhere } });
    expect(await keyring.get(key)).toBe(null);
    expect(await keyring.keys()).toEqual([]);
  });

  test('and does not return an item causes an error', async () => {
    const { keyring } = await open({
      items: [{ attributes, value: 'value' }],
      script: { 'Service.GetSecrets': answering('a{o(oayays)}', {}) },
    });
    expect(await errorOf(keyring.get(key))).toMatchObject({
      code: 'ERR_KEYRING_LOCKED',
      message: expect.stringContaining('does not return the secret of an entry'),
    });
  });

  test('and answers with the secret of another session causes an error', async () => {
    const other: Behavior = (honest) => {
      const { signature, body } = honest();
      const secrets = body[0] as Record<string, [string, Buffer, Buffer, string]>;
      for (const secret of Object.values(secrets)) secret[0] = '/org/freedesktop/secrets/session/0';
      return { signature, body };
    };
    const { keyring } = await open({
      items: [{ attributes, value: 'value' }],
      script: { 'Service.GetSecrets': other },
    });
    expect(await errorOf(keyring.get(key))).toMatchObject({ code: 'ERR_KEYRING_DAMAGED' });
  });

  test('and stores another value causes an error', async () => {
    const { provider, keyring } = await open({ algorithms: ['plain'] });
    provider.script('Service.GetSecrets', (honest) => {
      const { signature, body } = honest();
      const secrets = body[0] as Record<string, [string, Buffer, Buffer, string]>;
      for (const secret of Object.values(secrets)) secret[2] = secret[2].subarray(0, 3);
      return { signature, body };
    });
    expect(await errorOf(keyring.set(key, 'value'))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: expect.stringContaining('it returned a different value than the one stored'),
    });
  });

  test.each<[string, Behavior]>([
    ['before', dying],
    ['after', dyingAfter],
  ])('and exits %s it completes a write causes an error', async (_, behavior) => {
    const { keyring } = await open({ script: { 'Collection.CreateItem': behavior } });
    expect(await errorOf(keyring.set(key, 'value'))).toMatchObject({
      code: 'ERR_KEYRING_IO',
      message:
        'cannot write to the system keyring: the keyring service exited before it answered (type system from default)',
    });
  });

  test('and quotes the value in its error does not appear in our error', async () => {
    const quoting = refusing('org.example.Error', 'cannot store canary-secret');
    const { keyring } = await open({ script: { 'Collection.CreateItem': quoting } });
    const error = await errorOf(keyring.set(key, 'canary-secret'));
    expect(error).toMatchObject({
      code: 'ERR_KEYRING_IO',
      message:
        'cannot write to the system keyring: the keyring service answered org.example.Error to CreateItem (type system from default)',
    });
    expect(JSON.stringify([error, error.message, error.stack, error.cause])).not.toContain(
      'canary',
    );
  });
});

/** All operations that need an unlocked keyring. */
function uses(keyring: Keyring): (() => Promise<unknown>)[] {
  return [
    () => keyring.get(key),
    () => keyring.set(key, 'value'),
    () => keyring.delete(key),
    () => keyring.keys(),
  ];
}
