import { describe, expect, test } from 'vitest';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { keyringContract } from './index.ts';

describe('the memory keyring keeps the contract', () => {
  const cases = keyringContract({
    fresh: async () => ({
      open: async () => openMemoryKeyring(),
      remove: async () => {},
    }),
  });

  for (const { name, run } of cases) test(name, () => expect(run()).resolves.toBeUndefined());
});
