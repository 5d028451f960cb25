import { compactDecrypt, CompactEncrypt } from 'jose';
import { describe, expect, test } from 'vitest';
import { packagedRounds } from '../../scripts/build-constants.mjs';
import { createDerivation } from '../../src/keyring/file/derivation.ts';
import { formatItem, parseItem } from '../../src/keyring/file/entry.ts';
import {
  type Algorithm,
  createParameters,
  type KeyParameters,
  openJwe,
  parseJwe,
  sealJwe,
} from '../../src/keyring/file/jwe.ts';

// Compares with npm jose, an independent implementation of the same RFCs.
const password = Buffer.from('correct horse battery staple');
const item = { key: 'key 🔑', value: 'value\0\r\n🔑' };

const derive = (parameters: KeyParameters, secret = password) =>
  createDerivation(Buffer.from(secret)).wrappingKey(parameters);

const variants: [Algorithm, number, number][] = [
  ['PBES2-HS256+A128KW', 1000, 16],
  ['PBES2-HS256+A128KW', 8192, 12],
  ['PBES2-HS384+A192KW', 1000, 8],
  ['PBES2-HS512+A256KW', 1000, 64],
  ['PBES2-HS512+A256KW', 600_000, 16],
];

// jose allows password algorithms only if they are listed, and limits the rounds.
const oracle = {
  keyManagementAlgorithms: variants.map(([algorithm]) => algorithm),
  maxPBES2Count: 600_000,
};

describe.each(variants)(
  '%s with %d rounds and a salt of %d bytes',
  (algorithm, rounds, saltBytes) => {
    const parameters: KeyParameters = { algorithm, rounds, salt: Buffer.alloc(saltBytes, 'salt') };

    test('that we wrote is decrypted by jose', async () => {
      const token = sealJwe(formatItem(item), parameters, await derive(parameters));
      const { plaintext, protectedHeader } = await compactDecrypt(token, password, {
        keyManagementAlgorithms: [algorithm],
        maxPBES2Count: 600_000,
      });
      expect(parseItem(Buffer.from(plaintext))).toEqual(item);
      expect(protectedHeader).toEqual({
        alg: algorithm,
        enc: 'A256GCM',
        p2c: rounds,
        p2s: parameters.salt.toString('base64url'),
      });
    });

    test('that jose wrote is decrypted by us', async () => {
      const token = await new CompactEncrypt(formatItem(item))
        .setProtectedHeader({ alg: algorithm, enc: 'A256GCM' })
        .setKeyManagementParameters({ p2c: rounds, p2s: parameters.salt })
        .encrypt(password);
      const jwe = parseJwe(token);
      if ('fault' in jwe) expect.fail(jwe.fault);
      expect(jwe.parameters).toEqual(parameters);
      const opened = openJwe(jwe, await derive(jwe.parameters));
      if ('failed' in opened) expect.fail(opened.failed);
      expect(parseItem(opened.plaintext)).toEqual(item);
    });
  },
);

test('jose decrypts a token with our default parameters', async () => {
  const parameters = { ...createParameters(), rounds: packagedRounds };
  const token = sealJwe(formatItem(item), parameters, await derive(parameters));
  const { plaintext } = await compactDecrypt(token, password, oracle);
  expect(parseItem(Buffer.from(plaintext))).toEqual(item);
});

test('neither implementation decrypts a token with another password', async () => {
  const other = Buffer.from('not the password');
  const parameters: KeyParameters = { ...createParameters(), rounds: 1000 };
  const ours = sealJwe(formatItem(item), parameters, await derive(parameters));
  await expect(compactDecrypt(ours, other, oracle)).rejects.toMatchObject({
    code: 'ERR_JWE_DECRYPTION_FAILED',
  });
  const theirs = await new CompactEncrypt(formatItem(item))
    .setProtectedHeader({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM' })
    .setKeyManagementParameters({ p2c: 1000 })
    .encrypt(password);
  const jwe = parseJwe(theirs);
  if ('fault' in jwe) expect.fail(jwe.fault);
  expect(openJwe(jwe, await derive(jwe.parameters, other))).toEqual({ failed: 'key' });
});

describe('the keyring rejects a token of jose with', () => {
  test.each(['A128GCM', 'A192GCM', 'A128CBC-HS256', 'A256CBC-HS512'])('enc %s', async (enc) => {
    const token = await new CompactEncrypt(formatItem(item))
      .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc })
      .setKeyManagementParameters({ p2c: 1000 })
      .encrypt(password);
    expect(parseJwe(token)).toEqual({ fault: 'its enc is not A256GCM' });
  });

  test.each(['dir', 'A256KW', 'A256GCMKW'])('alg %s', async (alg) => {
    const token = await new CompactEncrypt(formatItem(item))
      .setProtectedHeader({ alg, enc: 'A256GCM' })
      .encrypt(Buffer.alloc(32, 'key'));
    expect(parseJwe(token)).toEqual({ fault: 'its alg is not a PBES2 algorithm' });
  });
});
