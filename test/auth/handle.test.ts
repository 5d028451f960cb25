import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeHandle, type Handle } from '../../src/auth/handle.ts';
import { readHandle } from '../../src/auth/read-handle.ts';
import { AtmosError } from '../../src/core/errors.ts';
import { thrownBy } from '../support/error-of.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const handle: Handle = {
  directory: '/p',
  layers: [
    { path: '/p/atmos.yaml', origin: 'project' },
    { path: '/p/profiles/ci/atmos.yaml', origin: 'project', profile: 'ci' },
  ],
  realm: 'r',
  identity: 'Dev 👩‍💻',
  keyring: {
    type: { value: 'file', source: 'auth.keyring.type (/p/atmos.yaml:3:10)' },
    directory: { value: '/home/ada/.local/share/atmos/keyring', source: 'default' },
    passwordEnv: { value: 'ATMOS_KEYRING_PASSWORD', source: 'default' },
    passwordFile: { value: '/run/secrets/keyring', source: 'ATMOS_KEYRING_PASSWORD_FILE' },
  },
};
const hints = ['to write a new one: atmos auth env'];

function openPlace() {
  const root = temporaryDirectory();
  const host = fakeHost({ env: { XDG_STATE_HOME: root } });
  const directory = join(root, 'atmos', 'handles');
  const write = (changed: Partial<Handle> = {}) =>
    writeHandle({ ...handle, ...changed }, ({ id }) => `handle = ${id}\n`, host);
  return { root, host, directory, write };
}

describe('a handle', () => {
  test('is read as it was written', () => {
    const { host, write } = openPlace();
    expect(readHandle(write().id, host)).toEqual(handle);
  });

  test('has an id of 22 letters, the same for the same content', () => {
    const { write, directory } = openPlace();
    const { id } = write();
    expect(id).toMatch(/^[a-z]{22}$/);
    expect(write().id).toBe(id);
    expect(readdirSync(directory).sort()).toEqual(
      [`${id}.aws-config`, `${id}.json`, 'empty'].sort(),
    );
    expect(openPlace().write().id).toBe(id);
  });

  test('has another id for any other content', () => {
    const { write } = openPlace();
    const ids = [
      write(),
      write({ layers: [] }),
      write({ layers: handle.layers.toReversed() }),
      write({ layers: handle.layers.map((layer) => ({ ...layer, origin: 'user' })) }),
      write({ layers: handle.layers.map(({ path, origin }) => ({ path, origin })) }),
      write({ realm: 's' }),
      write({ identity: 'ops' }),
      write({ keyring: { ...handle.keyring, type: { value: 'memory', source: 'default' } } }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('comes with an AWS config file that names it, and an empty file', () => {
    const { write, directory } = openPlace();
    const { id, awsConfig, empty } = write();
    expect(awsConfig).toBe(join(directory, `${id}.aws-config`));
    expect(readFileSync(awsConfig, 'utf8')).toBe(`handle = ${id}\n`);
    expect(empty).toBe(join(directory, 'empty'));
    expect(readFileSync(empty, 'utf8')).toBe('');
  });

  test('is readable only by the user with any umask', () => {
    const before = process.umask(0);
    try {
      const { write, directory } = openPlace();
      write();
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      for (const file of readdirSync(directory)) {
        expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
      }
    } finally {
      process.umask(before);
    }
  });

  test('is not rewritten while it is unchanged, and repaired if it was changed', () => {
    const { host, write, directory } = openPlace();
    const { id, awsConfig } = write();
    const path = join(directory, `${id}.json`);
    const before = statSync(path).ino;
    write();
    expect(statSync(path).ino).toBe(before);

    writeFileSync(path, 'damaged');
    writeFileSync(awsConfig, 'damaged');
    write();
    expect(readHandle(id, host)).toEqual(handle);
    expect(readFileSync(awsConfig, 'utf8')).toBe(`handle = ${id}\n`);
    expect(readdirSync(directory)).toHaveLength(3);
  });
});

describe('an invalid handle', () => {
  test.each([
    '',
    'abc',
    'a'.repeat(21),
    'a'.repeat(23),
    'A'.repeat(22),
    '../../../../etc/passwd',
    `${'a'.repeat(22)}\n`,
    `${'a'.repeat(21)}é`,
  ])('is rejected: %j', (id) => {
    const { host } = openPlace();
    const error = thrownBy(() => readHandle(id, host));
    expect(error.code).toBe('ERR_HANDLE_UNKNOWN');
    expect(error.message).toBe(`the handle ${JSON.stringify(id.slice(0, 22))} has an invalid id`);
    expect(error.hints).toEqual(hints);
  });

  test('is rejected: one that was never written here', () => {
    const { id } = openPlace().write();
    const { host, directory } = openPlace();
    const error = thrownBy(() => readHandle(id, host));
    expect(error.code).toBe('ERR_HANDLE_UNKNOWN');
    expect(error.message).toBe(`the handle "${id}" was not found in ${directory}`);
    expect(error.hints).toEqual(hints);
  });

  test.each<[string, (text: string) => string]>([
    ['another identity', (text) => text.replace('Dev', 'Ops')],
    ['another keyring', (text) => text.replace('"file"', '"memory"')],
    ['a space more', (text) => `${text} `],
    ['half of it', (text) => text.slice(0, 40)],
    ['nothing', () => ''],
  ])('is rejected: one that was changed: %s', (_, change) => {
    const { host, write, directory } = openPlace();
    const { id } = write();
    const path = join(directory, `${id}.json`);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    const error = thrownBy(() => readHandle(id, host));
    expect(error.code).toBe('ERR_HANDLE_UNKNOWN');
    expect(error.message).toBe(`the handle "${id}" was changed after it was made`);
    expect(error.hints).toEqual(hints);
  });

  test.each<[string, unknown]>([
    ['an earlier layout', { version: 1, handle: { ...handle, configFiles: ['/p/atmos.yaml'] } }],
    ['a later layout', { version: 3, handle }],
    ['no version', { handle }],
    ['no handle', { version: 2 }],
    ['a handle that lacks its keyring', { version: 2, handle: { ...handle, keyring: undefined } }],
    ['a handle without files', { version: 2, handle: { ...handle, layers: undefined } }],
    ['a list', []],
  ])('is rejected: one of another version: %s', (_, content) => {
    const { host, write, directory } = openPlace();
    write();
    const text = JSON.stringify(content);
    const id = idOf(text);
    writeFileSync(join(directory, `${id}.json`), text);
    const error = thrownBy(() => readHandle(id, host));
    expect(error.code).toBe('ERR_HANDLE_UNKNOWN');
    expect(error.message).toBe(`the handle "${id}" was made by another version of atmos-auth`);
  });
});

test('a handle that cannot be written is an error that names it', () => {
  const { root, write } = openPlace();
  writeFileSync(join(root, 'atmos'), 'a file');
  const error = thrownBy(() => write());
  expect(error.code).toBe('ERR_IO');
  expect(error.message).toMatch(
    /^cannot write the handle .*\/atmos\/handles\/[a-z]{22}\.json: (a part of the path is not a directory|something else is there)$/,
  );
  expect(error.hints).toEqual(['export XDG_STATE_HOME=<a directory that can be written>']);
});

describe('another kind of file in place of a handle', () => {
  const make: Readonly<Record<string, (path: string) => unknown>> = {
    'a directory': (path) => mkdirSync(path),
    'a named pipe': (path) => execFileSync('mkfifo', [path]),
  };

  test.each(Object.entries(make))('is named without waiting: %s', (kind, put) => {
    const { host, write, directory } = openPlace();
    const { id } = write();
    const path = join(directory, `${id}.json`);
    rmSync(path);
    put(path);
    const error = thrownBy(() => readHandle(id, host));
    expect(error.code).toBe('ERR_HANDLE_UNKNOWN');
    expect(error.message).toBe(`the handle "${id}" cannot be read: ${path} is ${kind}`);
  });

  test('is named if it is a directory, which prevents writing', () => {
    const { write, directory } = openPlace();
    const { id, awsConfig } = write();
    rmSync(awsConfig);
    mkdirSync(awsConfig);
    const error = thrownBy(() => write());
    expect(error.code).toBe('ERR_IO');
    expect(error.message).toBe(
      `cannot write the handle ${join(directory, `${id}.json`)}: ${awsConfig} is a directory`,
    );
    expect(error.hints).toEqual([`ls -ld ${awsConfig}`]);
  });

  test('leaves no files after a failed write', () => {
    const { write, directory } = openPlace();
    const { id } = write();
    const path = join(directory, `${id}.json`);
    rmSync(path);
    mkdirSync(path);
    const before = readdirSync(directory);
    expect(thrownBy(() => write()).code).toBe('ERR_IO');
    expect(readdirSync(directory)).toEqual(before);
  });

  test('is replaced if it is a pipe', () => {
    const { write, directory, host } = openPlace();
    const { id, awsConfig } = write();
    for (const path of [awsConfig, join(directory, `${id}.json`)]) {
      rmSync(path);
      execFileSync('mkfifo', [path]);
    }
    write();
    expect(readHandle(id, host)).toEqual(handle);
  });
});

test('does not turn an error of its content into an error of the disk', () => {
  const { host } = openPlace();
  const fault = new AtmosError('ERR_CONFIG_INVALID', 'the region is wrong');
  const awsConfig = () => {
    throw fault;
  };
  expect(thrownBy(() => writeHandle(handle, awsConfig, host))).toBe(fault);
});

/** The id of a content, computed as documented: SHA-256 to the base of 26, lowest first. */
function idOf(text: string): string {
  let number = BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
  return Array.from({ length: 22 }, () => {
    const letter = String.fromCodePoint(0x61 + Number(number % 26n));
    number /= 26n;
    return letter;
  }).join('');
}
