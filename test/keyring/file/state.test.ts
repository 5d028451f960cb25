import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { realHost } from '../../../src/host/real.ts';
import { parseItem } from '../../../src/keyring/file/entry.ts';
import { openJwe, parseJwe } from '../../../src/keyring/file/jwe.ts';
import {
  checkState,
  createState,
  ensureState,
  lockState,
  readVerifier,
  type StatePaths,
  statePaths,
  sweepTemporary,
} from '../../../src/keyring/file/state.ts';
import { canMount } from '../../support/mount.ts';
import { isRoot } from '../../support/privilege.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, rejectionOf, thrownBy } from './rejection.ts';
import { quick, wrappingKey } from './tokens.ts';

const us = process.getuid?.();
const host = realHost();

function makeState(): StatePaths {
  const paths = statePaths(temporaryDirectory());
  ensureState(paths, us);
  return paths;
}

function writeVersion(text: string): StatePaths {
  const paths = makeState();
  writeFileSync(paths.version, text, { mode: 0o600 });
  return paths;
}

describe('the version', () => {
  test.each(['1\n', '1'])('%j is supported', (text) => {
    expect(() => checkState(writeVersion(text), us)).not.toThrow();
  });

  test('may be missing, as in a keyring of Go', () => {
    expect(() => checkState(statePaths(temporaryDirectory()), us)).not.toThrow();
  });

  test.each(['2\n', '10', '999999999'])('%j is newer, and the error has a hint', (text) => {
    const paths = writeVersion(text);
    expectError(
      thrownBy(() => checkState(paths, us)),
      'ERR_KEYRING_VERSION',
      `the keyring ${paths.root} has version ${text.trim()}; this atmos-auth supports version 1`,
      'npm install --global atmos-auth@latest',
    );
  });

  test.each(['', '\n', '1.5', '-1', '1e3', 'one', '1 2', '9999999999', '<script>', '\0'])(
    '%j is invalid',
    (text) => {
      const paths = writeVersion(text);
      expectError(
        thrownBy(() => checkState(paths, us)),
        'ERR_KEYRING_VERSION',
        `${paths.version} does not contain the keyring's version`,
      );
    },
  );
});

describe('the directories', () => {
  test('are private', () => {
    const paths = makeState();
    for (const path of [paths.root, paths.temporary]) {
      expect(statSync(path).mode & 0o777).toBe(0o700);
    }
    expect(() => ensureState(paths, us)).not.toThrow();
  });

  test.each<[string, (paths: StatePaths) => void]>([
    ['other users can write to', (paths) => chmodSync(paths.root, 0o777)],
    ['the group can write to', (paths) => chmodSync(paths.root, 0o720)],
  ])('are rejected if %s the keyring', (_, spoil) => {
    const paths = makeState();
    spoil(paths);
    expectError(
      thrownBy(() => ensureState(paths, us)),
      'ERR_KEYRING_PERMISSIONS',
      `${paths.root} is not a private directory of yours`,
      `ls -ld ${paths.root}`,
    );
  });

  test('are rejected if one is a symbolic link', () => {
    const paths = statePaths(temporaryDirectory());
    const elsewhere = temporaryDirectory();
    symlinkSync(elsewhere, paths.root);
    expect(thrownBy(() => ensureState(paths, us)).code).toBe('ERR_KEYRING_PERMISSIONS');
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('are rejected if one is a file', () => {
    const paths = statePaths(temporaryDirectory());
    writeFileSync(paths.root, '');
    expect(thrownBy(() => ensureState(paths, us)).code).toBe('ERR_KEYRING_PERMISSIONS');
  });

  test.each(['root', 'temporary', 'next', 'nextEntries', 'nextReplaced'] as const)(
    'are rejected by every use of the keyring if %s is a symbolic link',
    (name) => {
      const paths = statePaths(temporaryDirectory());
      mkdirSync(dirname(paths[name]), { recursive: true, mode: 0o700 });
      symlinkSync(temporaryDirectory(), paths[name]);
      expectError(
        thrownBy(() => checkState(paths, us)),
        'ERR_KEYRING_PERMISSIONS',
        `${paths[name]} is not a private directory of yours`,
        `ls -ld ${paths[name]}`,
      );
    },
  );

  test.runIf(isRoot)('are rejected if one belongs to another user (as root)', () => {
    const paths = makeState();
    expect(thrownBy(() => ensureState(paths, 65_534)).code).toBe('ERR_KEYRING_PERMISSIONS');
  });
});

describe('a new state', () => {
  test('has a version, and a verifier that is as hard to guess as an entry', async () => {
    const paths = makeState();
    const key = await wrappingKey(quick);
    createState(paths, quick, key, () => {});
    expect(() => checkState(paths, us)).not.toThrow();
    const verifier = parseJwe(readVerifier(paths, us) ?? '');
    if ('fault' in verifier) expect.fail(verifier.fault);
    expect(verifier.parameters).toEqual(quick);
    const opened = openJwe(verifier, key);
    if ('failed' in opened) expect.fail(opened.failed);
    expect(parseItem(opened.plaintext)).toEqual({ key: '.state/verifier', value: '' });
    expect(readdirSync(paths.temporary)).toEqual([]);
  });

  test('never replaces the verifier of a concurrent first writer', async () => {
    const paths = makeState();
    createState(paths, quick, await wrappingKey(quick), () => {});
    const first = readVerifier(paths, us);
    const other = await wrappingKey(quick, 'another password');
    expect(thrownBy(() => createState(paths, quick, other, () => {})).code).toBe('ERR_KEYRING_IO');
    expect(readVerifier(paths, us)).toBe(first);
  });
});

describe('the lock', () => {
  test('is shared by writers', async () => {
    const paths = makeState();
    const locks = [
      await lockState(paths, 'shared', host, 0),
      await lockState(paths, 'shared', host, 0),
    ];
    expect(locks).toHaveLength(2);
    for (const lock of locks) lock.release();
  });

  test.each([
    ['shared', 'exclusive'],
    ['exclusive', 'shared'],
    ['exclusive', 'exclusive'],
  ] as const)(
    'that is %s cannot be taken %s, and the error contains the process id',
    async (held, wanted) => {
      const paths = makeState();
      const lock = await lockState(paths, held, host, 0);
      onTestFinished(() => lock.release());
      expectError(
        await rejectionOf(lockState(paths, wanted, host, 0)),
        'ERR_KEYRING_BUSY',
        `the keyring ${paths.root} has been locked by process ${process.pid} for 0 seconds`,
        `ps -p ${process.pid} -o pid,etime,args`,
      );
    },
  );

  test('is taken as soon as it is free', async () => {
    const paths = makeState();
    const first = await lockState(paths, 'exclusive', host, 0);
    let clockMs = 0;
    const sleep = async (milliseconds: number) => {
      clockMs += milliseconds;
      if (clockMs > 10_000) first.release();
    };
    const waiting = { ...host, monotonicMs: () => clockMs, sleep };
    (await lockState(paths, 'exclusive', waiting)).release();
    expect(clockMs).toBeGreaterThan(10_000);
  });

  test('fails after 30 seconds', async () => {
    const paths = makeState();
    const first = await lockState(paths, 'shared', host, 0);
    onTestFinished(() => first.release());
    let clockMs = 0;
    const sleep = async (milliseconds: number) => {
      clockMs += milliseconds;
    };
    const error = await rejectionOf(
      lockState(paths, 'exclusive', { ...host, monotonicMs: () => clockMs, sleep }),
    );
    expect(error.message).toMatch(/ for 30 seconds$/);
    expect(clockMs).toBeGreaterThanOrEqual(30_000);
    expect(clockMs).toBeLessThan(31_000);
  });

  test.each<[string, (paths: StatePaths) => void, string]>([
    ['a link', (paths) => symlinkSync('version', paths.lock), 'ERR_KEYRING_IO'],
    ['a directory', (paths) => mkdirSync(paths.lock), 'ERR_KEYRING_IO'],
  ])('causes a KeyringError if it is %s', async (_, spoil, code) => {
    const paths = makeState();
    spoil(paths);
    expect((await rejectionOf(lockState(paths, 'shared', host, 0))).code).toBe(code);
  });
});

describe('the leftovers of interrupted writes', () => {
  const leave = (paths: StatePaths) => {
    for (const name of ['a', 'b']) writeFileSync(join(paths.temporary, name), 'secret');
  };

  test('are removed if no process is writing', async () => {
    const paths = makeState();
    leave(paths);
    await sweepTemporary(paths, host);
    expect(readdirSync(paths.temporary)).toEqual([]);
  });

  test('are kept without waiting while another process is writing', async () => {
    const paths = makeState();
    leave(paths);
    const lock = await lockState(paths, 'shared', host, 0);
    await sweepTemporary(paths, host);
    expect(readdirSync(paths.temporary)).toEqual(['a', 'b']);
    lock.release();
    await sweepTemporary(paths, host);
    expect(readdirSync(paths.temporary)).toEqual([]);
  });

  test.runIf(canMount())(
    'cause no failure if they cannot be removed, and are removed later',
    async () => {
      const paths = makeState();
      const held = join(paths.temporary, 'a directory in use');
      for (const directory of [held, paths.next]) {
        mkdirSync(directory);
        execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directory]);
      }
      leave(paths);
      try {
        await sweepTemporary(paths, host);
        expect(readdirSync(paths.temporary)).toEqual(['a directory in use']);
      } finally {
        for (const directory of [held, paths.next]) execFileSync('umount', [directory]);
      }
      await sweepTemporary(paths, host);
      expect(readdirSync(paths.temporary)).toEqual([]);
      expect(existsSync(paths.next)).toBe(false);
    },
  );

  test('are removed with their content', async () => {
    const paths = makeState();
    mkdirSync(join(paths.temporary, 'directory'));
    writeFileSync(join(paths.temporary, 'directory', 'file'), '');
    await sweepTemporary(paths, host);
    expect(readdirSync(paths.temporary)).toEqual([]);
  });
});
