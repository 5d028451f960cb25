import { describe, expect, test } from 'vitest';
import { itemCases } from './item-cases.ts';
import { createTestMac } from './open-keyring.ts';

// On a Mac the same cases run in keychain.cases.ts.
describe('the items on the stand-in for security', () => {
  const cases = itemCases(async () => {
    const { open, security, remove } = createTestMac();
    return {
      open: () => open(),
      security: async (args, input) => security(args, input),
      remove: async () => remove(),
    };
  });
  for (const { name, run } of cases) test(name, () => expect(run()).resolves.toBeUndefined());
});
