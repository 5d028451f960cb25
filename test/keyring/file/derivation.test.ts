import { expect, test } from 'vitest';
import { createDerivation } from '../../../src/keyring/file/derivation.ts';
import { countDerivations } from '../../support/derivations.ts';
import { quick } from './tokens.ts';

// RFC 7517 appendix C.4: the password, the header's p2s and p2c, and the key they give.
const rfc = {
  password: 'Thus from my lips, by yours, my sin is purged.',
  parameters: {
    algorithm: 'PBES2-HS256+A128KW' as const,
    rounds: 4096,
    salt: Buffer.from([217, 96, 147, 112, 150, 117, 70, 247, 127, 8, 155, 137, 174, 42, 80, 215]),
  },
  key: Buffer.from([110, 171, 169, 92, 129, 92, 109, 117, 233, 242, 116, 233, 170, 14, 24, 75]),
};

test('derives the key of the RFC', async () => {
  const derivation = createDerivation(Buffer.from(rfc.password));
  expect(await derivation.wrappingKey(rfc.parameters)).toEqual(rfc.key);
});

test('derives a key once for the same parameters, also for concurrent calls', async () => {
  const derivation = createDerivation(Buffer.from('password'));
  const again = { ...quick, salt: Buffer.from(quick.salt) };
  const derived = await countDerivations(async () => {
    const [one, two] = await Promise.all([
      derivation.wrappingKey(quick),
      derivation.wrappingKey(again),
    ]);
    expect(two).toEqual(one);
    expect(await derivation.wrappingKey(again)).toEqual(one);
  });
  expect(derived).toBe(1);
});

test('derives another key for another algorithm, salt or number of rounds', async () => {
  const derivation = createDerivation(Buffer.from('password'));
  const keys = await Promise.all(
    [
      quick,
      { ...quick, rounds: 1001 },
      { ...quick, salt: Buffer.alloc(16, 'other') },
      { ...quick, algorithm: 'PBES2-HS384+A192KW' as const },
      { ...quick, algorithm: 'PBES2-HS256+A128KW' as const },
    ].map((parameters) => derivation.wrappingKey(parameters)),
  );
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(keys.length);
  expect(keys.map((key) => key.length)).toEqual([32, 32, 32, 24, 16]);
});

test('treats composed and decomposed letters as different passwords', async () => {
  const [composed, decomposed] = await Promise.all(
    ['p\u00e4ssword', 'pa\u0308ssword'].map((text) =>
      createDerivation(Buffer.from(text)).wrappingKey(quick),
    ),
  );
  expect(composed).not.toEqual(decomposed);
});

test('overwrites the password when it is forgotten, and derives no more keys', async () => {
  const password = Buffer.from('password');
  const derivation = createDerivation(password);
  const held = await derivation.wrappingKey(quick);
  const late = derivation.wrappingKey({ ...quick, rounds: 1001 });
  derivation.forget();
  expect(password).toEqual(Buffer.alloc(8));
  await expect(late).rejects.toThrow(new TypeError('the keyring is closed'));
  await expect(derivation.wrappingKey(quick)).rejects.toThrow(TypeError);
  expect(held, 'a key that is in use stays whole').not.toEqual(Buffer.alloc(32));
});
