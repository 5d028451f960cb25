import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { itemKey, itemKeys, parseItemKey, type ItemKind } from '../../src/store/key.ts';

const hash = '0123456789abcdef';

describe('the key of an item', () => {
  // The first five are also in Atmos's own tests.
  test.each<[string, string, string]>([
    ['a', '', 'atmos_a'],
    ['a', 'r', 'atmos_r_a'],
    ['a_b', 'r', 'atmos_r_a_b'],
    ['x_y', 'p_q', 'atmos_p_q_x_y'],
    ['_leading', '', 'atmos__leading'],
    ['team/admin.eu', hash, `atmos_${hash}_team/admin.eu`],
    ['Dev', 'r', 'atmos_r_dev'],
    ['Dev', 'Realm', 'atmos_Realm_dev'],
    ['İSTANBUL', 'r', 'atmos_r_istanbul'],
    ['ΌΣΟΣ', 'r', 'atmos_r_όσοσ'],
    ['STRAẞE', 'r', 'atmos_r_straße'],
    ['\u212Aelvin', 'r', 'atmos_r_kelvin'],
  ])('for the alias %j in the realm %j is %j', (alias, realm, key) => {
    expect(itemKey({ realm, alias }, 'key')).toBe(key);
  });

  test('contains the type of item', () => {
    const owner = { realm: 'r', alias: 'Dev' };
    expect(itemKey(owner, 'session')).toBe('atmos_r_dev@session');
    expect(itemKey(owner, 'token')).toBe('atmos_r_dev@token');
  });

  test('is searched in every Unicode normal form, first as it is written', () => {
    const [composed, decomposed] = ['atmos_r_caf\u00e9@session', 'atmos_r_cafe\u0301@session'];
    expect(itemKeys({ realm: 'r', alias: 'CAF\u00c9' }, 'session')).toEqual([composed, decomposed]);
    expect(itemKeys({ realm: 'r', alias: 'CAFE\u0301' }, 'session')).toEqual([
      decomposed,
      composed,
    ]);
    expect(itemKeys({ realm: 'r', alias: 'dev' }, 'key')).toEqual(['atmos_r_dev']);
  });

  test('can be equal for two pairs of realm and alias, so the entry states its owner', () => {
    const one = itemKey({ realm: 'a', alias: 'b_c' }, 'key');
    expect(itemKey({ realm: 'a_b', alias: 'c' }, 'key')).toBe(one);
  });
});

describe('parsing a key', () => {
  test.each<[string, string, ReturnType<typeof parseItemKey>]>([
    ['atmos_r_dev', 'r', { realm: 'r', alias: 'dev', item: 'key' }],
    ['atmos_r_dev@session', 'r', { realm: 'r', alias: 'dev', item: 'session' }],
    ['atmos_r_sso@token', 'r', { realm: 'r', alias: 'sso', item: 'token' }],
    ['atmos_p_q_x_y', 'p_q', { realm: 'p_q', alias: 'x_y', item: 'key' }],
    ['atmos_p_q_x_y', 'p', { realm: 'p', alias: 'q_x_y', item: 'key' }],
    ['atmos_p_q_x_y', 'other', { realm: null, alias: 'p_q_x_y', item: 'key' }],
    ['atmos_r_dev', '', { realm: null, alias: 'r_dev', item: 'key' }],
    [`atmos_${hash}_dev`, 'r', { realm: hash, alias: 'dev', item: 'key' }],
    ['atmos_default_dev', 'r', { realm: 'default', alias: 'dev', item: 'key' }],
    [
      `atmos_${hash.toUpperCase()}_d`,
      'r',
      { realm: null, alias: `${hash.toUpperCase()}_d`, item: 'key' },
    ],
    ['atmos_dev', 'r', { realm: null, alias: 'dev', item: 'key' }],
    ['atmos__leading', '', { realm: null, alias: '_leading', item: 'key' }],
    ['atmos_r_', 'r', { realm: null, alias: 'r_', item: 'key' }],
    ['atmos_', 'r', undefined],
    ['atmos_@session', 'r', undefined],
    ['atmos', 'r', undefined],
    ['Atmos_r_dev', 'r', undefined],
    ['aws-vault', 'r', undefined],
    ['', '', undefined],
  ])('with the key %j in realm %j', (key, realm, said) => {
    expect(parseItemKey(key, realm)).toEqual(said);
  });

  test('returns the item that it was made of, in its own realm', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.toLowerCase());
    const alias = name.filter((text) => !/@(session|token)$/.test(text));
    const item = fc.constantFrom<ItemKind>('key', 'session', 'token');
    fc.assert(
      fc.property(name, alias, item, (realm, name_, kind) => {
        const owner = { realm, alias: name_ };
        fc.pre(itemKey(owner, kind) === itemKey({ realm, alias: name_.toLowerCase() }, kind));
        expect(parseItemKey(itemKey(owner, kind), realm)).toEqual({ ...owner, item: kind });
      }),
    );
  });
});
