import { describe, expect, it } from 'vitest';
import { atmosTags } from '../../../src/config/syntax-error.ts';
import { createTagged } from '../../../src/config/values.ts';
import { resolving } from './resolving.ts';

const unset = createTagged('!unset', '');
const append = (...items: unknown[]) => createTagged('!append', items);

describe('tags for merging', () => {
  it.each([
    ['auth: { realm: !unset }', { auth: { realm: unset } }],
    ['auth: !unset', { auth: unset }],
    ['auth: { realm: !unset anything }', { auth: { realm: createTagged('!unset', 'anything') } }],
    ['auth: { list: !append [a, !env B] }', { auth: { list: append('a', 'b') } }],
    ['import: !append []', { import: append() }],
    ['auth: { <<: { a: !unset , b: 1 } }', { auth: { a: unset, b: 1 } }],
    ['auth: { a: !include a.yaml }', { auth: { a: { x: unset, y: append(1) } } }],
  ])('%s are kept', (text, settings) => {
    const files = { 'a.yaml': 'x: !unset\ny: !append [1]' };
    const resolved = resolving(text, { env: { B: 'b' }, files });
    expect(resolved.settings).toEqual(settings);
    expect(resolved.problems).toEqual([]);
  });

  it.each([
    ['auth: { list: [a, !append [b]] }', { list: ['a', ['b']] }],
    ['auth: { list: [a, !unset ] }', { list: ['a', undefined] }],
    ['auth: { list: [{ a: !unset , b: !append [c] }] }', { list: [{ b: ['c'] }] }],
    ['auth: { list: !append [{ a: !unset }, [!unset ]] }', { list: append({}, [undefined]) }],
  ])('%s are not kept in a list, which is never merged', (text, auth) => {
    expect(resolving(text).settings).toEqual({ auth });
  });

  it.each([
    ['auth: { a: !append b }', 'auth.a has the tag !append, which is for lists'],
    ['auth: { a: !append { b: c } }', 'auth.a has the tag !append, which is for lists'],
    ['auth: { a: !append }', 'auth.a has the tag !append, which is for lists'],
  ])('%s is rejected', (text, problem) => {
    const { problems, settings } = resolving(text);
    expect(problems).toEqual([problem]);
    expect(settings).toEqual({ auth: {} });
  });
});

describe('the content of a file', () => {
  it('is resolved in the parts of atmos-auth and ignored elsewhere', () => {
    const everywhere = atmosTags.map((tag, at) => `  k${at}: ${tag} x\n`).join('');
    const { settings, problems, included } = resolving(
      `vars:\n${everywhere}auth: { realm: a }\nbase_path: !env A\n`,
      { env: { A: 'b' } },
    );
    expect({ settings, problems, included }).toEqual({
      settings: { auth: { realm: 'a' }, base_path: 'b' },
      problems: [],
      included: [],
    });
    expect(resolving('auth: a\nbase_path: b', { parts: ['auth'] }).settings).toEqual({ auth: 'a' });
  });

  it.each([
    ['auth: { realm: , list: [null, a] }', { auth: { list: [null, 'a'] } }],
    ['auth:', {}],
    ['auth: &a { b: 1 }\nprofiles: { <<: *a, c: 2 }', { auth: { b: 1 }, profiles: { b: 1, c: 2 } }],
    ['auth: { <<: [{ a: 1, b: 1 }, { a: 2, c: 2 }], c: 3 }', { auth: { a: 1, b: 1, c: 3 } }],
    ['auth: { <<: { <<: { a: 1 }, b: 2 } }', { auth: { a: 1, b: 2 } }],
    ['x: &x { auth: { a: 1 } }\n<<: *x', { auth: { a: 1 } }],
    ['auth: { __proto__: { a: 1 } }', { auth: JSON.parse('{"__proto__":{"a":1}}') }],
  ])('%s: drops empty values and merges under existing keys', (text, settings) => {
    expect(resolving(text).settings).toEqual(settings);
  });

  it.each([
    ['auth: { <<: a }', 'auth."<<" must be a map, or a list of maps'],
    ['auth: { <<: [a] }', 'auth."<<" must be a map, or a list of maps'],
    ['auth: { <<: { <<: 5 } }', 'auth."<<"."<<" must be a map, or a list of maps'],
    ['auth: { <<: }', 'auth."<<" must be a map, or a list of maps'],
  ])('%s is rejected', (text, problem) => {
    expect(resolving(text).problems).toEqual([problem]);
  });

  it('is returned with all problems and without the invalid values', () => {
    const { problems, settings } = resolving(`
auth:
  realm: !env A b c
  keyring: { type: !random x, spec: { path: !cwd } }
  list: [!include gone, kept]
`);
    expect(problems).toHaveLength(3);
    expect(settings).toEqual({
      auth: { keyring: { spec: { path: expect.any(String) } }, list: [undefined, 'kept'] },
    });
  });
});
