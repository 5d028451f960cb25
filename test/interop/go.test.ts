import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isStrong, parseJwe } from '../../src/keyring/file/jwe.ts';
import { encodeKey } from '../../src/keyring/key.ts';
import { hostileKeys, hostileValues } from '../contract/hostile.ts';
import { openTestKeyring, testPassword } from '../support/file-keyring.ts';
import { peer } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary.ts';

// Compares our file keyring with the library that Atmos uses: test/interop/go.
const go = peer('go');
const notFound = 3;
const integrityCheckFailed = 'aes.KeyUnwrap(): integrity check failed.\n';
const mebibyte = 1024 * 1024;

interface GoOptions {
  input?: string;
  password?: string;
}

/** Opens one directory with both programs. */
function openBoth() {
  const directory = join(temporaryDirectory(), 'keyring');
  const env = (password: string) => ({ INTEROP_DIR: directory, INTEROP_PASSWORD: password });

  function tryGo(args: string[], { input = '', password = testPassword }: GoOptions = {}) {
    const options = {
      input,
      env: env(password),
      encoding: 'utf8',
      maxBuffer: 4 * mebibyte,
    } as const;
    const { status, stdout, stderr } = spawnSync(go?.path ?? '', args, options);
    return { status, stdout, stderr };
  }

  function runGo(args: string[], input?: string): string {
    const { status, stdout, stderr } = tryGo(args, input === undefined ? {} : { input });
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
    return stdout;
  }

  return {
    directory,
    ours: openTestKeyring({ directory }),
    open: (password: string) => openTestKeyring({ directory, password }),
    tryGo,
    go: {
      set: (key: string, value: string) => runGo(['set', key], value),
      get: (key: string) => runGo(['get', key]),
      delete: (key: string) => runGo(['delete', key]),
      /** Leaves out `.state`, as Atmos does, which only lists names with its prefix. */
      list: () => keysOf(runGo(['list'])).filter((key) => !key.startsWith('.')),
    },
    spawnGo(args: string[]) {
      const child = spawn(go?.path ?? '', args, { env: env(testPassword), stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    },
  };
}

function keysOf(json: string): string[] {
  const keys = JSON.parse(json) as string[];
  return keys.toSorted();
}

describe.skipIf(!go)('an entry that Go wrote', () => {
  test('is read and listed equally under every hostile name', async () => {
    const { ours, go: theirs } = openBoth();
    for (const key of hostileKeys) theirs.set(key, `value of ${key}`);
    for (const key of hostileKeys) expect(await ours.get(key)).toBe(`value of ${key}`);
    expect(await ours.keys()).toEqual(hostileKeys.toSorted());
    expect(await ours.keys()).toEqual(theirs.list());
  });

  test('is read completely, whatever its value is', async () => {
    const { ours, go: theirs } = openBoth();
    for (const [what, value] of Object.entries(hostileValues)) theirs.set(what, value);
    for (const [what, value] of Object.entries(hostileValues)) {
      expect({ what, value: await ours.get(what) }).toEqual({ what, value });
    }
  });

  test('is read if its value is 1 MiB', async () => {
    const { ours, go: theirs } = openBoth();
    const value = 'é'.repeat(mebibyte / 2);
    theirs.set('large', value);
    expect((await ours.get('large')) === value).toBe(true);
  });

  test('is weak, and reading does not change it', async () => {
    const { directory, ours, go: theirs } = openBoth();
    theirs.set('key', 'value');
    const token = readFileSync(join(directory, 'key'), 'ascii');
    expect(await ours.get('key')).toBe('value');
    expect(readFileSync(join(directory, 'key'), 'ascii')).toBe(token);
    expect(parametersOf(directory, 'key').parameters).toMatchObject({
      algorithm: 'PBES2-HS256+A128KW',
      rounds: 8192,
    });
    expect(readdirSync(directory)).toEqual(['key']);
  });

  test('is overwritten with a strong entry, which Go reads', async () => {
    const { directory, ours, go: theirs } = openBoth();
    theirs.set('key', 'weak');
    await ours.set('key', 'strong');
    expect(parametersOf(directory, 'key').strong).toBe(true);
    expect(theirs.get('key')).toBe('strong');
    expect(await ours.get('key')).toBe('strong');
  });

  test('is missing for Go after we delete it', async () => {
    const { ours, go: theirs, tryGo } = openBoth();
    theirs.set('key', 'value');
    expect(await ours.delete('key')).toBe(true);
    expect(tryGo(['get', 'key']).status).toBe(notFound);
    expect(theirs.list()).toEqual([]);
  });

  test('is read under a short password, and more entries are added', async () => {
    const { open, tryGo } = openBoth();
    expect(tryGo(['set', 'key'], { input: 'value', password: 'x' }).status).toBe(0);
    const ours = open('x');
    expect(await ours.get('key')).toBe('value');
    await ours.set('other', 'another value');
    expect(tryGo(['get', 'other'], { password: 'x' }).stdout).toBe('another value');
  });

  test('is read under a non-ASCII password, which is not normalized', async () => {
    const { open, tryGo } = openBoth();
    tryGo(['set', 'atmos_r_key'], { input: 'value', password: 'p\u00e4sswort 🔑' });
    expect(await open('p\u00e4sswort 🔑').get('atmos_r_key')).toBe('value');
    await expect(open('pa\u0308sswort 🔑').get('atmos_r_key')).rejects.toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_WRONG',
    });
  });

  test('is reported if it has another password, and our entries stay readable', async () => {
    const { directory, ours, tryGo } = openBoth();
    await ours.set('ours', 'value');
    // Go writes it without checking the existing entries.
    expect(tryGo(['set', 'theirs'], { input: 'value', password: 'another one' }).status).toBe(0);
    await expect(ours.get('theirs')).rejects.toMatchObject({
      code: 'ERR_KEYRING_FOREIGN',
      message: `the entry ${join(directory, 'theirs')} is not readable with this password: another program encrypted it with another password, or it was changed`,
      hints: [],
    });
    expect(await ours.get('ours')).toBe('value');
  });

  test('is rejected after it was renamed to another entry, although Go reads it', async () => {
    const { directory, ours, go: theirs } = openBoth();
    theirs.set('mine', 'my secret');
    theirs.set('yours', 'your secret');
    renameSync(join(directory, 'yours'), join(directory, 'mine'));
    expect(theirs.get('mine')).toBe('your secret');
    await expect(ours.get('mine')).rejects.toMatchObject({ code: 'ERR_KEYRING_FOREIGN' });
  });

  test('is read from a directory with mode 755', async () => {
    const { directory, ours, go: theirs } = openBoth();
    mkdirSync(directory, { mode: 0o755 });
    theirs.set('key', 'value');
    expect(statSync(join(directory, 'key')).mode & 0o777).toBe(0o600);
    expect(await ours.get('key')).toBe('value');
  });

  test('is read completely or not at all while Go rewrites it', async () => {
    const { ours, go: theirs, spawnGo } = openBoth();
    theirs.set('key', wholeValue(0));
    const writer = spawnGo(['hammer', 'key', '300']);
    const ended = once(writer, 'exit');
    let reads = 0;
    while (writer.exitCode === null && writer.signalCode === null) {
      const value = await ours.get('key').catch(passOverTorn);
      if (value !== undefined) {
        const whole = value === wholeValue(Number.parseInt(value ?? '', 10));
        expect({ reads, whole }).toEqual({ reads, whole: true });
        reads++;
      }
      // Lets the event loop report the exit of the writer.
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect(await ended).toEqual([0, null]);
    expect(reads).toBeGreaterThan(0);
    expect((await ours.get('key')) === wholeValue(299)).toBe(true);
  });

  /** A constant writer can make every one of our reads see an incomplete entry. */
  function passOverTorn(error: unknown): undefined {
    expect(error).toMatchObject({ code: 'ERR_KEYRING_DAMAGED' });
  }

  /** As `hammer` of test/interop/go/main.go writes it. */
  function wholeValue(number: number): string {
    return `${number}:${String.fromCharCode(97 + (number % 26)).repeat(64 * 1024)}`;
  }
});

describe.skipIf(!go)('an entry that we wrote', () => {
  test('is listed and read by Go under every hostile name', async () => {
    const { directory, ours, go: theirs } = openBoth();
    for (const key of hostileKeys) await ours.set(key, `value of ${key}`);
    expect(theirs.list()).toEqual(await ours.keys());
    expect(parametersOf(directory, 'plain').strong).toBe(true);
    // Each needs a key derivation in Go, which takes half a second.
    for (const key of ['a/b', 'c%2Fd', 'up/../../..', ' leading space', '__proto__', '🔑']) {
      expect(theirs.get(key)).toBe(`value of ${key}`);
    }
  });

  test.each([
    ['nothing', ''],
    ['hostile', Object.values(hostileValues).join('')],
    ['at its ends', '\ufeff\0 \n'],
  ])('is read completely by Go if its value is %s', async (_, value) => {
    const { ours, go: theirs } = openBoth();
    await ours.set('key', value);
    expect(theirs.get('key')).toBe(value);
  });

  test('is read by Go if its value is 1 MiB', async () => {
    const { ours, go: theirs } = openBoth();
    const value = 'é'.repeat(mebibyte / 2);
    await ours.set('large', value);
    expect(theirs.get('large') === value).toBe(true);
  });

  test('is overwritten by Go with a value that we read', async () => {
    const { directory, ours, go: theirs } = openBoth();
    await ours.set('key', 'strong');
    theirs.set('key', 'weak');
    expect(parametersOf(directory, 'key').strong).toBe(false);
    expect(await ours.get('key')).toBe('weak');
    await ours.set('key', 'strong again');
    expect(theirs.get('key')).toBe('strong again');
  });

  test('is missing for us after Go deletes it', async () => {
    const { ours, go: theirs } = openBoth();
    await ours.set('key', 'value');
    theirs.delete('key');
    expect(await ours.get('key')).toBeNull();
    expect(await ours.keys()).toEqual([]);
    expect(await ours.delete('key')).toBe(false);
  });

  test('is not decrypted by Go with another password', async () => {
    const { ours, tryGo } = openBoth();
    await ours.set('key', 'value');
    expect(tryGo(['get', 'key'], { password: 'another one' })).toEqual({
      status: 1,
      stdout: '',
      stderr: integrityCheckFailed,
    });
  });
});

describe.skipIf(!go)('a wrong password', () => {
  test('reads and writes nothing in a directory of Go', async () => {
    const { directory, open, go: theirs } = openBoth();
    theirs.set('atmos_r_key', 'value');
    const before = readFileSync(join(directory, 'atmos_r_key'), 'ascii');
    const ours = open('not the password');
    const wrong = { code: 'ERR_KEYRING_PASSWORD_WRONG' };
    await expect(ours.get('atmos_r_key')).rejects.toMatchObject(wrong);
    await expect(ours.set('atmos_r_key', 'new')).rejects.toMatchObject(wrong);
    await expect(ours.set('other', 'new')).rejects.toMatchObject(wrong);
    expect(readdirSync(directory)).toEqual(['atmos_r_key']);
    expect(readFileSync(join(directory, 'atmos_r_key'), 'ascii')).toBe(before);
  });
});

describe.skipIf(!go)('both programs reject', () => {
  test('an entry with a newline at its end', async () => {
    const { directory, ours, go: theirs, tryGo } = openBoth();
    theirs.set('key', 'value');
    writeFileSync(join(directory, 'key'), '\n', { flag: 'a' });
    expect(tryGo(['get', 'key']).status).toBe(1);
    await expect(ours.get('key')).rejects.toMatchObject({ code: 'ERR_KEYRING_DAMAGED' });
  });
});

function parametersOf(directory: string, key: string) {
  const entry = parseJwe(readFileSync(join(directory, encodeKey(key)), 'ascii'));
  if ('fault' in entry) expect.fail(entry.fault);
  return { parameters: entry.parameters, strong: isStrong(entry.parameters) };
}
