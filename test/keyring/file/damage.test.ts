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
  // Without the pauses between the reads of an entry that may be torn.
  keyring = openTestKeyring({ directory, host: { sleep: async () => {} } });
});

/** Asserts that the entry is not read, but listed, and that the rest is read. */
async function expectUnread(code: KeyringError['code'], message: string, hint?: string) {
  expectError(await rejectionOf(keyring.get(key)), code, message, hint);
  expect(await keyring.keys()).toContain(key);
  expect(await keyring.get('other')).toBe('another value');
}

/** The same, and that it is not replaced, and nothing else changed. */
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
      'that would take a day to derive',
      tokenWith({ ...goodHeader, p2c: 1e12 }),
      'its p2c is not between 1000 and 600000',
    ],
    [
      'that is guessed too cheaply',
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

  test('is not replaced: it may be all that is left', async () => {
    writeEntry(directory, key, '');
    await expectDamaged('it has 1 parts, not the 5 of a JWE', expectRefused);
  });

  test('that was cut is not read', async () => {
    truncateSync(path, readFileSync(path).length - 2);
    await expectDamaged('its tag has the wrong length');
  });

  test('larger than any entry is not read', async () => {
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

  test('under another password is neither read nor replaced: the keyring has one', async () => {
    const other = { key: 'atmos_realm_other', value };
    writeEntry(directory, other.key, await sealEntry(other));
    writeEntry(directory, key, await sealEntry({ key, value }, 'another password'));
    await expectDamaged('it was changed, or encrypted with another password', expectRefused);
  });

  test.each<[string, string]>([
    ['[]', 'it contains no item'],
    ['{"Key":1,"Data":""}', 'its item has no entry name'],
    [`{"Key":"${key}","Data":"#"}`, 'the value of its item is not text'],
  ])('that holds %s is not read', async (plaintext, fault) => {
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

  test('never gives a value or another error, wherever and however it is damaged', async () => {
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

  /** What a damaged header may still ask for: the test does not wait for more. */
  function roundsOf(token: string): number {
    const header = Buffer.from(splitToken(token).header, 'base64url').toString();
    return Number(/"p2c":(\d+)/.exec(header)?.[1] ?? 0);
  }
});

describe("an entry in another's place", () => {
  const expectForeign = (owner: string, check = expectUnread) =>
    check(
      'ERR_KEYRING_FOREIGN',
      `the entry ${path} contains the entry "${owner}": its file was renamed or copied`,
      'rename the file back, or move it to another directory',
    );

  test('renamed onto it is neither read nor replaced', async () => {
    copyFileSync(join(directory, 'other'), path);
    await expectForeign('other', expectRefused);
  });

  test('renamed to a free name is not read', async () => {
    renameSync(path, join(directory, 'free'));
    expect((await rejectionOf(keyring.get('free'))).code).toBe('ERR_KEYRING_FOREIGN');
    expect(await keyring.get(key)).toBeNull();
  });

  test('swapped with it delivers neither secret', async () => {
    renameSync(path, join(directory, 'for a moment'));
    renameSync(join(directory, 'other'), path);
    renameSync(join(directory, 'for a moment'), join(directory, 'other'));
    const errors = [await rejectionOf(keyring.get(key)), await rejectionOf(keyring.get('other'))];
    expect(errors.map(({ code }) => code)).toEqual(['ERR_KEYRING_FOREIGN', 'ERR_KEYRING_FOREIGN']);
  });

  test('that is the verifier is not read', async () => {
    copyFileSync(join(directory, '.state', 'verifier'), path);
    await expectForeign('.state/verifier');
  });

  test('of a key that differs only in case is neither read nor replaced', async () => {
    writeEntry(directory, key, await sealEntry({ key: key.toUpperCase(), value }));
    await expectForeign(key.toUpperCase(), expectRefused);
  });
});

describe('an entry that others could touch', () => {
  test('is refused with the command that mends it, and then read', async () => {
    chmodSync(path, 0o644);
    await expectRefused(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is open to other users (mode 0644)`,
      `chmod 600 ${path}`,
    );
    chmodSync(path, 0o600);
    expect(await keyring.get(key)).toBe(value);
  });

  test('as a symbolic link is refused, and what it points to stays', async () => {
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

  test('as a pipe is refused at once', async () => {
    rmSync(path);
    execFileSync('mkfifo', ['-m', '600', path]);
    await expectRefused(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is a named pipe`,
      `ls -ld ${path}`,
    );
  });

  test.runIf(isRoot)('of somebody else is refused (as root, who can give it away)', async () => {
    chownSync(path, strangerId, strangerId);
    await expectRefused(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} belongs to user ${strangerId}, not to you (user 0)`,
      `sudo chown 0 ${path}`,
    );
  });
});

describe('a directory that others could touch', () => {
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

  test('refuses every call, and names the command that mends it', async () => {
    chmodSync(directory, 0o770);
    await expectAllRefused(
      `${directory}, a parent directory of the keyring, can be written by other users, who could replace the keyring`,
      `chmod go-w ${directory}`,
    );
  });

  test.runIf(isRoot)('of somebody else refuses every call (as root)', async () => {
    chownSync(directory, strangerId, strangerId);
    await expectAllRefused(
      `${directory}, a parent directory of the keyring, belongs to user ${strangerId}, who could replace the keyring`,
      `ls -ld ${directory}`,
    );
  });
});

describe('where nothing can be written', () => {
  test('a read-only directory is read, and a value for it refused', async () => {
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

  describe.skipIf(!canMount())('of a real file system (needs root and mount)', () => {
    test('a full disk: the old value stays, nothing is left, and later there is room', async () => {
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

    test('a full disk with no keyring yet: an error, and it is made when there is room', async () => {
      const root = mountTmpfs('size=64k');
      const filler = join(root, 'filler');
      try {
        writeFileSync(filler, Buffer.alloc(128 * 1024));
      } catch {
        // Now it is full.
      }
      const ring = openTestKeyring({ directory: join(root, 'keyring') });
      expect((await rejectionOf(ring.set(key, value))).code).toBe('ERR_KEYRING_IO');
      rmSync(filler);
      await ring.set(key, value);
      expect(await ring.get(key)).toBe(value);
    });

    test('a file system mounted read-only is read, and a value for it refused', async () => {
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

test('no error holds the password or a value', async () => {
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
