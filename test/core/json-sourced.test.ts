import { expect, test } from 'vitest';
import { environmentSetting, quoteValue, showForConsent, showValue } from '../../src/core/json.ts';

const said = { X: { value: 'file', source: 'env.X (/p/atmos.yaml:2:5)' } };

test.each([
  [{ X: 'set' }, said, { value: 'set', source: 'X' }],
  [{}, said, said.X],
  // An empty variable counts as absent, and a file does not replace it.
  [{ X: '' }, said, undefined],
  [{}, {}, undefined],
  [{ X: 'set' }, undefined, { value: 'set', source: 'X' }],
])(
  'a setting with the environment %j and the file %j',
  (env: Record<string, string>, given, expected) => {
    expect(environmentSetting('X', env, given)).toEqual(expected);
  },
);

test('a message shows literal values, and the tag for all other values', () => {
  expect(quoteValue({ value: 'a "b"' })).toBe(String.raw`"a \"b\""`);
  expect(quoteValue({ value: 'a', tag: '!env X' })).toBe('<value of !env X>');
  expect(showValue({ value: '/a' })).toBe('/a');
  expect(showValue({ value: '/a', tag: '!include' })).toBe('<value of !include>');
});

test('a consent prompt shows values that a file chose, but no variable of the environment', () => {
  expect(showForConsent({ value: 'sh x' })).toBe('sh x');
  expect(showForConsent({ value: 'sh x', tag: '!include' })).toBe('sh x');
  expect(showForConsent({ value: 'sh x', tag: '!git.branch' })).toBe('sh x');
  expect(showForConsent({ value: 'sh x', tag: '!env X' })).toBe('<value of !env X>');
});
