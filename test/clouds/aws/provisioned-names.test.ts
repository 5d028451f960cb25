import { describe, expect, test } from 'vitest';
import { nameAccounts, nameRoles } from '../../../src/clouds/aws/provisioned-names.ts';

const accounts = (...names: readonly (readonly [id: string, name: string | undefined])[]) =>
  names.map(([id, name]) => ({ id, name }));

function groups(...known: readonly (readonly [id: string, label: string, word: string])[]) {
  return known.map(([id, label, word]) => ({ id, label, word, identities: [] }));
}

describe('accounts', () => {
  test('have their names, and their ids where two have the same name', () => {
    const named = nameAccounts(
      accounts(['1', 'dev'], ['2', 'a.b'], ['3', 'A b'], ['4', undefined], ['5', '?']),
      [],
    );
    expect([...named]).toEqual([
      ['1', 'dev'],
      ['2', 'a-b-2'],
      ['3', 'A-b-3'],
      ['4', '4'],
      ['5', '5'],
    ]);
  });

  test('keep their words when another one of the name is added or removed', () => {
    const before = groups(['1', 'dev', 'dev'], ['2', 'qa', 'qa-2'], ['3', 'qa', 'qa-3']);
    const added = nameAccounts(
      accounts(['1', 'dev'], ['2', 'qa'], ['3', 'qa'], ['4', 'dev'], ['5', 'qa']),
      before,
    );
    expect(Object.fromEntries(added)).toEqual({
      1: 'dev',
      2: 'qa-2',
      3: 'qa-3',
      4: 'dev-4',
      5: 'qa-5',
    });
    expect(Object.fromEntries(nameAccounts(accounts(['3', 'qa']), before))).toEqual({ 3: 'qa-3' });
  });

  test('an account with another name gets another word', () => {
    const before = groups(['1', 'dev', 'dev']);
    expect([...nameAccounts(accounts(['1', 'prod'], ['2', 'dev']), before)]).toEqual([
      ['1', 'prod'],
      ['2', 'dev'],
    ]);
  });

  test('a name that looks like a word with an id takes no word away', () => {
    const named = nameAccounts(accounts(['1', 'dev-2'], ['2', 'dev'], ['3', 'dev']), []);
    expect(Object.fromEntries(named)).toEqual({ 1: 'dev-2', 2: 'dev-2-2', 3: 'dev-3' });
  });

  test('do not depend on the order in which they are listed', () => {
    const some = accounts(['1', 'dev-2'], ['2', 'dev'], ['3', 'dev']);
    const sorted = (named: ReadonlyMap<string, string>) => Object.fromEntries(named);
    expect(sorted(nameAccounts(some.toReversed(), []))).toEqual(sorted(nameAccounts(some, [])));
  });
});

describe('permission sets', () => {
  test('have their names, and a part of a hash where two have the same word', () => {
    const named = nameRoles(['ReadOnly', 'a.b', 'a-b'], { word: 'dev', identities: [] });
    expect(Object.fromEntries(named)).toEqual({
      ReadOnly: 'ReadOnly',
      'a.b': 'a-b-2e7336',
      'a-b': expect.stringMatching(/^a-b-[0-9a-f]{6}$/),
    });
  });

  test('keep their words', () => {
    const identities = [{ name: 'dev/a-b', principal: { name: 'a.b' } }];
    const named = nameRoles(['a.b', 'a-b'], { word: 'dev', identities });
    expect(named.get('a.b')).toBe('a-b');
    expect(named.get('a-b')).toMatch(/^a-b-[0-9a-f]{6}$/);
  });
});
