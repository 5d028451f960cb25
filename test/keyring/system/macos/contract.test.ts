import { describe, expect, test } from 'vitest';
import { keyringContract, type KeyringFailure } from '../../../contract/index.ts';
import { createTestMac } from './open-keyring.ts';
import type { MachineState } from '../../../support/security/types.ts';

function failing(
  code: KeyringFailure['code'],
  when: string,
  change: (state: MachineState) => void,
): KeyringFailure {
  return {
    code,
    when,
    async provoke() {
      const mac = createTestMac();
      try {
        await mac.open().set('key', 'value');
        mac.change(change);
        return await mac.open().get('key');
      } finally {
        mac.remove();
      }
    },
  };
}

describe('the system keyring on the stand-in for security keeps the contract', () => {
  const cases = keyringContract({
    maxValueBytes: 64 * 1024,
    async fresh() {
      const mac = createTestMac();
      return {
        open: async () => mac.open(),
        contents: async () => mac.contents(),
        remove: async () => mac.remove(),
      };
    },
    failures: [
      failing('ERR_KEYRING_LOCKED', 'when it is locked and there is no display', (state) => {
        state.hasDisplay = false;
        state.locked = state.searchList;
      }),
      failing('ERR_KEYRING_PERMISSIONS', 'when a person denies the access', (state) => {
        state.person = 'denies';
        state.guarded = ['key'];
      }),
      failing('ERR_KEYRING_TIMEOUT', 'when nobody answers', (state) => {
        state.person = 'never answers';
        state.guarded = ['key'];
      }),
      failing('ERR_KEYRING_UNAVAILABLE', 'when there is no keychain', (state) => {
        state.defaultKeychain = null;
        state.searchList = [];
      }),
    ],
  });
  for (const { name, run } of cases) test(name, () => expect(run()).resolves.toBeUndefined());
});
