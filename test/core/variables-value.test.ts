import { expect, test } from 'vitest';
import { environmentValue } from '../../src/core/variables.ts';

test('names are compared without case on Windows, also in a copy of the environment', () => {
  expect(environmentValue({ Path: 'C:\\x' }, 'PATH', 'win32')).toBe('C:\\x');
  expect(environmentValue({ PATH: undefined, path: 'C:\\x' }, 'Path', 'win32')).toBe('C:\\x');
  expect(environmentValue({ PATH: 'exact', Path: 'other' }, 'PATH', 'win32')).toBe('exact');
  expect(environmentValue({ PATHS: 'x' }, 'PATH', 'win32')).toBeUndefined();
});

test('names are compared with case on other systems', () => {
  expect(environmentValue({ Path: '/x' }, 'PATH', 'linux')).toBeUndefined();
  expect(environmentValue({ PATH: '/x' }, 'PATH', 'linux')).toBe('/x');
});
