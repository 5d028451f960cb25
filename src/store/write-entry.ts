import { KeyringError } from '../core/errors.ts';
import { run } from '../core/hint.ts';
import type { Keyring } from '../keyring/contract.ts';

/** Writes an entry and reads it back. @throws ERR_KEYRING_IO if it has changed, and the keyring's errors */
export async function writeEntry(keyring: Keyring, key: string, text: string): Promise<void> {
  await keyring.set(key, text);
  if ((await keyring.get(key)) === text) return;
  throw new KeyringError(
    'ERR_KEYRING_IO',
    `the entry ${key} does not contain the value that was stored in it`,
    { hints: [run(['atmos', 'auth', 'keyring', 'status'])] },
  );
}
