import { expect, test } from 'vitest';
import { guardianFor } from '../../src/host/permissions.ts';

test.skipIf(process.platform === 'win32')('without users nothing is taken for safe', () => {
  expect(() => guardianFor(undefined)).toThrow(
    new TypeError('a system without users is not supported'),
  );
});
