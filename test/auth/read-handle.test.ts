import { AtmosError } from '../../src/core/errors.ts';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idOf, writeHandle, type Handle } from '../../src/auth/handle.ts';
import { planFromHandle } from '../../src/auth/plan-from-handle.ts';
import { openHandle, readHandle } from '../../src/auth/read-handle.ts';
import type { Host } from '../../src/host/host.ts';
import { thrownBy } from '../support/error-of.ts';
import { fakeHost } from '../support/fake-host.ts';
import { isRoot, strangerId } from '../support/privilege.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const handle: Handle = {
  directory: '/p',
  layers: [{ path: '/p/atmos.yaml', origin: 'project' }],
  realm: 'r',
  identity: 'dev',
  keyring: {
    type: { value: 'system', source: 'default' },
    passwordEnv: { value: 'ATMOS_KEYRING_PASSWORD', source: 'default' },
  },
  endpointVariables: { AWS_ENDPOINT_URL: 'http://localhost:4566' },
};

/** Every value in a JSON value, as the path to it; that of the whole is empty. */
function placesIn(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const below = Object.entries(value).flatMap(([key, inner]) =>
    placesIn(inner).map((path) => [Array.isArray(value) ? Number(key) : key, ...path]),
  );
  return [[], ...below];
}

/** A copy of a JSON value with another value at the place. */
function replaced(
  value: unknown,
  [first, ...others]: (string | number)[],
  other: unknown,
): unknown {
  if (first === undefined) return other;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[first] = replaced(copy[first], others, other);
  return copy;
}

/** Writes a file that has the name of its content, as a handle, and returns its path. */
function writeContent(content: unknown): string {
  const text = JSON.stringify(content);
  const directory = join(temporaryDirectory(), 'atmos', 'handles');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${idOf(text)}.json`);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** A host without a home directory and without a variable for the state directory. */
const elsewhere = fakeHost({ homeDirectory: undefined });

function write() {
  const state = temporaryDirectory();
  const host = fakeHost({ env: { XDG_STATE_HOME: state } });
  const paths = writeHandle(handle, () => '', host);
  const { file, id } = paths;
  return { state, host, file, id, paths, handles: dirname(file) };
}

function refusalOf(file: string, host = elsewhere) {
  const { code, message, hints } = thrownBy(() => readHandle(file, host));
  return { code, message, hints };
}

const newOne = 'to write a new one: atmos auth env';

describe('a handle that is named by its path', () => {
  test('is found without a home directory and without variables', () => {
    const { file, host, id } = write();
    expect(readHandle(file, elsewhere)).toEqual(handle);
    expect(readHandle(id, host)).toEqual(handle);
  });

  test('is found through a link that only the user can replace', () => {
    const { file } = write();
    const link = join(temporaryDirectory(), 'handles');
    symlinkSync(dirname(file), link);
    expect(readHandle(join(link, basename(file)), elsewhere)).toEqual(handle);
  });

  test('is rejected under a name that is not the hash of its content', () => {
    const { file, handles } = write();
    const other = join(handles, `${'a'.repeat(22)}.json`);
    renameSync(file, other);
    expect(refusalOf(other)).toEqual({
      code: 'ERR_HANDLE_UNKNOWN',
      message: `the handle "${other}" was changed after it was made`,
      hints: [newOne],
    });
    expect(refusalOf('/etc/passwd').message).toBe('the handle "/etc/passwd" has an invalid id');
  });

  test('is reported with its directory if it is missing', () => {
    const missing = `/nonexistent/handles/${'a'.repeat(22)}.json`;
    expect(refusalOf(missing)).toEqual({
      code: 'ERR_HANDLE_UNKNOWN',
      message: `the handle "${missing}" was not found in /nonexistent/handles`,
      hints: [newOne],
    });
  });

  test('needs a home directory if it is named by its id', () => {
    const { code, message, hints } = refusalOf('a'.repeat(22));
    expect(code).toBe('ERR_USAGE');
    expect(message).toMatch(
      /^no home directory for a handle: HOME is not set, and the passwd database has none for user \d+$/,
    );
    expect(hints).toEqual([
      'export HOME=<a directory of your own>',
      'export XDG_STATE_HOME=<a directory of your own>',
    ]);
  });
});

describe('a handle whose content is not that of a handle', () => {
  const complete = {
    ...handle,
    layers: [{ path: '/nonexistent/atmos.yaml', origin: 'project', profile: 'p' }],
    keyring: {
      ...handle.keyring,
      fallback: { value: ['file'], source: 'default', tag: '!env A' },
      directory: { value: '/nonexistent/keyring', source: 'default', tag: '!env A' },
    },
  };

  test.each([
    ['a number as the type of the keyring', { keyring: { type: 5 } }],
    ['a number as a file', { layers: [5] }],
    ['null as a file', { layers: [null] }],
    ['a NUL in a path', { layers: [{ path: '/p\0', origin: 'project' }] }],
    ['a number as a setting', { keyring: { ...handle.keyring, directory: 5 } }],
  ])('is rejected: %s', (_, part) => {
    const file = writeContent({ version: 2, handle: { ...handle, ...part } });
    expect(refusalOf(file)).toEqual({
      code: 'ERR_HANDLE_UNKNOWN',
      message: `the handle "${file}" was made by another version of atmos-auth`,
      hints: [newOne],
    });
  });

  test('is used, or gives an error of handles or of configurations, whatever is in it', async () => {
    const content = { version: 2, handle: complete };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...placesIn(content)),
        fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })),
        async (place, other) => {
          const file = writeContent(replaced(content, place, other));
          const used = async () => {
            const opened = openHandle(file, elsewhere);
            return planFromHandle(opened, opened.host);
          };
          const code = await used().then(
            () => 'used',
            (error: unknown) => (error instanceof AtmosError ? error.code : error),
          );
          expect(code).toMatch(/^(used|ERR_HANDLE_UNKNOWN|ERR_CONFIG_\w+)$/);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a handle that another user could replace is rejected by path and by id:', () => {
  test('in a directory that other users can write', () => {
    const { file, handles, id, host } = write();
    chmodSync(handles, 0o777);
    const why = `is not used: ${handles} can be written by other users, who could replace it`;
    expect(refusalOf(file)).toEqual({
      code: 'ERR_HANDLE_UNKNOWN',
      message: `the handle "${file}" ${why}`,
      hints: [`chmod go-w ${handles}`, newOne],
    });
    expect(refusalOf(id, host).message).toBe(`the handle "${id}" ${why}`);
  });

  test('below a directory that other users can write', () => {
    const { file, state } = write();
    chmodSync(state, 0o770);
    expect(refusalOf(file).message).toContain(`${state} can be written by other users`);
  });

  test('a file that other users can write', () => {
    const { file } = write();
    chmodSync(file, 0o666);
    expect(refusalOf(file).message).toContain(`${file} can be written by other users`);
  });

  test.runIf(isRoot)('below a directory of another user (as root, who can give it away)', () => {
    const { file, state } = write();
    chownSync(state, strangerId, strangerId);
    expect(refusalOf(file).message).toBe(
      `the handle "${file}" is not used: ${state} belongs to user ${strangerId}, who could replace it`,
    );
  });

  test('a file that is too large', () => {
    const { file } = write();
    truncateSync(file, 6 * 1024 ** 3);
    expect(refusalOf(file)).toMatchObject({
      code: 'ERR_HANDLE_UNKNOWN',
      message: `the handle "${file}" is not used: ${file} is larger than 64 KiB`,
    });
  });

  test.runIf(isRoot)('a file of root, to a user (as root, who can create one)', () => {
    const { file } = write();
    const user = fakeHost({ homeDirectory: undefined, userId: strangerId });
    expect(refusalOf(file, user).message).toBe(
      `the handle "${file}" is not used: ${file} belongs to user 0`,
    );
  });
});

describe('a handle that reading would refuse is not given to programs:', () => {
  const writeAt = (host: Host) => thrownBy(() => writeHandle(handle, () => '', host));

  test('in a directory of the user that the group can write, as with a umask of 002', () => {
    const home = temporaryDirectory();
    const local = join(home, '.local');
    mkdirSync(local);
    chmodSync(local, 0o775);
    const host = fakeHost({ homeDirectory: home });
    const { code, message, hints } = writeAt(host);
    expect(code).toBe('ERR_IO');
    expect(message).toMatch(
      /handles\/[a-z]{22}\.json cannot hold a handle: .*\.local can be written by other users, who could replace it$/,
    );
    expect(hints).toEqual([`chmod go-w ${local}`]);
    // The hint fixes it.
    chmodSync(local, 0o755);
    const { id } = writeHandle(handle, () => '', host);
    expect(readHandle(id, host)).toEqual(handle);
  });

  test.each(['file', 'awsConfig', 'empty'] as const)(
    'a file that other users can write: %s',
    (name) => {
      const { host, paths } = write();
      chmodSync(paths[name], 0o666);
      expect(writeAt(host).hints).toEqual([`chmod go-w ${paths[name]}`]);
    },
  );

  test.runIf(isRoot)('below a directory of another user (as root, who can give it away)', () => {
    const { file, host, state } = write();
    chownSync(state, strangerId, strangerId);
    const hint = 'export XDG_STATE_HOME=<a directory of your own>';
    expect(writeAt(host)).toMatchObject({ code: 'ERR_IO', hints: [hint] });
    expect(refusalOf(file).hints).toEqual([hint, newOne]);
  });

  test.runIf(isRoot)(
    'in a home of root that the group can write, as in OpenShift (as root)',
    () => {
      const { file, handles, state } = write();
      for (const path of [file, handles, dirname(handles)]) chownSync(path, strangerId, strangerId);
      chmodSync(state, 0o775);
      const user = fakeHost({ homeDirectory: undefined, userId: strangerId });
      expect(refusalOf(file, user)).toMatchObject({
        message: `the handle "${file}" is not used: ${state} can be written by other users, who could replace it`,
        hints: ['export XDG_STATE_HOME=<a directory of your own>', newOne],
      });
    },
  );
});

describe('the state directory that contains a handle', () => {
  test('is used by the command that gets its path', () => {
    const { file, state } = write();
    const other = fakeHost({ env: { XDG_STATE_HOME: '/other', A: 'b' } });
    expect(openHandle(file, other).host.env).toEqual({
      XDG_STATE_HOME: '/other',
      A: 'b',
      ATMOS_XDG_STATE_HOME: state,
    });
  });

  test.each([
    ['beside its configuration', 'project/state', {}, 'project'],
    ['elsewhere in its repository', 'state', { '.git/HEAD': '' }, 'project'],
    // The author of the handle could declare any origin of a file.
    ['beside a file that it calls explicit', 'project/state', {}, 'explicit'],
  ] as const)('is not used for a handle %s', async (_, place, files, origin) => {
    const root = temporaryDirectory();
    const path = join(root, 'project/atmos.yaml');
    mkdirSync(dirname(path));
    writeFileSync(path, 'auth: { realm: r, identities: { dev: { kind: aws/user } } }\n');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)));
      writeFileSync(join(root, name), text);
    }
    const brought = { ...handle, directory: dirname(path), layers: [{ path, origin }] };
    const own = fakeHost({ env: { XDG_STATE_HOME: join(root, place) } });
    const { file } = writeHandle(brought, () => '', own);
    const opened = openHandle(file, elsewhere);
    expect(opened).toMatchObject({ cameWithProject: true, host: elsewhere });
    const planned = await planFromHandle(opened, fakeHost());
    expect(planned.plan.config.originOf(['auth', 'realm'])).toBe('project');
    // Nor does it choose the endpoint of AWS.
    expect(planned.host.env['AWS_ENDPOINT_URL']).toBeUndefined();
    // It is used if the user's own state directory is there.
    const ofOwn = openHandle(file, own);
    expect(ofOwn.host.env['ATMOS_XDG_STATE_HOME']).toBe(join(root, place));
    const { plan } = await planFromHandle(ofOwn, ofOwn.host);
    expect(plan.config.originOf(['auth', 'realm'])).toBe(origin);
  });

  test('is not derived from an id or from a path of another form', () => {
    const { file, id, host } = write();
    const place = temporaryDirectory();
    const copy = join(place, 'handles', basename(file));
    mkdirSync(dirname(copy));
    copyFileSync(file, copy);
    expect(openHandle(copy, elsewhere).host).toBe(elsewhere);
    expect(openHandle(id, host).host).toBe(host);
  });
});
