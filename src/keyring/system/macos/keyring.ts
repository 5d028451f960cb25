import { createTurns } from '../../../core/turns.ts';
import { createPartedKeyring, type OnStep, type PartedKeyring } from '../../chunked-store.ts';
import type { BackendContext, Keyring } from '../../contract.ts';
import { checkKey, checkValue, maxSystemValueBytes } from '../../key.ts';
import { openKeychainStore } from './items.ts';
import { findDefaultKeychain } from './keychain.ts';
import { probeKeychain } from './probe.ts';
import { createSecurity } from './security.ts';

/** The keychain of macOS, through `security`. Its items are go-keyring's, and so Atmos's own. */
export function openKeychainKeyring(context: BackendContext, onStep?: OnStep): Keyring {
  const { host } = context;
  let path: string | undefined;
  const inTurn = createTurns();

  /** One operation has one time limit, so each has a keyring of its own. */
  function operate<T>(
    doing: string,
    use: (keyring: PartedKeyring) => Promise<T>,
    mayReplace = false,
  ): Promise<T> {
    const run = createSecurity(host);
    const store = openKeychainStore(context, {
      run,
      doing,
      mayReplace,
      async defaultKeychain() {
        if (path !== undefined) return { path };
        const found = await findDefaultKeychain(run);
        if (found.failure === undefined) path = found.path;
        return found;
      },
    });
    return use(createPartedKeyring(store, { host, named: 'the macOS keychain', onStep }));
  }

  /** One after the other, and its time begins with its turn. */
  function change<T>(doing: string, use: (keyring: PartedKeyring) => Promise<T>): Promise<T> {
    return inTurn(() => operate(doing, use, true));
  }

  return {
    get info() {
      const location = path === undefined ? 'macOS keychain' : `macOS keychain ${path}`;
      return { type: 'system', persistent: true, location };
    },

    async probe() {
      const found = await probeKeychain(host);
      path = found.probe.state === 'unavailable' ? undefined : found.path;
      return found.probe;
    },

    async get(key) {
      checkKey(key);
      return operate('read from', (keyring) => keyring.get(key));
    },

    async set(key, value) {
      checkKey(key);
      checkValue(key, value, maxSystemValueBytes);
      await change('write to', (keyring) => keyring.set(key, value));
    },

    async delete(key) {
      checkKey(key);
      return change('delete from', (keyring) => keyring.delete(key));
    },

    keys: () => operate('list', (keyring) => keyring.keys()),

    async close() {},
  };
}
