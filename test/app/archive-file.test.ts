import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor, Encrypter, generateX25519Identity } from 'age-encryption';
import { beforeEach, describe, expect, test } from 'vitest';
import { openArchive, sealArchive } from '../../src/app/archive-file.ts';
import { isAtmosError } from '../../src/core/errors.ts';
import type { Archive } from '../../src/store/archive.ts';
import { recipientOf } from '../../src/keyring/age.ts';
import { errorOf } from '../support/error-of.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const archive: Archive = {
  createdAt: new Date('2026-03-01T08:00:00.000Z'),
  keyring: { type: 'file', location: '/home/ada/keyring' },
  entries: new Map([
    ['atmos_one', 'the first'],
    ['atmos_two', 'the second'],
  ]),
};

let sealed: string;
let directory: string;
let path: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  path = join(directory, 'archive.age');
  const identity = await generateX25519Identity();
  writeFileSync(join(directory, 'identity.txt'), identity);
  sealed = await sealArchive(archive, { recipients: [(await recipientOf(identity)) ?? ''] });
});

const open = (file = path) =>
  openArchive(
    { value: file, source: '--path' },
    {
      passphrase: () => Promise.resolve({ value: 'a passphrase', source: 'the prompt' }),
      identityFile: () => ({ value: join(directory, 'identity.txt'), source: '--identity-file' }),
    },
    fakeHost(),
  );

async function keysIn(text: string): Promise<readonly string[]> {
  writeFileSync(path, text);
  return (await open()).keys();
}

test('an archive is opened as it was sealed', async () => {
  expect(await keysIn(sealed)).toEqual(['atmos_one', 'atmos_two']);
  const reader = await open();
  expect(reader.info).toEqual({ type: 'archive', persistent: true, location: path });
  expect(await reader.get('atmos_one')).toBe('the first');
  expect(await reader.get('atmos_three')).toBeNull();
});

test('every changed character and every missing end is reported', async () => {
  const end = sealed.trimEnd().length;
  for (let at = 0; at < end; at += 3) {
    const character = sealed[at] === 'A' ? 'B' : 'A';
    const changed = `${sealed.slice(0, at)}${character}${sealed.slice(at + 1)}`;
    for (const text of [changed, sealed.slice(0, at)]) {
      const error = await errorOf(keysIn(text));
      expect(isAtmosError(error) && error.code).toMatch(/^ERR_KEYRING_(DAMAGED|PASSWORD_WRONG)$/);
    }
  }
});

test('a name that no entry can have is not written', async () => {
  const entries = new Map([['..', 'a value']]);
  const lock = { recipients: [] };
  expect(await errorOf(sealArchive({ ...archive, entries }, lock))).toMatchObject({
    code: 'ERR_KEYRING_DAMAGED',
    message:
      'the archive of the keyring /home/ada/keyring could not be read again, so it was not written',
  });
});

describe('what is no archive is reported', () => {
  test('a file that does not exist', async () => {
    expect(await errorOf(open('/nonexistent'))).toMatchObject({
      code: 'ERR_USAGE',
      message: 'the archive /nonexistent (from --path) does not exist',
      hints: ['atmos auth keyring import --from archive --path <file>'],
    });
  });

  test('a file that takes too long to open', async () => {
    const encrypter = new Encrypter();
    encrypter.setPassphrase('the passphrase');
    encrypter.setScryptWorkFactor(1);
    const file = Buffer.from(await encrypter.encrypt('the text')).toString('latin1');
    const slow = armor.encode(Buffer.from(file.replace(' 1\n', ' 20\n'), 'latin1'));
    expect(await errorOf(keysIn(slow))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: `the archive ${path} (from --path) has the scrypt work factor 20, and at most 19 is supported`,
    });
  });

  test('a directory', async () => {
    const file = join(directory, 'directory');
    mkdirSync(file);
    expect(await errorOf(open(file))).toMatchObject({
      code: 'ERR_USAGE',
      message: `the archive ${file} (from --path) is a directory`,
      hints: ['atmos auth keyring import --from archive --path <file>'],
    });
  });

  test('a file without a directory above it', async () => {
    writeFileSync(path, readFileSync(join(directory, 'identity.txt')));
    expect(await errorOf(open(join(path, 'below')))).toMatchObject({
      code: 'ERR_IO',
      message: `the archive ${join(path, 'below')} (from --path) cannot be read: a part of the path is not a directory`,
    });
  });
});
