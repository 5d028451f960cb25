import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeMaps } from '../../src/config/merge.ts';
import { createTagged } from '../../src/config/values.ts';

const unset = createTagged('!unset', '');
const append = (...items: unknown[]) => createTagged('!append', items);

describe('one file over another', () => {
  it.each([
    ['maps are merged, key by key', { a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: 1, c: 3 } }],
    ['scalars are replaced', { a: 1 }, { a: 'x' }, { a: 'x' }],
    ['lists are replaced', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['a map replaces what is none', { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['what is no map replaces one', { a: { b: 1 } }, { a: [] }, { a: [] }],
    ['!append adds to the list', { a: [1] }, { a: append(2, 3) }, { a: [1, 2, 3] }],
    ['!append over nothing is the list', {}, { a: { b: append(1) } }, { a: { b: [1] } }],
    ['!append over what is no list replaces it', { a: 'x' }, { a: append(1) }, { a: [1] }],
    ['!unset takes a key away', { a: { b: 1, c: 2 } }, { a: { b: unset } }, { a: { c: 2 } }],
    ['!unset of nothing is nothing', {}, { a: { b: unset } }, { a: {} }],
    [
      'names are one, whatever their case, as first written',
      { auth: { identities: { Dev: { kind: 'a' } }, providers: { SSO: { kind: 'b' } } } },
      { auth: { identities: { DEV: { default: true } }, providers: { sso: unset } } },
      { auth: { identities: { Dev: { kind: 'a', default: true } }, providers: {} } },
    ],
    ['other keys are not', { env: { A: '1' } }, { env: { a: '2' } }, { env: { A: '1', a: '2' } }],
  ])('%s', (_, base, over, merged) => {
    expect(mergeMaps(base, over)).toEqual(merged);
  });

  it('changes neither of the two', () => {
    const [base, over] = [{ a: { b: [1] } }, { a: { b: append(2) } }];
    mergeMaps(base, over);
    expect(base).toEqual({ a: { b: [1] } });
    expect(over).toEqual({ a: { b: append(2) } });
  });

  it('changes nothing when merged a second time', () => {
    const key = fc.constantFrom('a', 'b', '__proto__', 'toString');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, fc.integer(), tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const merged = mergeMaps(a, b);
        expect(mergeMaps(merged, b)).toEqual(merged);
        expect(mergeMaps({}, a)).toEqual(a);
      }),
    );
  });
});
