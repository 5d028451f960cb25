import { AtmosError, KeyringError } from '../../core/errors.ts';
import { removeFile, run, say } from '../../core/hint.ts';
import { checkRecipients } from '../check-recipients.ts';
import type { Identities } from '../identity-file.ts';
import { writeAtomically, type OnStep } from './atomic-write.ts';
import { findDirectory } from './directory.ts';
import { readIdentities } from './identity-file.ts';
import { openSecret, requireAccepted } from './open-secret.ts';
import { acceptSecret, pinPath, readPin } from './secret-pin.ts';
import type { FileContext } from './settings.ts';
import { createSecret, wrapSecret } from './shared-secret.ts';
import { readVerifier, statePaths } from './state.ts';

/**
 * The secret of a keyring with readers, as its password. For a new keyring it is random, and
 * {@link keepNewSecret} stores it with the first entry.
 *
 * @param isNew whether the directory has neither a verifier nor our own entries
 * @throws as {@link openSecret} and {@link requireAccepted}; ERR_KEYRING_DAMAGED if the wrapped secret
 *   of an accepted keyring is missing; ERR_KEYRING_FOREIGN for a keyring with a password;
 *   ERR_KEYRING_PASSWORD_REQUIRED, ERR_CONFIG_INVALID if no keyring can be created
 */
export async function resolveSecret(context: FileContext, isNew: boolean): Promise<Buffer> {
  const { settings, host } = context;
  const location = settings.directory.value;
  const directory = findDirectory(location, host.userId);
  const opened = directory === undefined ? undefined : await openSecret(context, directory);
  if (opened !== undefined) {
    requireAccepted(context, opened);
    return Buffer.from(opened.shared.secret);
  }
  if (readPin(context) !== undefined) throw missingSecret(context);
  if (!isNew) throw hasPassword(location);
  await readersOfNew(context);
  return Buffer.from(createSecret());
}

/** Of a keyring that this machine has accepted. */
export function missingSecret(context: FileContext): KeyringError {
  const location = context.settings.directory.value;
  return new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the wrapped secret of the keyring ${location} is missing: ${statePaths(location).secret}`,
    {
      hints: [
        say('restore it from a backup or from another machine'),
        removeFile(pinPath(context), 'only if you have deleted the keyring yourself'),
      ],
    },
  );
}

function hasPassword(location: string): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_FOREIGN',
    `the keyring ${location} has a password and no readers, but auth.keyring.spec names recipients or an identity file`,
    {
      hints: [
        say(
          'name another directory in auth.keyring.spec.path, which becomes a keyring with readers',
        ),
        run(
          ['atmos', 'auth', 'keyring', 'import', '--from', 'atmos-file', '--path', location],
          'then to copy the access keys, with the password in ATMOS_KEYRING_IMPORT_PASSWORD',
        ),
      ],
    },
  );
}

/** The readers of a keyring that is created now. @throws ERR_CONFIG_INVALID, ERR_KEYRING_PASSWORD_REQUIRED */
async function readersOfNew(
  context: FileContext,
): Promise<{ readonly readers: readonly string[]; readonly own: Identities }> {
  const { recipients, directory } = context.settings;
  const own = await readIdentities(context);
  if (recipients === undefined) {
    throw new KeyringError(
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the keyring ${directory.value} does not exist yet, and auth.keyring.spec.recipients does not say who can read it`,
      { hints: [say(`list the readers there, you included: ${own.recipients.join(', ')}`)] },
    );
  }
  const readers = await checkRecipients(recipients.value, recipients.source);
  if (!own.recipients.some((recipient) => readers.includes(recipient))) {
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `the recipients (from ${recipients.source}) do not include your own, so you could not read the keyring ${directory.value}`,
      { hints: [say(`add ${own.recipients.join(' or ')} to auth.keyring.spec.recipients`)] },
    );
  }
  return { readers, own };
}

/**
 * Stores the secret of a new keyring for the configured recipients, and accepts it on this machine.
 * The caller holds the exclusive lock.
 *
 * @returns false if another process has created the keyring since, with another secret or a password
 */
export async function keepNewSecret(
  context: FileContext,
  directory: string,
  secret: Buffer,
  onStep: OnStep,
): Promise<boolean> {
  const existing = await openSecret(context, directory);
  if (existing !== undefined) return Buffer.from(existing.shared.secret).equals(secret);
  const paths = statePaths(directory);
  if (readVerifier(paths, context.host.userId) !== undefined) return false;
  const { readers, own } = await readersOfNew(context);
  const shared = { secret: secret.toString(), revision: 1, readers, earlier: [] };
  const text = await wrapSecret(shared, own);
  writeAtomically({
    path: paths.secret,
    text,
    temporaryDirectory: paths.temporary,
    exclusive: true,
    onStep,
  });
  acceptSecret(context, shared, undefined);
  onStep('secret accepted');
  return true;
}
