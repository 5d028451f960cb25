import { KeyringError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { readIdentityFile, type Identities } from '../identity-file.ts';
import type { FileContext } from './settings.ts';

/**
 * Reads `spec.identity_file`.
 *
 * @throws as {@link readIdentityFile}; ERR_KEYRING_PASSWORD_REQUIRED also if it is not set
 */
export async function readIdentities({ settings, host }: FileContext): Promise<Identities> {
  const { identityFile, directory } = settings;
  if (identityFile !== undefined) return readIdentityFile(identityFile, host);
  throw new KeyringError(
    'ERR_KEYRING_PASSWORD_REQUIRED',
    `the keyring ${directory.value} has readers, and auth.keyring.spec.identity_file is not set`,
    { hints: [say('set it to the file that age-keygen -o FILE made for you')] },
  );
}
