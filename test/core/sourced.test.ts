import { expect, test } from 'vitest';
import { environmentSetting } from '../../src/core/sourced.ts';

const said = { X: { value: 'file', source: 'env.X (/p/atmos.yaml:2:5)' } };

test.each([
  [{ X: 'set' }, said, { value: 'set', source: 'X' }],
  [{}, said, said.X],
  // Set to nothing it is none, and what a file says does not replace it.
  [{ X: '' }, said, undefined],
  [{}, {}, undefined],
  [{ X: 'set' }, undefined, { value: 'set', source: 'X' }],
])('%j before %j', (env: Record<string, string>, given, expected) => {
  expect(environmentSetting('X', env, given)).toEqual(expected);
});
