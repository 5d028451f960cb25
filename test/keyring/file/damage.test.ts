import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { KeyringError } from '../../../src/core/errors.ts';
import type { Keyring } from '../../../src/keyring/contract.ts';
import { maxEntryBytes } from '../../../src/keyring/file/entry.ts';
import { sealJwe } from '../../../src/keyring/file/jwe.ts';
import { openTestKeyring, testPassword } from '../../support/file-keyring.ts';
import { canMount, mountTmpfs } from '../../support/mount.ts';
import { asStranger, isRoot, strangerId } from '../../support/privilege.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, rejectionOf } from './rejection.ts';
import { contentsOf, seedKeyring, writeEntry } from './seed.ts';
import {
  goodHeader,
  joinToken,
  type Parts,
  quick,
  sealEntry,
  splitToken,
  tokenWith,
  wrappingKey,
} from './tokens.ts';

const key = 'atmos_realm_alias';
const value = 'kept secret';

let directory: string;
let path: string;
let keyring: Keyring;

beforeEach(async () => {
  directory = await seedKeyring({ [key]: value, other: 'another value' });
  path = join(directory, key);
  // Without pauses between the reads of an entry that may be incomplete.
  keyring = openTestKeyring({ directory, host: { sleep: async () => {} } });
});

/** Asserts that the entry is listed but not readable, and that all other entries are readable. */
async function expectUnread(code: KeyringError['code'], message: string, hint?: string) {
  expectError(await rejectionOf(keyring.get(key)), code, message, hint);
  expect(await keyring.keys()).toContain(key);
  expect(await keyring.get('other')).toBe('another value');
}

/** Also asserts that the entry is not replaced and that nothing else changes. */
async function expectRefused(code: KeyringError['code'], message: string, hint?: string) {
  const before = contentsOf(directory);
  await expectUnread(code, message, hint);
  expectError(await rejectionOf(keyring.set(key, 'new value')), code, message, hint);
  expect(contentsOf(directory)).toEqual(before);
}

describe('a damaged entry', () => {
  const expectDamaged = (fault: string, check = expectUnread) =>
    check(
      'ERR_KEYRING_DAMAGED',
      `the entry ${path} is damaged: ${fault}`,
      `before storing it again or restoring it from a backup: mv ${path} ~/`,
    );

  test.each<[string, string, string]>([
    ['that is empty', '', 'it has 1 parts, not the 5 of a JWE'],
    ['of zero bytes', '\0'.repeat(500), 'it has 1 parts, not the 5 of a JWE'],
    ['of alg none', tokenWith({ ...goodHeader, alg: 'none' }), 'its alg is not a PBES2 algorithm'],
    ['of alg dir', tokenWith({ ...goodHeader, alg: 'dir' }), 'its alg is not a PBES2 algorithm'],
    [
      'of alg A256KW',
      tokenWith({ ...goodHeader, alg: 'A256KW' }),
      'its alg is not a PBES2 algorithm',
    ],
    [
      'of alg RSA',
      tokenWith({ ...goodHeader, alg: 'RSA-OAEP' }),
      'its alg is not a PBES2 algorithm',
    ],
    [
      'with a key derivation of a day',
      tokenWith({ ...goodHeader, p2c: 1e12 }),
      'its p2c is not between 1000 and 600000',
    ],
    [
      'with too few rounds',
      tokenWith({ ...goodHeader, p2c: 999 }),
      'its p2c is not between 1000 and 600000',
    ],
    ['that is compressed', tokenWith({ ...goodHeader, zip: 'DEF' }), 'it is compressed'],
    ['with extensions', tokenWith({ ...goodHeader, crit: ['b64'] }), 'it has critical extensions'],
    ['in JSON', '{"protected":""}', 'it has 1 parts, not the 5 of a JWE'],
  ])('%s is not read', async (_, text, fault) => {
    writeEntry(directory, key, text);
    await expectDamaged(fault);
  });

  test('with a newline at the end, which Go cannot read either, is not read', async () => {
    writeFileSync(path, '\n', { flag: 'a' });
    await expectDamaged('a part is not base64url');
  });

  test('is not replaced, since it may be recoverable', async () => {
    writeEntry(directory, key, '');
    await expectDamaged('it has 1 parts, not the 5 of a JWE', expectRefused);
  });

  test('that was truncated is not read', async () => {
    truncateSync(path, readFileSync(path).length - 2);
    await expectDamaged('its tag has the wrong length');
  });

  test('larger than the largest possible entry is not read', async () => {
    truncateSync(path, maxEntryBytes + 1);
    await expectUnread(
      'ERR_KEYRING_DAMAGED',
      `the entry ${path} is larger than the largest possible entry`,
      `ls -l ${path}`,
    );
  });

  test.each<[keyof Parts, string]>([
    ['encryptedKey', 'it was changed, or encrypted with another password'],
    ['iv', 'its content was changed'],
    ['ciphertext', 'its content was changed'],
    ['tag', 'its content was changed'],
  ])('with a flipped bit in its %s is not read', async (name, fault) => {
    const parts = splitToken(readFileSync(path, 'ascii'));
    const bytes = Buffer.from(parts[name], 'base64url');
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    writeEntry(directory, key, joinToken({ ...parts, [name]: bytes.toString('base64url') }));
    await expectDamaged(fault);
  });

  test('with another salt is not read', async () => {
    const parts = splitToken(readFileSync(path, 'ascii'));
    const p2s = Buffer.alloc(16, 'pepper').toString('base64url');
    const header = Buffer.from(JSON.stringify({ ...goodHeader, p2s })).toString('base64url');
    writeEntry(directory, key, joinToken({ ...parts, header }));
    await expectDamaged('it was changed, or encrypted with another password');
  });

  test('with another password is neither read nor replaced', async () => {
    const other = { key: 'atmos_realm_other', value };
    writeEntry(directory, other.key, await sealEntry(other));
    writeEntry(directory, key, await sealEntry({ key, value }, 'another password'));
    await expectDamaged('it was changed, or encrypted with another password', expectRefused);
  });

  test.each<[string, string]>([
    ['[]', 'it contains no item'],
    ['{"Key":1,"Data":""}', 'its item has no entry name'],
    [`{"Key":"${key}","Data":"#"}`, 'its item has a value that is not text'],
  ])('that contains %s is not read', async (plaintext, fault) => {
    const token = sealJwe(Buffer.from(plaintext), quick, await wrappingKey(quick));
    writeEntry(directory, key, token);
    await expectDamaged(fault);
  });

  test('can be deleted and stored again', async () => {
    writeEntry(directory, key, 'damaged');
    expect(await keyring.delete(key)).toBe(true);
    await keyring.set(key, 'new value');
    expect(await keyring.get(key)).toBe('new value');
  });

  test('never returns a value or another error, whatever the damage is', async () => {
    const token = readFileSync(path, 'ascii');
    const damage = fc.oneof(
      fc
        .record({
          at: fc.nat(token.length - 1),
          char: fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
        })
        .map(({ at, char }) => token.slice(0, at) + char + token.slice(at + 1)),
      fc.nat(token.length - 1).map((length) => token.slice(0, length)),
      fc
        .tuple(fc.nat(token.length), fc.nat(token.length))
        .map(([from, to]) => token.slice(0, from) + token.slice(to)),
      fc.string({ unit: 'binary', maxLength: 300 }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (text) => {
        fc.pre(text !== token && roundsOf(text) <= 10_000);
        writeEntry(directory, key, text);
        const error = await rejectionOf(keyring.get(key));
        expect(['ERR_KEYRING_DAMAGED', 'ERR_KEYRING_PASSWORD_WRONG']).toContain(error.code);
      }),
      { numRuns: 300 },
    );
  });

  /** The rounds in a damaged header, limited so that the test does not take too long. */
  function roundsOf(token: string): number {
    const header = Buffer.from(splitToken(token).header, 'base64url').toString();
    return Number(/"p2c":(\d+)/.exec(header)?.[1] ?? 0);
  }
});

describe('the file of one entry', () => {
  const expectForeign = (owner: string, check = expectUnread) =>
    check(
      'ERR_KEYRING_FOREIGN',
      `the entry ${path} contains the entry "${owner}": its file was renamed or copied`,
      'rename the file back, or move it to another directory',
    );

  test('renamed to the name of another entry is neither read nor replaced', async () => {
    copyFileSync(join(directory, 'other'), path);
    await expectForeign('other', expectRefused);
  });

  test('renamed to an unused name is not read', async () => {
    renameSync(path, join(directory, 'free'));
    expect((await rejectionOf(keyring.get('free'))).code).toBe('ERR_KEYRING_FOREIGN');
    expect(await keyring.get(key)).toBeNull();
  });

  test('swapped with that of another entry reveals neither secret', async () => {
    renameSync(path, join(directory, 'for a moment'));
    renameSync(join(directory, 'other'), path);
    renameSync(join(directory, 'for a moment'), join(directory, 'other'));
    const errors = [await rejectionOf(keyring.get(key)), await rejectionOf(keyring.get('other'))];
    expect(errors.map(({ code }) => code)).toEqual(['ERR_KEYRING_FOREIGN', 'ERR_KEYRING_FOREIGN']);
  });

  test('that contains the verifier is not read', async () => {
    copyFileSync(join(directory, '.state', 'verifier'), path);
    await expectForeign('.state/verifier');
  });

  test('of an entry name that differs only in case is neither read nor replaced', async () => {
    writeEntry(directory, key, await sealEntry({ key: key.toUpperCase(), value }));
    await expectForeign(key.toUpperCase(), expectRefused);
  });
});

describe('an entry that other users can access', () => {
  test('is rejected with a command that fixes it, and then read', async () => {
    chmodSync(path, 0o644);
    await expectRefused(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is open to other users (mode 0644)`,
      `chmod 600 ${path}`,
    );
    chmodSync(path, 0o600);
    expect(await keyring.get(key)).toBe(value);
  });

  test('is rejected if it is a symbolic link, whose target does not change', async () => {
    const target = join(temporaryDirectory(), 'target');
    renameSync(path, target);
    symlinkSync(target, path);
    const text = readFileSync(target, 'ascii');
    await expectRefused(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is a symbolic link`,
      `ls -ld ${path}`,
    );
    expect(readFileSync(target, 'ascii')).toBe(text);
    expect(await keyring.delete(key)).toBe(true);
    expect(readFileSync(target, 'ascii')).toBe(text);
  });

  test('is rejected immediately if it is a pipe', async () => {
    rmSync(path);
    execFileSync('mkfifo', ['-m', '600', path]);
    await expectRefused(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is a named pipe`,
      `ls -ld ${path}`,
    );
  });

  test.runIf(isRoot)(
    'is rejected if it belongs to another user (as root, who can change the owner)',
    async () => {
      chownSync(path, strangerId, strangerId);
      await expectRefused(
        'ERR_KEYRING_PERMISSIONS',
        `the entry ${path} belongs to user ${strangerId}, not to you (user 0)`,
        `sudo chown 0 ${path}`,
      );
    },
  );
});

describe('a directory that other users can access', () => {
  const everyCall: [string, (ring: Keyring) => Promise<unknown>][] = [
    ['get', (ring) => ring.get(key)],
    ['set', (ring) => ring.set(key, 'new value')],
    ['delete', (ring) => ring.delete(key)],
    ['keys', (ring) => ring.keys()],
  ];

  async function expectAllRefused(message: string, hint: string) {
    const before = contentsOf(directory);
    for (const [, call] of everyCall) {
      expectError(await rejectionOf(call(keyring)), 'ERR_KEYRING_PERMISSIONS', message, hint);
    }
    expect(await keyring.probe()).toEqual({ state: 'unavailable', reason: message });
    expect(contentsOf(directory)).toEqual(before);
  }

  test('makes every call fail with a command that fixes it', async () => {
    chmodSync(directory, 0o770);
    await expectAllRefused(
      `${directory}, a parent directory of the keyring, can be written by other users, who could replace the keyring`,
      `chmod go-w ${directory}`,
    );
  });

  test.runIf(isRoot)('makes every call fail if it belongs to another user (as root)', async () => {
    chownSync(directory, strangerId, strangerId);
    await expectAllRefused(
      `${directory}, a parent directory of the keyring, belongs to user ${strangerId}, who could replace the keyring`,
      `ls -ld ${directory}`,
    );
  });
});

describe('a keyring that cannot be written', () => {
  test('is readable in a read-only directory, and a write fails', async () => {
    const parent = join(directory, '..');
    const places = [join(directory, '.state', 'temporary'), join(directory, '.state'), directory];
    if (isRoot) execFileSync('chown', ['-R', String(strangerId), parent]);
    for (const place of places) chmodSync(place, 0o500);
    onTestFinished(() => {
      for (const place of places.toReversed()) chmodSync(place, 0o700);
    });
    const userId = isRoot ? strangerId : process.getuid?.();
    const ring = openTestKeyring({ directory, host: { userId } });
    const before = contentsOf(directory);
    const check = async () => {
      expect(await ring.get(key)).toBe(value);
      expect(await ring.keys()).toEqual([key, 'other']);
      for (const refused of [() => ring.set(key, 'new value'), () => ring.delete(key)]) {
        const error = await rejectionOf(refused());
        expect(error.code).toBe('ERR_KEYRING_PERMISSIONS');
        expect(error.message).toContain(directory);
        expect(error.message).toMatch(/permission denied \(.+\)$/);
      }
      expect(await ring.get(key)).toBe(value);
    };
    await (isRoot ? asStranger(check) : check());
    expect(contentsOf(directory)).toEqual(before);
  });

  describe.skipIf(!canMount())('on a real file system (needs root and mount)', () => {
    test('keeps the old value on a full disk, and leaves no temporary file', async () => {
      const mounted = join(mountTmpfs('size=256k'), 'keyring');
      const ring = openTestKeyring({ directory: mounted });
      await ring.set(key, value);
      const before = contentsOf(mounted);
      const error = await rejectionOf(ring.set(key, 'x'.repeat(512 * 1024)));
      expectError(
        error,
        'ERR_KEYRING_IO',
        `cannot write ${join(mounted, key)}: no space left on the device`,
        `df -h ${join(mounted, key)}`,
      );
      expect(contentsOf(mounted)).toEqual(before);
      expect(readdirSync(join(mounted, '.state', 'temporary'))).toEqual([]);
      expect(await ring.get(key)).toBe(value);
      await ring.set(key, 'new value');
      expect(await ring.get(key)).toBe('new value');
    });

    test('is not created on a full disk, and is created later when there is space', async () => {
      const root = mountTmpfs('size=64k');
      const filler = join(root, 'filler');
      try {
        writeFileSync(filler, Buffer.alloc(128 * 1024));
      } catch {
        // The disk is full now.
      }
      const ring = openTestKeyring({ directory: join(root, 'keyring') });
      expect((await rejectionOf(ring.set(key, value))).code).toBe('ERR_KEYRING_IO');
      rmSync(filler);
      await ring.set(key, value);
      expect(await ring.get(key)).toBe(value);
    });

    test('is readable on a read-only file system, and a write fails', async () => {
      const root = mountTmpfs('size=256k');
      execFileSync('cp', ['-a', directory, root]);
      execFileSync('mount', ['-o', 'remount,ro', root]);
      const ring = openTestKeyring({ directory: join(root, 'keyring') });
      expect(await ring.get(key)).toBe(value);
      const error = await rejectionOf(ring.set(key, 'new value'));
      expect(error.code).toBe('ERR_KEYRING_IO');
      expect(error.message).toMatch(/: the file system is read-only$/);
      expect(await ring.get(key)).toBe(value);
    });
  });
});

test('no error contains the password or a value', async () => {
  writeEntry(directory, key, 'damaged');
  const secret = 'refused secret';
  const wrong = 'a wrong password';
  const errors = [
    await rejectionOf(keyring.get(key)),
    await rejectionOf(keyring.set(key, secret)),
    await rejectionOf(keyring.set('x'.repeat(300), secret)),
    await rejectionOf(keyring.set('large', secret.repeat(100_000))),
    await rejectionOf(openTestKeyring({ directory, password: wrong }).set('other', secret)),
  ];
  for (const error of errors) {
    const shown = [error.stack, JSON.stringify(error), String(error.cause), ...error.hints].join();
    for (const hidden of [secret, wrong, testPassword, value]) expect(shown).not.toContain(hidden);
  }
});
