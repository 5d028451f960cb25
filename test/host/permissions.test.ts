import { expect, test } from 'vitest';
import { permissionCheckFor } from '../../src/host/permissions.ts';

test.skipIf(process.platform === 'win32')('without users nothing is taken for safe', () => {
  expect(() => permissionCheckFor(undefined)).toThrow(
    new TypeError('a system without users is not supported'),
  );
});
