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

// What Atmos does with its file keyring, against what we do with it: test/interop/go.
const go = peer('go');
const notFound = 3;
const integrityCheckFailed = 'aes.KeyUnwrap(): integrity check failed.\n';
const mebibyte = 1024 * 1024;

interface GoOptions {
  input?: string;
  password?: string;
}

/** Both sides on one directory. */
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
      /** As Atmos, which keeps only names with its prefix, Go's program leaves out `.state`. */
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

describe.skipIf(!go)('what Go writes', () => {
  test('under every hostile key is read, and listed alike', async () => {
    const { ours, go: theirs } = openBoth();
    for (const key of hostileKeys) theirs.set(key, `value of ${key}`);
    for (const key of hostileKeys) expect(await ours.get(key)).toBe(`value of ${key}`);
    expect(await ours.keys()).toEqual(hostileKeys.toSorted());
    expect(await ours.keys()).toEqual(theirs.list());
  });

  test('is read to the last character, whatever it is', async () => {
    const { ours, go: theirs } = openBoth();
    for (const [what, value] of Object.entries(hostileValues)) theirs.set(what, value);
    for (const [what, value] of Object.entries(hostileValues)) {
      expect({ what, value: await ours.get(what) }).toEqual({ what, value });
    }
  });

  test('is read when it is 1 MiB', async () => {
    const { ours, go: theirs } = openBoth();
    const value = 'é'.repeat(mebibyte / 2);
    theirs.set('large', value);
    expect((await ours.get('large')) === value).toBe(true);
  });

  test('is weak, and is left as it is by reading', async () => {
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

  test('is overwritten by us with a strong entry, and Go reads that', async () => {
    const { directory, ours, go: theirs } = openBoth();
    theirs.set('key', 'weak');
    await ours.set('key', 'strong');
    expect(parametersOf(directory, 'key').strong).toBe(true);
    expect(theirs.get('key')).toBe('strong');
    expect(await ours.get('key')).toBe('strong');
  });

  test('is deleted by us, and Go says that it is not there', async () => {
    const { ours, go: theirs, tryGo } = openBoth();
    theirs.set('key', 'value');
    expect(await ours.delete('key')).toBe(true);
    expect(tryGo(['get', 'key']).status).toBe(notFound);
    expect(theirs.list()).toEqual([]);
  });

  test('under a short password is read, and added to', async () => {
    const { open, tryGo } = openBoth();
    expect(tryGo(['set', 'key'], { input: 'value', password: 'x' }).status).toBe(0);
    const ours = open('x');
    expect(await ours.get('key')).toBe('value');
    await ours.set('other', 'another value');
    expect(tryGo(['get', 'other'], { password: 'x' }).stdout).toBe('another value');
  });

  test('under a password beyond ASCII is read, composed and decomposed apart', async () => {
    const { open, tryGo } = openBoth();
    tryGo(['set', 'atmos_r_key'], { input: 'value', password: 'p\u00e4sswort 🔑' });
    expect(await open('p\u00e4sswort 🔑').get('atmos_r_key')).toBe('value');
    await expect(open('pa\u0308sswort 🔑').get('atmos_r_key')).rejects.toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_WRONG',
    });
  });

  test('under another password than ours is called so, and ours stays readable', async () => {
    const { directory, ours, tryGo } = openBoth();
    await ours.set('ours', 'value');
    // Go writes it without a look at what is there.
    expect(tryGo(['set', 'theirs'], { input: 'value', password: 'another one' }).status).toBe(0);
    await expect(ours.get('theirs')).rejects.toMatchObject({
      code: 'ERR_KEYRING_FOREIGN',
      message: `the entry ${join(directory, 'theirs')} is not readable with this password: another program encrypted it with another password, or it was changed`,
      hints: [],
    });
    expect(await ours.get('ours')).toBe('value');
  });

  test('and renames onto another entry is refused, although Go reads it', async () => {
    const { directory, ours, go: theirs } = openBoth();
    theirs.set('mine', 'my secret');
    theirs.set('yours', 'your secret');
    renameSync(join(directory, 'yours'), join(directory, 'mine'));
    expect(theirs.get('mine')).toBe('your secret');
    await expect(ours.get('mine')).rejects.toMatchObject({ code: 'ERR_KEYRING_FOREIGN' });
  });

  test('into a directory with mode 755 is read: the entries guard themselves', async () => {
    const { directory, ours, go: theirs } = openBoth();
    mkdirSync(directory, { mode: 0o755 });
    theirs.set('key', 'value');
    expect(statSync(join(directory, 'key')).mode & 0o777).toBe(0o600);
    expect(await ours.get('key')).toBe('value');
  });

  test('again and again, beside us, is read whole or not at all', async () => {
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
      // Lets the exit of the writer be noticed.
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect(await ended).toEqual([0, null]);
    expect(reads).toBeGreaterThan(0);
    expect((await ours.get('key')) === wholeValue(299)).toBe(true);
  });

  /** A writer that never rests can show an entry torn each time that we try. */
  function passOverTorn(error: unknown): undefined {
    expect(error).toMatchObject({ code: 'ERR_KEYRING_DAMAGED' });
  }

  /** As `hammer` of test/interop/go/main.go writes it. */
  function wholeValue(number: number): string {
    return `${number}:${String.fromCharCode(97 + (number % 26)).repeat(64 * 1024)}`;
  }
});

describe.skipIf(!go)('what we write', () => {
  test('under every hostile key is listed alike by Go, and read', async () => {
    const { directory, ours, go: theirs } = openBoth();
    for (const key of hostileKeys) await ours.set(key, `value of ${key}`);
    expect(theirs.list()).toEqual(await ours.keys());
    expect(parametersOf(directory, 'plain').strong).toBe(true);
    // Each costs Go a derivation of its own: half a second.
    for (const key of ['a/b', 'c%2Fd', 'up/../../..', ' leading space', '__proto__', '🔑']) {
      expect(theirs.get(key)).toBe(`value of ${key}`);
    }
  });

  test.each([
    ['nothing', ''],
    ['hostile', Object.values(hostileValues).join('')],
    ['at its ends', '\ufeff\0 \n'],
  ])('is read by Go to the last character when it is %s', async (_, value) => {
    const { ours, go: theirs } = openBoth();
    await ours.set('key', value);
    expect(theirs.get('key')).toBe(value);
  });

  test('is read by Go when it is 1 MiB', async () => {
    const { ours, go: theirs } = openBoth();
    const value = 'é'.repeat(mebibyte / 2);
    await ours.set('large', value);
    expect(theirs.get('large') === value).toBe(true);
  });

  test('is overwritten by Go, and we read that', async () => {
    const { directory, ours, go: theirs } = openBoth();
    await ours.set('key', 'strong');
    theirs.set('key', 'weak');
    expect(parametersOf(directory, 'key').strong).toBe(false);
    expect(await ours.get('key')).toBe('weak');
    await ours.set('key', 'strong again');
    expect(theirs.get('key')).toBe('strong again');
  });

  test('is deleted by Go, and we say that it is not there', async () => {
    const { ours, go: theirs } = openBoth();
    await ours.set('key', 'value');
    theirs.delete('key');
    expect(await ours.get('key')).toBeNull();
    expect(await ours.keys()).toEqual([]);
    expect(await ours.delete('key')).toBe(false);
  });

  test('does not open for Go with another password', async () => {
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
  test('reads and writes nothing beside what Go wrote', async () => {
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

describe.skipIf(!go)('both sides refuse', () => {
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
