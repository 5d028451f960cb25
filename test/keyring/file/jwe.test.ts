import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testRounds } from '../../../scripts/build-constants.mjs';
import { createDerivation } from '../../../src/keyring/file/derivation.ts';
import { formatItem, parseItem } from '../../../src/keyring/file/entry.ts';
import {
  createParameters,
  isStrong,
  openJwe,
  parseJwe,
  sealJwe,
  type KeyParameters,
} from '../../../src/keyring/file/jwe.ts';
import { testPassword } from '../../support/file-keyring.ts';
import goVectors from '../../vectors/go.json' with { type: 'json' };
import joseVectors from '../../vectors/jose.json' with { type: 'json' };
import {
  faultOf,
  goodHeader,
  joinToken,
  type Parts,
  partNames,
  quick,
  sealEntry,
  splitToken,
  tokenWith,
  wrappingKey,
} from './tokens.ts';

async function open(token: string, secret?: string) {
  const jwe = parseJwe(token);
  if ('fault' in jwe) return jwe;
  const opened = openJwe(jwe, await wrappingKey(jwe.parameters, secret));
  return 'failed' in opened ? opened : parseItem(opened.plaintext);
}

describe.each([goVectors, joseVectors])('entries made by $madeBy', ({ entries }) => {
  test.each(entries)('$name opens', async ({ token, password, key, value }) => {
    expect(await open(token, password)).toEqual({ key, value });
  });

  const quickEntries = entries.filter(({ name }) => !/p2c \d{6}/.test(name));

  test.each(quickEntries)(
    '$name does not open with another password',
    async ({ token, password }) => {
      expect(await open(token, `${password}x`)).toEqual({ failed: 'key' });
    },
  );
});

describe('a token of our own', () => {
  const parameters = createParameters();

  // 600,000 in the package: test/script/key-derivation.test.ts.
  test('has the strongest algorithm that Go supports, and the rounds of the build', () => {
    expect(parameters).toMatchObject({ algorithm: 'PBES2-HS512+A256KW', rounds: testRounds });
    expect(parameters.salt).toHaveLength(16);
    expect(parameters.salt).not.toEqual(createParameters().salt);
    expect(isStrong(parameters)).toBe(true);
  });

  test('has a header with these parameters in the form that Go reads', async () => {
    const key = Buffer.alloc(32, 'key');
    const packaged = { ...parameters, rounds: 600_000 };
    const { header } = splitToken(sealJwe(Buffer.from('{}'), packaged, key));
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'PBES2-HS512+A256KW',
      enc: 'A256GCM',
      p2c: 600_000,
      p2s: parameters.salt.toString('base64url'),
    });
  });

  test('never repeats a content key or an IV', () => {
    const key = Buffer.alloc(32, 'key');
    const [one, two] = [1, 2].map(() => splitToken(sealJwe(Buffer.from('{}'), parameters, key)));
    expect(one?.header).toBe(two?.header);
    for (const part of ['encryptedKey', 'iv', 'ciphertext', 'tag'] as const) {
      expect(one?.[part]).not.toBe(two?.[part]);
    }
  });

  test('is decrypted to the same bytes, whatever they are', async () => {
    const key = await wrappingKey(quick);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const jwe = parseJwe(sealJwe(Buffer.from(bytes), quick, key));
        if ('fault' in jwe) throw new Error(jwe.fault);
        expect(openJwe(jwe, key)).toEqual({ plaintext: Buffer.from(bytes) });
      }),
    );
  });

  test.each<[string, Partial<KeyParameters>]>([
    ['AES-128', { algorithm: 'PBES2-HS256+A128KW', rounds: 1_300_000 }],
    ['AES-192', { algorithm: 'PBES2-HS384+A192KW', rounds: 950_000 }],
    ['one round less', { rounds: testRounds - 1 }],
  ])('is weak with %s', (_, weaker) => {
    expect(isStrong({ ...parameters, ...weaker })).toBe(false);
  });
});

describe('the parser rejects before any derivation', () => {
  const { alg: _alg, ...withoutAlg } = goodHeader;
  const { enc: _enc, ...withoutEnc } = goodHeader;
  const { p2c: _p2c, ...withoutRounds } = goodHeader;
  const { p2s: _p2s, ...withoutSalt } = goodHeader;

  test('no part of a valid token', () => {
    expect(faultOf(tokenWith(goodHeader))).toBeUndefined();
    expect(faultOf(tokenWith({ ...goodHeader, created: 'now', x: 1 }))).toBeUndefined();
  });

  const caps = {
    'PBES2-HS256+A128KW': 1_300_000,
    'PBES2-HS384+A192KW': 950_000,
    'PBES2-HS512+A256KW': 600_000,
  };
  describe.each(Object.entries(caps))('rounds outside the limits of %s', (alg, cap) => {
    test.each([1000, 8192, cap])('does not include %d', (p2c) => {
      expect(faultOf(tokenWith({ ...goodHeader, alg, p2c }))).toBeUndefined();
    });

    test.each([
      999,
      cap + 1,
      1e12,
      2 ** 31,
      2 ** 32 + 1000,
      2 ** 53,
      0,
      -1,
      -1000,
      1000.5,
      '8192',
      '1e3',
      null,
      true,
      [1000],
      { valueOf: 1000 },
    ])('includes %j', (p2c) => {
      const header = JSON.stringify({ ...goodHeader, alg, p2c });
      expect(faultOf(tokenWith(header))).toBe(`its p2c is not between 1000 and ${cap}`);
    });
  });

  test('infinite rounds', () => {
    const header = JSON.stringify(goodHeader).replace('"p2c":1000', '"p2c":1e400');
    expect(faultOf(tokenWith(header))).toBe('its p2c is not between 1000 and 600000');
  });

  test('missing rounds', () => {
    expect(faultOf(tokenWith(withoutRounds))).toBe('its p2c is not between 1000 and 600000');
  });

  test.each([8, 12, 16, 64])('no token with a salt of %d bytes', (bytes) => {
    const p2s = Buffer.alloc(bytes, 's').toString('base64url');
    expect(faultOf(tokenWith({ ...goodHeader, p2s }))).toBeUndefined();
  });

  test.each<[string, unknown]>([
    ['of 0 bytes', ''],
    ['of 7 bytes', Buffer.alloc(7).toString('base64url')],
    ['of 65 bytes', Buffer.alloc(65).toString('base64url')],
    ['with padding', Buffer.alloc(16).toString('base64')],
    ['in plain base64', '+/'.repeat(8)],
    ['that is a number', 12345678],
    ['that is a list', ['c2FsdHNhbHQ']],
  ])('a salt %s', (_, p2s) => {
    expect(faultOf(tokenWith({ ...goodHeader, p2s }))).toBe('its p2s is not 8 to 64 bytes');
  });

  test('a missing salt', () => {
    expect(faultOf(tokenWith(withoutSalt))).toBe('its p2s is not 8 to 64 bytes');
  });

  test.each([
    'none',
    'dir',
    'A128KW',
    'A256KW',
    'A256GCMKW',
    'RSA-OAEP',
    'RSA-OAEP-256',
    'RSA1_5',
    'ECDH-ES',
    'pbes2-hs512+a256kw',
    'PBES2-HS512+A256KW ',
    '',
    '__proto__',
    'constructor',
    'toString',
    null,
    1,
    ['PBES2-HS512+A256KW'],
  ])('alg %j', (alg) => {
    expect(faultOf(tokenWith({ ...goodHeader, alg }))).toBe('its alg is not a PBES2 algorithm');
  });

  test('a missing alg', () => {
    expect(faultOf(tokenWith(withoutAlg))).toBe('its alg is not a PBES2 algorithm');
  });

  test.each(['A128GCM', 'A192GCM', 'A256CBC-HS512', 'none', '', 'a256gcm', null, ['A256GCM']])(
    'enc %j',
    (enc) => {
      expect(faultOf(tokenWith({ ...goodHeader, enc }))).toBe('its enc is not A256GCM');
    },
  );

  test('a missing enc', () => {
    expect(faultOf(tokenWith(withoutEnc))).toBe('its enc is not A256GCM');
  });

  test.each(['DEF', '', null, false])('zip %j', (zip) => {
    expect(faultOf(tokenWith({ ...goodHeader, zip }))).toBe('it is compressed');
  });

  test.each([[['exp']], [[]], [null]])('crit %j', (crit) => {
    expect(faultOf(tokenWith({ ...goodHeader, crit }))).toBe('it has critical extensions');
  });

  test.each(['', 'null', '[]', '"text"', '1', 'true', '{', '{"alg"', '\u0000', '\ufffd'])(
    'a header that is %j',
    (header) => {
      expect(faultOf(tokenWith(header))).toBe('its header is not a JSON object');
    },
  );

  test('a deeply nested header', () => {
    const header = '['.repeat(1500) + ']'.repeat(1500);
    expect(faultOf(tokenWith(header))).toBe('its header is not a JSON object');
  });

  test('an endless header', () => {
    const header = { ...goodHeader, created: 'x'.repeat(1024 * 1024) };
    expect(faultOf(tokenWith(header))).toBe('its header is too long');
  });

  test('a header with its alg in __proto__', () => {
    const header = JSON.stringify({ enc: 'A256GCM' }).replace(
      '{',
      `{"__proto__":${JSON.stringify(goodHeader)},`,
    );
    expect(faultOf(tokenWith(header))).toBe('its alg is not a PBES2 algorithm');
  });

  const good = splitToken(tokenWith(goodHeader));

  test.each<[number, string]>([
    [1, ''],
    [1, 'not a token'],
    [3, 'a.b.c'],
    [4, joinToken(good).slice(0, joinToken(good).lastIndexOf('.'))],
    [6, `${joinToken(good)}.`],
    [6, `.${joinToken(good)}`],
  ])('%d parts', (count, token) => {
    expect(faultOf(token)).toBe(`it has ${count} parts, not the 5 of a JWE`);
  });

  describe.each(partNames)('in the part %s', (name) => {
    // For 2 of 3 lengths the last letter has unused bits, so that several letters encode the same
    // bytes.
    const loose = `${Buffer.alloc(100).toString('base64url').slice(0, -1)}B`;

    test.each<[string, string]>([
      ['a newline at the end', `${good[name]}\n`],
      ['a newline at the start', `\n${good[name]}`],
      ['a space inside', `${good[name].slice(0, 4)} ${good[name].slice(4)}`],
      ['padding', `${good[name]}=`],
      ['a letter of plain base64', `+/${good[name].slice(2)}`],
      ['a letter too many', `${good[name]}A`.padEnd(1 + Math.ceil(good[name].length / 4) * 4, 'A')],
      ['bits left over', loose],
      ['a NUL', `${good[name]}\0`],
      ['what is not ASCII', `${good[name]}é`],
    ])('%s', (_, text) => {
      const fault = faultOf(joinToken({ ...good, [name]: text }));
      expect(fault).toBe(
        name === 'header' ? 'its header is not a JSON object' : 'a part is not base64url',
      );
    });
  });

  test.each<[keyof Parts, number, string]>([
    ['encryptedKey', 39, 'its encrypted key has the wrong length'],
    ['encryptedKey', 41, 'its encrypted key has the wrong length'],
    ['encryptedKey', 24, 'its encrypted key has the wrong length'],
    ['encryptedKey', 0, 'its encrypted key has the wrong length'],
    ['iv', 11, 'its IV has the wrong length'],
    ['iv', 16, 'its IV has the wrong length'],
    ['iv', 0, 'its IV has the wrong length'],
    ['tag', 15, 'its tag has the wrong length'],
    ['tag', 4, 'its tag has the wrong length'],
    ['tag', 0, 'its tag has the wrong length'],
  ])('a part %s of %d bytes', (name, bytes, fault) => {
    const text = Buffer.alloc(bytes).toString('base64url');
    expect(faultOf(joinToken({ ...good, [name]: text }))).toBe(fault);
  });
});

describe('the parser', () => {
  test('accepts any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        expect(faultOf(text)).toBeTypeOf('string');
      }),
      { numRuns: 500 },
    );
  });

  test('accepts any five parts without throwing', () => {
    const part = fc.oneof(
      fc.base64String({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      fc.constant(splitToken(tokenWith(goodHeader)).header),
    );
    fc.assert(
      fc.property(fc.tuple(part, part, part, part, part), (parts) => {
        expect(['string', 'undefined']).toContain(typeof faultOf(parts.join('.')));
      }),
      { numRuns: 500 },
    );
  });

  test('accepts no header beyond its limits', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.integer({ min: -10, max: 2_000_000 }),
      fc.double(),
      fc.constantFrom(...Object.values(goodHeader)),
    );
    const header = fc.record(
      { alg: odd, enc: odd, p2c: odd, p2s: odd, zip: odd, crit: odd },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(header, (fields) => {
        const parsed = parseJwe(tokenWith({ ...goodHeader, ...fields }));
        if ('fault' in parsed) return;
        expect(parsed.parameters.rounds).toBeGreaterThanOrEqual(1000);
        expect(parsed.parameters.rounds).toBeLessThanOrEqual(600_000);
        expect(parsed.parameters.salt.length).toBeGreaterThanOrEqual(8);
        expect(parsed.parameters.salt.length).toBeLessThanOrEqual(64);
        expect(fields).not.toHaveProperty('zip');
        expect(fields).not.toHaveProperty('crit');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('damage', () => {
  const item = { key: 'key', value: 'the value' };

  test('of one bit is always detected, as a wrong password or as damaged content', async () => {
    const parts = splitToken(await sealEntry(item));
    const derivation = createDerivation(Buffer.from(testPassword));
    const outcomes = new Map<string, Set<string>>();
    for (const name of partNames) {
      const bytes = Buffer.from(parts[name], 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const damaged = Buffer.from(bytes);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const jwe = parseJwe(joinToken({ ...parts, [name]: damaged.toString('base64url') }));
        const outcome =
          'fault' in jwe
            ? 'malformed'
            : failureOf(
                openJwe(jwe, await derivation.wrappingKey({ ...jwe.parameters, rounds: 1000 })),
              );
        outcomes.set(name, (outcomes.get(name) ?? new Set()).add(outcome));
      }
    }
    // The test does not derive increased rounds, so that a changed header can seem to fail later.
    expect([...(outcomes.get('header') ?? [])].toSorted()).toEqual(['content', 'key', 'malformed']);
    expect(outcomes.get('encryptedKey')).toEqual(new Set(['key']));
    expect(outcomes.get('iv')).toEqual(new Set(['content']));
    expect(outcomes.get('ciphertext')).toEqual(new Set(['content']));
    expect(outcomes.get('tag')).toEqual(new Set(['content']));
  });

  test('by mixing the parts of two entries is detected', async () => {
    const one = splitToken(await sealEntry(item));
    const two = splitToken(await sealEntry({ ...item, value: 'another value' }));
    for (const name of ['encryptedKey', 'iv', 'ciphertext', 'tag'] as const) {
      expect(await open(joinToken({ ...one, [name]: two[name] }))).toEqual({ failed: 'content' });
    }
  });

  test('of a header is detected, although the key unwraps', async () => {
    const parts = splitToken(await sealEntry(item));
    const reordered = JSON.stringify({ ...goodHeader, created: 'yesterday' });
    const header = Buffer.from(reordered).toString('base64url');
    expect(await open(joinToken({ ...parts, header }))).toEqual({ failed: 'content' });
  });

  test('by truncation is detected', async () => {
    const token = await sealEntry(item);
    for (let length = 0; length < token.length; length += 7) {
      const opened = await open(token.slice(0, length));
      expect(opened).not.toHaveProperty('value');
    }
  });

  test('of an item inside a valid token is reported', async () => {
    const key = await wrappingKey(quick);
    expect(await open(sealJwe(Buffer.from('[]'), quick, key))).toHaveProperty('fault');
    expect(await open(sealJwe(formatItem(item), quick, key))).toEqual(item);
  });
});

function failureOf(opened: ReturnType<typeof openJwe>): string {
  return 'failed' in opened ? opened.failed : 'opened';
}
