import { armor, Encrypter, generateX25519Identity } from 'age-encryption';
import { expect, test } from 'vitest';
import { testWorkFactor } from '../../scripts/build-constants.mjs';
import {
  countRecipients,
  decryptWith,
  decryptWithPassphrase,
  encryptFor,
  encryptWithPassphrase,
  isRecipient,
  maxRecipients,
  recipientOf,
  workFactorOf,
} from '../../src/keyring/age.ts';

async function person() {
  const identity = await generateX25519Identity();
  return { identity, recipient: (await recipientOf(identity)) ?? '' };
}

test('a file is opened by each of its recipients, with any of several identities', async () => {
  const [ann, ben, cleo] = [await person(), await person(), await person()];
  const armored = await encryptFor([ann.recipient, ben.recipient], 'the text');
  expect(armored).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n[\s\S]*-----\n$/);
  expect(await decryptWith([ann.identity], armored)).toEqual({ text: 'the text' });
  expect(await decryptWith([cleo.identity, ben.identity], armored)).toEqual({ text: 'the text' });
  expect(await decryptWith([cleo.identity], armored)).toEqual({ failed: 'identity' });
});

test('the recipients of a file are counted', async () => {
  const people = [await person(), await person(), await person()];
  const recipients = people.map(({ recipient }) => recipient);
  expect(countRecipients(await encryptFor(recipients, '\n-> X25519\n--- '))).toBe(3);
  expect(countRecipients('no file of age')).toBe(0);
});

test('a changed file is damaged, not of another recipient', async () => {
  const ann = await person();
  const armored = await encryptFor([ann.recipient], 'the text');
  const lines = armored.trimEnd().split('\n');
  const last = lines.length - 2;
  const changed = lines.with(
    last,
    `${lines[last]?.startsWith('A') ? 'B' : 'A'}${lines[last]?.slice(1)}`,
  );
  expect(await decryptWith([ann.identity], `${changed.join('\n')}\n`)).toEqual({
    failed: 'content',
  });
  for (const text of ['', 'no file of age', armored.slice(0, 100)])
    expect(await decryptWith([ann.identity], text)).toEqual({ failed: 'content' });
});

test('a recipient and an identity need a right checksum', async () => {
  const { identity, recipient } = await person();
  expect(isRecipient(recipient)).toBe(true);
  expect(isRecipient(`${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`)).toBe(
    false,
  );
  expect(isRecipient(identity)).toBe(false);
  expect(await recipientOf(recipient)).toBeUndefined();
});

test('a file with a passphrase is opened by it only', async () => {
  const armored = await encryptWithPassphrase('the passphrase', 'the text');
  expect(armored).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n[\s\S]*-----\n$/);
  expect(await decryptWithPassphrase('the passphrase', armored)).toEqual({ text: 'the text' });
  expect(await decryptWithPassphrase('another', armored)).toEqual({ failed: 'identity' });
  const { identity, recipient } = await person();
  expect(await decryptWith([identity], armored)).toEqual({ failed: 'identity' });
  expect(workFactorOf(armored)).toBe(testWorkFactor);
  expect(workFactorOf(await encryptFor([recipient], 'the text'))).toBeUndefined();
  expect(workFactorOf('no file of age')).toBeUndefined();
});

test('a passphrase with a work factor above 19 is refused before any work', async () => {
  const encrypter = new Encrypter();
  encrypter.setPassphrase('the passphrase');
  encrypter.setScryptWorkFactor(1);
  const file = Buffer.from(await encrypter.encrypt('the text')).toString('latin1');
  const armored = armor.encode(Buffer.from(file.replace(' 1\n', ' 20\n'), 'latin1'));
  expect(workFactorOf(armored)).toBe(20);
  expect(await decryptWithPassphrase('the passphrase', armored)).toEqual({ failed: 'content' });
});

test('a file for more recipients than are supported is refused before any work', async () => {
  const { identity, recipient } = await person();
  const file = Buffer.from(armor.decode(await encryptFor([recipient], 'the text')));
  const [version = '', ...lines] = file.toString('latin1').split('\n');
  const stanza = lines.slice(0, 2);
  const many = Array.from({ length: maxRecipients }, () => stanza).flat();
  const changed = [version, ...many, ...lines].join('\n');
  const armored = armor.encode(Buffer.from(changed, 'latin1'));
  expect(countRecipients(armored)).toBe(maxRecipients + 1);
  expect(await decryptWith([identity], armored)).toEqual({ failed: 'content' });
});
