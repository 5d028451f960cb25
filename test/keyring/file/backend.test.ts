import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testRounds } from '../../../scripts/build-constants.mjs';
import { realHost } from '../../../src/host/real.ts';
import type { Keyring } from '../../../src/keyring/contract.ts';
import { openFileKeyring } from '../../../src/keyring/file/backend.ts';
import { createParameters, parseJwe } from '../../../src/keyring/file/jwe.ts';
import { lockState, statePaths } from '../../../src/keyring/file/state.ts';
import { countDerivations } from '../../support/derivations.ts';
import {
  createTestContext,
  openTestKeyring,
  testPassword,
  type FileKeyringOptions,
} from '../../support/file-keyring.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, rejectionOf } from './rejection.ts';
import { contentsOf, sealVerifier, seedEntries, seedKeyring, writeEntry } from './seed.ts';
import { quick, sealEntry } from './tokens.ts';

const newDirectory = () => join(temporaryDirectory(), 'share', 'keyring');

describe('a keyring whose password is the whole output of its source', () => {
  const fromCommand = (command: string) => ({
    password: null,
    settings: { passwordCommand: { value: command, source: 'spec.password_command' } },
  });

  test.each<[string, string, Partial<FileKeyringOptions>]>([
    ['a variable with a newline, as Atmos does', 'secret word\n', { password: 'secret word\n' }],
    ['a variable of two lines', 'secret\nword', { password: 'secret\nword\n' }],
    [
      'all lines of a command, as version 0.1.0 did',
      'secret word\nuser: ada',
      fromCommand('printf "secret word\\nuser: ada\\n"'),
    ],
    ['the first line', 'secret word', fromCommand('printf "secret word\\nuser: ada\\n"')],
  ])('still opens: %s', async (_, password, options) => {
    const directory = await seedEntries({ atmos_key: 'value' }, password);
    const keyring = openTestKeyring({ directory, ...options });
    expect(await keyring.get('atmos_key')).toBe('value');
    await keyring.set('other', 'written under the same password');
    await keyring.close();
    const again = openTestKeyring({
      directory,
      promptPassword: async () => password,
      password: null,
    });
    expect(await again.get('other')).toBe('written under the same password');
    await again.close();
  });

  test('is not created: a new keyring gets the first line as its password', async () => {
    const directory = newDirectory();
    const keyring = openTestKeyring({
      directory,
      ...fromCommand('printf "secret word\\nuser: ada\\n"'),
    });
    await keyring.set('atmos_key', 'value');
    await keyring.close();
    const again = openTestKeyring({ directory, password: 'secret word' });
    expect(await again.get('atmos_key')).toBe('value');
    await again.close();
  });

  test('does not open with another password, whatever lines follow', async () => {
    const directory = await seedEntries({ atmos_key: 'value' }, 'secret word');
    const keyring = openTestKeyring({
      directory,
      ...fromCommand('printf "another\\nsecret word\\n"'),
    });
    expectError(
      await rejectionOf(keyring.get('atmos_key')),
      'ERR_KEYRING_PASSWORD_WRONG',
      `the password (from the password command, spec.password_command) does not open the keyring ${directory}`,
    );
  });
});

describe('a keyring that does not exist', () => {
  test('is empty, and a read neither prompts nor creates it', async () => {
    const directory = newDirectory();
    const keyring = openTestKeyring({ directory, password: null });
    expect(await keyring.get('key')).toBeNull();
    expect(await keyring.keys()).toEqual([]);
    expect(await keyring.delete('key')).toBe(false);
    expect(await keyring.probe()).toEqual({
      state: 'locked',
      reason: 'no password: neither ATMOS_KEYRING_PASSWORD nor ATMOS_KEYRING_PASSWORD_FILE is set',
    });
    expect(existsSync(join(directory, '..'))).toBe(false);
  });

  test.each<[string, string | null, string, string]>([
    [
      'no password',
      null,
      'ERR_KEYRING_PASSWORD_REQUIRED',
      'the file keyring DIRECTORY needs a password: ATMOS_KEYRING_PASSWORD is not set, and this program never prompts',
    ],
    [
      'an empty variable',
      '',
      'ERR_KEYRING_PASSWORD_REQUIRED',
      "the variable ATMOS_KEYRING_PASSWORD, which should contain the keyring's password, is empty",
    ],
    [
      'a short password',
      '1234567',
      'ERR_KEYRING_PASSWORD_TOO_SHORT',
      'the password for the new keyring DIRECTORY has 7 bytes, and at least 8 are needed',
    ],
  ])('is not created with %s', async (_, password, code, message) => {
    const directory = newDirectory();
    const error = await rejectionOf(openTestKeyring({ directory, password }).set('key', 'value'));
    expect(error.code).toBe(code);
    expect(error.message).toBe(message.replace('DIRECTORY', directory));
    expect(error.hints).not.toEqual([]);
    expect(existsSync(join(directory, '..'))).toBe(false);
  });

  test('is created by the first write, in our own format', async () => {
    const directory = newDirectory();
    await openTestKeyring({ directory }).set('atmos_a/b', 'value');
    expect(readdirSync(directory)).toEqual(['.state', 'atmos_a%2Fb']);
    expect(readdirSync(join(directory, '.state'))).toEqual([
      'lock',
      'temporary',
      'verifier',
      'version',
    ]);
    const entry = parseJwe(readFileSync(join(directory, 'atmos_a%2Fb'), 'ascii'));
    const verifier = parseJwe(readFileSync(join(directory, '.state', 'verifier'), 'ascii'));
    if ('fault' in entry || 'fault' in verifier) expect.fail('not a JWE');
    expect(entry.parameters).toMatchObject({ algorithm: 'PBES2-HS512+A256KW', rounds: testRounds });
    expect(entry.parameters).toEqual(verifier.parameters);
  });

  test('gets only one of the passwords of two concurrent first writers', async () => {
    const directory = newDirectory();
    const users = ['the first password', 'the second password'].map((password) => ({
      password,
      keyring: openTestKeyring({ directory, password }),
    }));
    const outcomes = await Promise.allSettled(
      users.map(({ keyring, password }) => keyring.set(password, 'value')),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const winner = users[outcomes.findIndex(({ status }) => status === 'fulfilled')];
    expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_WRONG',
    });
    expect(await winner?.keyring.keys()).toEqual([winner?.password]);
    expect(await winner?.keyring.get(winner.password)).toBe('value');
  });
});

describe('a wrong password', () => {
  const password = 'not the password';

  test.each([
    ['with .state', seedKeyring],
    ['of another tool', seedEntries],
  ])('reads and changes nothing in a keyring %s', async (_, seed) => {
    const directory = await seed({ atmos_key: 'value' });
    const before = contentsOf(directory);
    const keyring = openTestKeyring({ directory, password });
    for (const refused of [
      () => keyring.get('atmos_key'),
      () => keyring.set('atmos_key', 'new value'),
      () => keyring.set('atmos_other', 'new value'),
    ]) {
      expectError(
        await rejectionOf(refused()),
        'ERR_KEYRING_PASSWORD_WRONG',
        `the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${directory}`,
      );
    }
    expect(contentsOf(directory)).toEqual(before);
    expect(await keyring.probe()).toEqual({
      state: 'locked',
      reason: `the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${directory}`,
    });
    expect(await openTestKeyring({ directory }).get('atmos_key')).toBe('value');
  });

  test('is not accepted for a keyring whose entries are all deleted', async () => {
    const directory = await seedKeyring();
    const error = await rejectionOf(openTestKeyring({ directory, password }).set('key', 'value'));
    expect(error.code).toBe('ERR_KEYRING_PASSWORD_WRONG');
    expect(await openTestKeyring({ directory }).keys()).toEqual([]);
  });

  test('is not noticed for a missing entry, a listing or a delete', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const keyring = openTestKeyring({ directory, password });
    expect(await keyring.get('absent')).toBeNull();
    expect(await keyring.keys()).toEqual(['key']);
    expect(await keyring.delete('key')).toBe(true);
  });

  /** A user who types these passwords one after another, and the prompts and warnings. */
  function typing(directory: string, ...typed: string[]) {
    const told: string[] = [];
    const context = createTestContext({
      directory,
      password: null,
      promptPassword: async () => typed.shift() ?? expect.fail('asked once too often'),
    });
    const keyring = openFileKeyring({ ...context, warn: (message) => void told.push(message) });
    return { keyring, told, typed };
  }

  test('prompts again if it was typed, until the right one is typed', async () => {
    const directory = await seedKeyring({ key: 'value', other: 'another value' });
    const { keyring, told } = typing(directory, password, '', testPassword);
    const empty = await rejectionOf(keyring.get('key'));
    expect(empty.code).toBe('ERR_KEYRING_PASSWORD_REQUIRED');
    expect(await keyring.get('key')).toBe('value');
    expect(await keyring.get('other')).toBe('another value');
    expect(await keyring.probe()).toEqual({ state: 'ready' });
    expect(told).toEqual([`the password that was typed does not open the keyring ${directory}`]);
  });

  test.each<[string, (keyring: Keyring) => Promise<unknown>]>([
    ['read', (keyring) => keyring.get('key')],
    ['write', (keyring) => keyring.set('key', 'new value')],
  ])('is an error if it was typed three times, to %s as well', async (_, use) => {
    const directory = await seedKeyring({ key: 'value' });
    const before = contentsOf(directory);
    const { keyring, told, typed } = typing(
      directory,
      'first mistake',
      'second mistake',
      'third mistake',
      testPassword,
    );
    expectError(
      await rejectionOf(use(keyring)),
      'ERR_KEYRING_PASSWORD_WRONG',
      `the password (from prompt) does not open the keyring ${directory}`,
    );
    expect(told).toHaveLength(2);
    expect(typed).toEqual([testPassword]);
    expect(told.join()).not.toContain('mistake');
    expect(contentsOf(directory)).toEqual(before);
    await use(keyring);
  });

  test('is accepted if it was typed and opens the requested entry', async () => {
    const directory = await seedKeyring({ a: '', b: '', c: '', d: '', e: '' });
    writeEntry(directory, 'odd', await sealEntry({ key: 'odd', value: 'value' }, 'another one'));
    const { keyring, told } = typing(directory, 'another one');
    expect(await keyring.get('odd')).toBe('value');
    expect(told).toEqual([]);
  });

  test.each<[string, Partial<FileKeyringOptions>, string]>([
    [
      'a variable of another name',
      {
        settings: { passwordEnv: { value: 'MY_SECRET', source: 'ATMOS_KEYRING_PASSWORD_ENV' } },
        host: { env: { MY_SECRET: password } },
      },
      'MY_SECRET, named by ATMOS_KEYRING_PASSWORD_ENV',
    ],
    [
      'a file',
      {
        settings: { passwordFile: { value: '/dev/stdin', source: 'ATMOS_KEYRING_PASSWORD_FILE' } },
      },
      'the file FILE, named by ATMOS_KEYRING_PASSWORD_FILE',
    ],
    [
      'a command',
      {
        settings: {
          passwordCommand: {
            value: `echo ${password}`,
            source: 'auth.keyring.spec.password_command',
          },
        },
      },
      'the password command, auth.keyring.spec.password_command',
    ],
  ])('from %s is an error that names its source', async (_, options, named) => {
    const directory = await seedKeyring({ key: 'value' });
    const file = join(temporaryDirectory(), 'password');
    writeFileSync(file, `${password}\n`);
    const { settings = {} } = options;
    const keyring = openTestKeyring({
      directory,
      password: null,
      ...options,
      settings: {
        ...settings,
        ...(settings.passwordFile
          ? { passwordFile: { ...settings.passwordFile, value: file } }
          : {}),
      },
    });
    expectError(
      await rejectionOf(keyring.get('key')),
      'ERR_KEYRING_PASSWORD_WRONG',
      `the password (from ${named.replace('file FILE', `file ${file}`)}) does not open the keyring ${directory}`,
    );
  });

  test('is resolved again after its source failed', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const answers = [async () => Promise.reject(new Error('gone')), async () => testPassword];
    const keyring = openTestKeyring({
      directory,
      password: null,
      promptPassword: async () => (await answers.shift()?.()) ?? '',
    });
    await expect(keyring.get('key')).rejects.toThrow('gone');
    expect(await keyring.get('key')).toBe('value');
  });
});

describe('a probe', () => {
  test('neither prompts nor runs a command', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const before = contentsOf(directory);
    const promptPassword = async () => expect.fail('asked');
    const byPerson = openTestKeyring({ directory, password: null, promptPassword });
    expect(await byPerson.probe()).toEqual({
      state: 'locked',
      reason: 'the next use prompts for the password',
    });
    const settings = { passwordCommand: { value: 'touch /never', source: 'options' } };
    const host = { runShell: async () => expect.fail('ran') };
    const byCommand = openTestKeyring({ directory, password: null, settings, host });
    expect(await byCommand.probe()).toEqual({
      state: 'locked',
      reason: 'the password command has not been run yet',
    });
    expect(contentsOf(directory)).toEqual(before);
  });
});

describe('a keyring of a newer version', () => {
  test('is neither read, written, listed nor changed', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const paths = statePaths(directory);
    writeFileSync(paths.version, '2\n');
    const before = contentsOf(directory);
    const keyring = openTestKeyring({ directory });
    const message = `the keyring ${paths.root} has version 2; this atmos-auth supports version 1`;
    for (const refused of [
      () => keyring.get('key'),
      () => keyring.set('key', 'new'),
      () => keyring.delete('key'),
      () => keyring.keys(),
    ]) {
      expectError(await rejectionOf(refused()), 'ERR_KEYRING_VERSION', message);
    }
    expect(await keyring.probe()).toEqual({ state: 'unavailable', reason: message });
    expect(contentsOf(directory)).toEqual(before);
  });
});

describe('without .state', () => {
  test('every entry is readable, and the next write creates it', async () => {
    const directory = await seedKeyring({ key: 'value' });
    rmSync(join(directory, '.state'), { recursive: true });
    const keyring = openTestKeyring({ directory });
    expect(await keyring.get('key')).toBe('value');
    expect(existsSync(join(directory, '.state'))).toBe(false);
    await keyring.set('other', 'another value');
    expect(existsSync(join(directory, '.state', 'verifier'))).toBe(true);
    const again = openTestKeyring({ directory });
    expect(await again.get('key')).toBe('value');
    expect(await again.get('other')).toBe('another value');
  });
});

describe('the right password is accepted', () => {
  test('with a verifier of another password', async () => {
    const directory = await seedKeyring({ atmos_key: 'value' });
    writeFileSync(
      statePaths(directory).verifier,
      await sealVerifier(quick, 'the password of yesterday'),
    );
    const keyring = openTestKeyring({ directory });
    expect(await keyring.get('atmos_key')).toBe('value');
    await keyring.set('atmos_key', 'new value');
    expect(await openTestKeyring({ directory }).get('atmos_key')).toBe('new value');
  });

  test('with a damaged verifier', async () => {
    const directory = await seedKeyring({ atmos_key: 'value' });
    writeFileSync(statePaths(directory).verifier, 'not a token');
    const keyring = openTestKeyring({ directory });
    expect(await keyring.get('atmos_key')).toBe('value');
    await keyring.set('atmos_key', 'new value');
    expect(await openTestKeyring({ directory }).get('atmos_key')).toBe('new value');
  });
});

describe('the generation', () => {
  test('restarts the write if it changes before the lock is taken', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const { verifier } = statePaths(directory);
    const replacement = await sealVerifier();
    const steps: string[] = [];
    const onStep = (step: string) => {
      steps.push(step);
      if (step === 'locked' && steps.filter((name) => name === 'locked').length === 1) {
        writeFileSync(verifier, replacement);
      }
    };
    await openTestKeyring({ directory, onStep }).set('key', 'new value');
    expect(steps.filter((step) => step === 'locked')).toHaveLength(2);
    expect(steps.filter((step) => step === 'renamed')).toHaveLength(1);
    expect(await openTestKeyring({ directory }).get('key')).toBe('new value');
  });

  test('makes the write fail if it belongs to another password', async () => {
    const directory = await seedKeyring();
    const { verifier } = statePaths(directory);
    const replacement = await sealVerifier(quick, 'the new password');
    const onStep = (step: string) => {
      if (step === 'locked') writeFileSync(verifier, replacement);
    };
    const keyring = openTestKeyring({ directory, onStep });
    expect((await rejectionOf(keyring.set('key', 'value'))).code).toBe(
      'ERR_KEYRING_PASSWORD_WRONG',
    );
    expect(await keyring.keys()).toEqual([]);
  });

  test('makes the write fail if it keeps changing', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const { verifier } = statePaths(directory);
    const parameters = createParameters();
    const replacements = [await sealVerifier(parameters), await sealVerifier(parameters)];
    const onStep = (step: string) => {
      if (step !== 'locked') return;
      writeFileSync(verifier, replacements[0] ?? '');
      replacements.reverse();
    };
    expectError(
      await rejectionOf(openTestKeyring({ directory, onStep }).set('key', 'new')),
      'ERR_KEYRING_BUSY',
      `the password of the keyring ${directory} keeps changing`,
    );
    expect(await openTestKeyring({ directory }).get('key')).toBe('value');
  });
});

describe('a keyring that another process has locked', () => {
  test('is readable, and a write fails with the process id', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const paths = statePaths(directory);
    let clockMs = 0;
    const clock = {
      monotonicMs: () => clockMs,
      sleep: async (milliseconds: number) => {
        clockMs += milliseconds;
      },
    };
    const lock = await lockState(paths, 'exclusive', realHost(), 0);
    const keyring = openTestKeyring({ directory, host: clock });
    expect(await keyring.get('key')).toBe('value');
    expect(await keyring.keys()).toEqual(['key']);
    for (const refused of [() => keyring.set('key', 'new'), () => keyring.delete('key')]) {
      expectError(
        await rejectionOf(refused()),
        'ERR_KEYRING_BUSY',
        `the keyring ${paths.root} has been locked by process ${process.pid} for 30 seconds`,
        `ps -p ${process.pid} -o pid,etime,args`,
      );
    }
    lock.release();
    expect(await keyring.get('key')).toBe('value');
    expect(await keyring.delete('key')).toBe(true);
  });
});

describe('the key is derived once', () => {
  const keys = Array.from({ length: 20 }, (_, number) => `key ${number}`);

  test('to read every entry', async () => {
    const directory = await seedKeyring(Object.fromEntries(keys.map((key) => [key, key])));
    const count = await countDerivations(async () => {
      const keyring = openTestKeyring({ directory });
      for (const key of keys) expect(await keyring.get(key)).toBe(key);
    });
    expect(count).toBe(1);
  });

  test('to create a keyring, write and read', async () => {
    const directory = newDirectory();
    const count = await countDerivations(async () => {
      const keyring = openTestKeyring({ directory });
      for (const key of keys) await keyring.set(key, key);
      for (const key of keys) expect(await keyring.get(key)).toBe(key);
      await keyring.probe();
    });
    expect(count).toBe(1);
  });

  test('to write many first values concurrently', async () => {
    const directory = newDirectory();
    const count = await countDerivations(async () => {
      const keyring = openTestKeyring({ directory });
      await Promise.all(keys.map((key) => keyring.set(key, key)));
      expect(await keyring.keys()).toEqual(keys.toSorted());
    });
    expect(count).toBe(1);
  });

  test('to write to a keyring with weak entries of Atmos', async () => {
    const directory = await seedEntries({ atmos_theirs: 'value' });
    const count = await countDerivations(async () => {
      const keyring = openTestKeyring({ directory });
      for (const key of keys) await keyring.set(key, key);
    });
    // Once for the entry that proves the password, once for our own salt.
    expect(count).toBe(2);
  });
});

describe('closing', () => {
  test('during a write never encrypts with an empty password', async () => {
    const directory = await seedKeyring({ key: 'value' });
    for (const last of ['state made', 'locked', 'checked', 'temporary opened']) {
      const keyring = openTestKeyring({
        directory,
        onStep: (step) => {
          if (step === last) void keyring.close();
        },
      });
      await keyring.set('key', `closed at ${last}`).catch(() => {});
      const read = await openTestKeyring({ directory }).get('key');
      expect(['value', `closed at ${last}`]).toContain(read);
      await keyring.close();
    }
  });

  test('right after the start of a write does not damage the entry', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const keyring = openTestKeyring({ directory });
    const writing = keyring.set('key', 'new value').catch(() => {});
    await keyring.close();
    await writing;
    expect(['value', 'new value']).toContain(await openTestKeyring({ directory }).get('key'));
  });
});

describe('a read concurrent with a writer that does not replace files atomically', () => {
  const key = 'key';

  test('waits until the entry is complete', async () => {
    const directory = await seedKeyring({ [key]: 'value' });
    const token = readFileSync(join(directory, key), 'ascii');
    writeEntry(directory, key, token.slice(0, 100));
    const pauses: number[] = [];
    const sleep = async (milliseconds: number) => {
      pauses.push(milliseconds);
      if (pauses.length === 3) writeEntry(directory, key, token);
    };
    expect(await openTestKeyring({ directory, host: { sleep } }).get(key)).toBe('value');
    expect(pauses).toEqual([20, 20, 20]);
  });

  test('reports an entry as damaged if it stays incomplete', async () => {
    const directory = await seedKeyring({ [key]: 'value' });
    const path = join(directory, key);
    writeEntry(directory, key, readFileSync(path, 'ascii').slice(0, 100));
    const pauses: number[] = [];
    const sleep = async (milliseconds: number) => void pauses.push(milliseconds);
    expectError(
      await rejectionOf(openTestKeyring({ directory, host: { sleep } }).get(key)),
      'ERR_KEYRING_DAMAGED',
      `the entry ${path} is damaged: it has 1 parts, not the 5 of a JWE`,
    );
    expect(pauses).toEqual([20, 20, 20, 20]);
  });

  test('waits also if the halves of two entries look like one entry', async () => {
    const directory = await seedKeyring();
    const [one, two] = [
      await sealEntry({ key, value: 'a'.repeat(1000) }),
      await sealEntry({ key, value: 'b'.repeat(1000) }),
    ];
    const middle = one.length >> 1;
    writeEntry(directory, key, one.slice(0, middle) + two.slice(middle));
    const sleep = async () => writeEntry(directory, key, two);
    expect(await openTestKeyring({ directory, host: { sleep } }).get(key)).toBe('b'.repeat(1000));
  });
});

describe('names in the directory', () => {
  test('are ignored if no entry name has them', async () => {
    const directory = await seedKeyring({ key: 'value' });
    writeFileSync(join(directory, '.DS_Store'), '');
    writeFileSync(join(directory, 'a%2fb'), '');
    mkdirSync(join(directory, 'lost+found'));
    const keyring = openTestKeyring({ directory });
    expect(await keyring.keys()).toEqual(['key']);
    expect(await keyring.get('a/b')).toBeNull();
    expect(await keyring.delete('a/b')).toBe(false);
    expect(readdirSync(directory)).toEqual(
      ['.DS_Store', '.state', 'a%2fb', 'key', 'lost+found'].toSorted(),
    );
  });

  test('do not count as deleted if they vanish before the lock is taken', async () => {
    const directory = await seedKeyring({ key: 'value' });
    const path = join(directory, 'key');
    const keyring = openTestKeyring({
      directory,
      onStep: (step) => {
        if (step === 'locked') renameSync(path, `${path} elsewhere`);
      },
    });
    expect(await keyring.delete('key')).toBe(false);
  });
});

test('a directory with the name of an entry is neither read, replaced nor deleted', async () => {
  const directory = await seedKeyring();
  const path = join(directory, 'key');
  mkdirSync(path);
  const keyring = openTestKeyring({ directory });
  for (const refused of [() => keyring.get('key'), () => keyring.set('key', 'value')]) {
    expectError(
      await rejectionOf(refused()),
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is a directory`,
    );
  }
  expect((await rejectionOf(keyring.delete('key'))).message).toContain(`cannot delete ${path}`);
  expect(existsSync(path)).toBe(true);
});
