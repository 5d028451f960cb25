import { expect, test } from 'vitest';
import { valueAt } from '../../src/config/config-file.ts';

test('names of a large map are read once, however many are looked up', () => {
  let reads = 0;
  const names = Array.from({ length: 2000 }, (_, at) => `Account-${at}/ReadOnly`);
  const identities = new Proxy(Object.fromEntries(names.map((name) => [name, { kind: name }])), {
    ownKeys(map) {
      reads += 1;
      return Reflect.ownKeys(map);
    },
  });
  const settings = { auth: { identities } };
  for (const name of names) {
    const path = ['auth', 'identities', name.toUpperCase(), 'kind'];
    expect(valueAt(settings, path)).toBe(name);
    expect(valueAt(settings, ['auth', 'identities', `${name}-other`])).toBeUndefined();
  }
  expect(reads).toBe(1);
});

test('of two spellings in one map, the one that is asked for wins, else the first', () => {
  const settings = { auth: { identities: { Dev: 1, dev: 2 } } };
  const at = (name: string) => valueAt(settings, ['auth', 'identities', name]);
  expect([at('Dev'), at('dev'), at('DEV')]).toEqual([1, 2, 1]);
});
