import { KeyringError } from '../../core/errors.ts';
import type { BackendContext, Keyring, KeyringReader } from '../contract.ts';
import { checkKey, checkValue, maxSystemValueBytes } from '../key.ts';
import { useFile, useMemory } from './other-types.ts';

/** The operating system's own keyring. Loads only the code for that system. */
export async function openSystemKeyring(context: BackendContext): Promise<Keyring> {
  switch (context.host.platform) {
    case 'linux':
      return (await import('./linux/keyring.ts')).openSecretServiceKeyring(context);
    case 'darwin':
      return (await import('./macos/keyring.ts')).openKeychainKeyring(context);
    case 'win32':
      return (await import('./windows/keyring.ts')).openCredentialKeyring(context);
    default:
      return openMissingKeyring(context);
  }
}

/**
 * A collection of another program in the Secret Service, for reading. Undefined if it does not
 * exist, and on systems without Secret Service.
 *
 * @throws ERR_KEYRING_UNAVAILABLE if no service answers
 */
export async function openSystemCollection(
  context: BackendContext,
  name: string,
): Promise<KeyringReader | undefined> {
  if (context.host.platform !== 'linux') return undefined;
  return (await import('./linux/named-collection.ts')).openNamedCollection(context, name);
}

/** Fails at every call, so that nothing is silently stored in another keyring. */
function openMissingKeyring({ type, host }: BackendContext): Keyring {
  const reason = `the system keyring of ${host.platform} is not supported by this version of atmos-auth yet`;
  const unavailable = (): never => {
    throw new KeyringError(
      'ERR_KEYRING_UNAVAILABLE',
      `${reason} (type system from ${type.source})`,
      {
        hints: [useFile, useMemory],
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
