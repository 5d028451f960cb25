import { KeyringError } from '../core/errors.ts';
import type { BackendContext, Keyring } from './contract.ts';
import { checkKey, checkValue } from './key.ts';

const maxSystemValueBytes = 64 * 1024;
const reason = 'the system keyring is not supported by this version of atmos-auth yet';

/**
 * The operating system's keyring. This version cannot reach one on any platform and says so at
 * every call: nothing is stored elsewhere in its place.
 */
export function openSystemKeyring({ settings }: BackendContext): Keyring {
  const unavailable = (): never => {
    throw new KeyringError(
      'ERR_KEYRING_UNAVAILABLE',
      `${reason} (type system from ${settings.type.source})`,
      {
        hints: [
          'export ATMOS_KEYRING_TYPE=file      # an encrypted file, with a password',
          'export ATMOS_KEYRING_TYPE=memory    # nothing kept, for this run only',
        ],
      },
    );
  };
  return {
    info: { type: 'system', persistent: true, location: 'the keyring of the operating system' },
    async probe() {
      return { state: 'unavailable', reason };
    },
    async get(key) {
      checkKey(key);
      return unavailable();
    },
    async set(key, value) {
      checkKey(key);
      checkValue(key, value, maxSystemValueBytes);
      return unavailable();
    },
    async delete(key) {
      checkKey(key);
      return unavailable();
    },
    async keys() {
      return unavailable();
    },
    async close() {},
  };
}
