import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createChunkedKeyring } from '../../../../src/keyring/chunked-store.ts';
import { systemInspector } from '../../../../src/keyring/system/inspect.ts';
import { openKeychainStore } from '../../../../src/keyring/system/macos/items.ts';
import { createTestMac, type TestMacOptions } from './open-keyring.ts';

function createMac(options?: TestMacOptions) {
  const mac = createTestMac(options);
  onTestFinished(mac.remove);
  return mac;
}

const key = 'atmos_realm_alias';
const base64 = (text: string) => `go-keyring-base64:${Buffer.from(text).toString('base64')}`;
/** Each part of it is different. */
const numbered = (word: string, length: number) =>
  Array.from({ length }, (_, index) => `${word} ${index}\n`)
    .join('')
    .slice(0, length);

describe('an item', () => {
  test('of go-keyring is read, listed, overwritten in place and deleted', async () => {
    const mac = createMac();
    const theirs = `add-generic-password -U -s ${key} -a atmos-auth -w ${base64('theirs')}\n`;
    expect(mac.security(['-i'], theirs)).toMatchObject({ exitCode: 0 });
    const keyring = mac.open();
    expect(await keyring.get(key)).toBe('theirs');
    expect(await keyring.keys()).toEqual([key]);
    const [before] = mac.items();

    await keyring.set(key, 'ours');
    expect(mac.items()).toEqual([
      { ...before, secret: base64('ours'), modifiedAt: expect.any(String) as string },
    ]);
    // The arguments of go-keyring.
    const find = ['find-generic-password', '-s', key, '-wa', 'atmos-auth'];
    expect(mac.security(find)).toMatchObject({ exitCode: 0, stdout: `${base64('ours')}\n` });

    expect(await keyring.delete(key)).toBe(true);
    expect(mac.items()).toEqual([]);
  });

  test('that we write has the format of go-keyring', async () => {
    const mac = createMac();
    await mac.open().set(key, 'value');
    const [ours] = mac.items();
    expect(mac.security(['-i'], `add-generic-password -U -s ${key} -a other -w x\n`)).toMatchObject(
      {
        exitCode: 0,
      },
    );
    const theirs = mac.items()[1];
    expect({ ...ours, createdAt: 0, modifiedAt: 0 }).toEqual({
      ...theirs,
      account: 'atmos-auth',
      secret: base64('value'),
      createdAt: 0,
      modifiedAt: 0,
    });
  });

  test.each([
    ["in go-keyring's older form", 'go-keyring-encoded:610a62', 'a\nb'],
    ['of plain text', 'p4ss word', 'p4ss word'],
    ['of plain text with non-ASCII characters', Buffer.from('naïve ').toString('latin1'), 'naïve'],
    ['of text that looks like hex', 'cafe00', 'cafe00'],
    ['of nothing', '', ''],
  ])('%s is read', async (_, secret, value) => {
    const mac = createMac();
    mac.put({ service: key, secret });
    expect(await mac.open().get(key)).toBe(value);
  });

  test('of another account or class, or with an invalid name, is ignored', async () => {
    const mac = createMac();
    mac.put(
      { service: 'another account', account: 'somebody' },
      { service: 'another class', class: 'inet' },
      { service: 'no text: \xff' },
      { service: null },
      { service: '.atmos-auth-part/0/0/none' },
      { service: 'ours' },
    );
    const keyring = mac.open();
    expect(await keyring.keys()).toEqual(['ours']);
    expect(await keyring.get('another account')).toBeNull();
    expect(await keyring.delete('another class')).toBe(false);
    expect(mac.items()).toHaveLength(6);
  });

  test('in two keychains is read from the first, and deleted from both', async () => {
    const mac = createMac();
    const second = join(mac.directory, 'second.keychain-db');
    mac.put({ service: key, secret: base64('second') });
    copyFileSync(mac.path, second);
    await mac.open().set(key, 'first');
    mac.change((state) => {
      state.searchList.push(second);
    });
    expect(await mac.open().get(key)).toBe('first');
    expect(await mac.open().keys()).toEqual([key]);
    expect(await mac.open().delete(key)).toBe(true);
    expect(await mac.open().get(key)).toBeNull();
    expect(await mac.open().delete(key)).toBe(false);
  });

  test('that another process creates at the same time is overwritten', async () => {
    const mac = createMac();
    let isRaced = false;
    const { runProgram } = mac.host;
    const host = {
      ...mac.host,
      async runProgram(...given: Parameters<typeof runProgram>) {
        const input = given[2].input;
        if (input === undefined || isRaced) return runProgram(...given);
        isRaced = true;
        mac.put({ service: key, secret: 'theirs' });
        // security searched before the item existed, and therefore does not update it.
        return runProgram(given[0], given[1], { ...given[2], input: input.replace(' -U', '') });
      },
    };
    await openKeychainStore({ ...mac.context, host }).write(key, Buffer.from('ours'));
    expect(mac.items().map(({ secret }) => secret)).toEqual([base64('ours')]);
  });
});

describe('a value', () => {
  test.each([
    ['of 2,560 bytes', 2560, 1],
    ['of one byte more', 2561, 1],
    ['that just fits', 3006, 1],
    ['that just does not fit', 3007, 3],
    ['of 64 KiB', 64 * 1024, 27],
  ])('%s is read back, and its parts are deleted with it', async (_, length, items) => {
    const mac = createMac();
    const value = numbered('v', length);
    const keyring = mac.open();
    await keyring.set(key, value);
    expect(mac.items()).toHaveLength(items);
    expect((await mac.open().get(key)) === value).toBe(true);
    expect(await keyring.keys()).toEqual([key]);
    expect(await keyring.delete(key)).toBe(true);
    expect(mac.items()).toEqual([]);
  });

  test('has parts that fit for any entry name, and no command is longer than 4,095 bytes', async () => {
    const mac = createMac();
    for (const name of ['"'.repeat(240), '\\'.repeat(240), '/'.repeat(80), '🔑'.repeat(60)]) {
      const value = numbered(name.slice(0, 2), 20_000);
      await mac.open().set(name, value);
      expect((await mac.open().get(name)) === value).toBe(true);
    }
    const lengths = mac.runs.map(({ input = '' }) => Buffer.byteLength(input));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4095);
    expect(Math.max(...lengths)).toBeGreaterThan(4080);
  });

  test('is the old or the new one after an interrupted write, and leftover parts are removed', async () => {
    const [before, after] = [numbered('old', 6000), numbered('new', 9000)];
    const steps = new Set<string>();
    for (let killAt = 0, isKilled = true; isKilled; killAt++) {
      const mac = createMac();
      await mac.open().set(key, before);
      isKilled = false;
      let step = 0;
      const killed = mac.open((name) => {
        if (step++ < killAt) return;
        isKilled = true;
        steps.add(name);
        throw new Error('killed');
      });
      await killed.set(key, after).catch(() => {});
      const found = await mac.open().get(key);
      expect([before, after].indexOf(found ?? '')).not.toBe(-1);
      expect(await mac.open().keys()).toEqual([key]);

      const later = { ...mac.host, now: () => new Date(Date.now() + 60 * 60 * 1000) };
      const chunked = createChunkedKeyring(openKeychainStore(mac.context), {
        host: later,
        named: 'the macOS keychain',
      });
      expect(await chunked.sweep()).toMatchObject({ recent: 0 });
      expect(mac.items()).toHaveLength(found === before ? 4 : 5);
      expect((await mac.open().get(key)) === found).toBe(true);
    }
    expect([...steps]).toEqual(['part written', 'parts read back', 'head written', 'part removed']);
  });
});

test('leftover parts of an interrupted write are reported, and removed when they are old', async () => {
  const mac = createMac();
  const killed = mac.open(() => {
    throw new Error('killed');
  });
  await killed.set(key, numbered('v', 9000)).catch(() => {});
  expect(await systemInspector.examine(mac.context)).toMatchObject([
    {
      id: 'parts',
      state: 'ok',
      message: expect.stringContaining('belong to a running write: 1') as string,
    },
  ]);
  const now = () => new Date(Date.now() + 60 * 60 * 1000);
  expect(
    await systemInspector.examine({ ...mac.context, host: { ...mac.host, now } }),
  ).toMatchObject([
    {
      message: expect.stringContaining('removed leftover parts of interrupted writes: 1') as string,
    },
  ]);
  expect(mac.items()).toEqual([]);
});

describe('a locked keychain', () => {
  test('is listed without a prompt', async () => {
    const mac = createMac();
    await mac.open().set(key, 'value');
    mac.change((state) => {
      state.locked = [mac.path];
    });
    expect(await mac.open().keys()).toEqual([key]);
    expect(await mac.open().get('absent')).toBeNull();
    expect(mac.asked()).toEqual([]);
  });

  test('is unlocked if the user at the display allows it', async () => {
    const mac = createMac();
    await mac.open().set(key, 'value');
    mac.change((state) => {
      state.locked = [mac.path];
    });
    expect(await mac.open().get(key)).toBe('value');
    expect(mac.asked()).toEqual([`unlock ${mac.path}`]);
  });
});

describe('a probe', () => {
  test('reports ready and the location, also over SSH', async () => {
    const mac = createMac();
    const keyring = mac.open();
    expect(keyring.info).toEqual({
      type: 'system',
      persistent: true,
      location: 'macOS keychain',
    });
    expect(await keyring.probe()).toEqual({ state: 'ready' });
    expect(keyring.info.location).toBe(`macOS keychain ${mac.path}`);
    mac.change((state) => {
      state.hasDisplay = false;
    });
    expect(await keyring.probe()).toEqual({ state: 'ready' });
  });

  test('reports locked over SSH, and shows no prompt on a display', async () => {
    const mac = createMac();
    mac.change((state) => {
      state.locked = [mac.path];
    });
    expect(await mac.open().probe()).toEqual({ state: 'ready' });
    mac.change((state) => {
      state.hasDisplay = false;
    });
    expect(await mac.open().probe()).toEqual({
      state: 'locked',
      reason: 'it is locked or needs consent, and this session cannot show a prompt',
    });
    expect(mac.asked()).toEqual([]);
  });

  test('reports locked if macOS shows a prompt nevertheless', async () => {
    const mac = createMac();
    mac.change((state) => {
      state.hasDisplay = false;
      state.silent = ['show-keychain-info'];
    });
    expect(await mac.open().probe()).toEqual({
      state: 'locked',
      reason: 'the keychain did not answer within 5 seconds, or its question was not answered',
    });
  });

  test('does not access a keychain if it cannot find out whether a display exists', async () => {
    const mac = createMac();
    mac.change((state) => {
      state.hasDisplay = false;
      state.locked = [mac.path];
    });
    const host = {
      ...mac.host,
      runProgram: async (...given: Parameters<typeof mac.host.runProgram>) => {
        if (given[0] === '/bin/launchctl') throw new Error('it is not there');
        return mac.host.runProgram(...given);
      },
    };
    const { probeKeychain } = await import('../../../../src/keyring/system/macos/keyring.ts');
    expect(await probeKeychain(host)).toEqual({ probe: { state: 'ready' }, path: mac.path });
    expect(mac.runs.map(({ args }) => args[0])).toEqual(['default-keychain']);
  });
});

test('the fake program serves three handles concurrently', async () => {
  const mac = createMac({ asChild: true });
  const value = numbered('v', 3200);
  const names = ['one', 'two', 'three'];
  await Promise.all(names.map((name) => mac.open().set(name, `${name} ${value}`)));
  expect(await mac.open().keys()).toEqual(names.toSorted());
  for (const name of names) expect(await mac.open().get(name)).toBe(`${name} ${value}`);
  expect(await mac.open().delete('one')).toBe(true);
  expect(await mac.open().get('one')).toBeNull();
});
