import { AtmosError, KeyringError, systemErrorCode } from '../core/errors.ts';
import { placeholder, run, say, setVariable, typed, type Hint } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { reasonOf } from '../host/denial.ts';
import type { Host } from '../host/host.ts';
import { irregularKindAt, readRegularFile } from '../host/read-files.ts';
import type { KeyringReader } from '../keyring/contract.ts';
import { readIdentityFile } from '../keyring/identity-file.ts';
import { formatArchive, parseArchive, type Archive } from '../store/archive.ts';

/** The variable with the passphrase of an archive that is written or read. */
export const archivePassphraseVariable = 'ATMOS_KEYRING_ARCHIVE_PASSPHRASE';

const maxBytes = 64 * 1024 * 1024;
const firstLine = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Who can open an archive: the owners of public keys of age, or who knows the passphrase. */
export type ArchiveLock =
  | { readonly recipients: readonly string[] }
  | { readonly passphrase: string };

/** What opens an archive. Only what the archive needs is called. */
export interface ArchiveKeys {
  passphrase(): Promise<Sourced<string>>;
  /** A file with identities of age. Its path is absolute. */
  identityFile(): Sourced<string>;
}

/**
 * Encrypts an archive as the tool age does. With a passphrase, the result is decrypted again and
 * compared; for recipients only they can do that.
 *
 * @throws ERR_KEYRING_TOO_LARGE for an archive that could not be read again
 */
export async function sealArchive(archive: Archive, lock: ArchiveLock): Promise<string> {
  const age = await import('../keyring/age.ts');
  const text = formatArchive(archive);
  const sealed =
    'recipients' in lock
      ? await age.encryptFor(lock.recipients, text)
      : await age.encryptWithPassphrase(lock.passphrase, text);
  if (sealed.length > maxBytes) {
    throw new KeyringError(
      'ERR_KEYRING_TOO_LARGE',
      `the archive of the keyring ${archive.keyring.location} would have ${sealed.length} bytes, and at most ${maxBytes} can be read`,
    );
  }
  const opened =
    'recipients' in lock ? { text } : await age.decryptWithPassphrase(lock.passphrase, sealed);
  if ('text' in opened && opened.text === text && parseArchive(text) !== undefined) return sealed;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the archive of the keyring ${archive.keyring.location} could not be read again, so it was not written`,
  );
}

/**
 * Opens an archive completely or not at all.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE if it does not exist or is not a regular file; ERR_IO; ERR_KEYRING_PASSWORD_WRONG, _DAMAGED, _VERSION;
 *   errors of the passphrase and of the identity file
 */
export async function openArchive(
  file: Sourced<string>,
  keys: ArchiveKeys,
  host: Pick<Host, 'monotonicMs' | 'sleep'>,
): Promise<KeyringReader> {
  const named = `the archive ${file.value} (from ${file.source})`;
  const sealed = readSealed(file, named);
  const opened = parseArchive(await decrypt(sealed, named, keys, host));
  if (opened === undefined) throw damaged(`${named} has no entries of a keyring in it`);
  if ('newer' in opened) {
    throw new KeyringError(
      'ERR_KEYRING_VERSION',
      `${named} has version ${opened.newer}; this atmos-auth supports version 1`,
      { hints: [run(['npm', 'install', '--global', 'atmos-auth@latest'])] },
    );
  }
  const { entries } = opened;
  return {
    info: { type: 'archive', persistent: true, location: file.value },
    keys: async () => [...entries.keys()],
    get: async (key) => entries.get(key) ?? null,
    close: async () => {},
  };
}

function readSealed(file: Sourced<string>, named: string): string {
  const text = readText(file, named);
  if (text.startsWith(firstLine)) return text;
  throw damaged(
    `${named} is not a file that keyring export has written: it does not begin with ${firstLine}`,
  );
}

function readText({ value: path }: Sourced<string>, named: string): string {
  try {
    const text = readRegularFile(path, { maxBytes });
    if (text !== undefined) return text;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT') throw otherFile(`${named} does not exist`);
    throw new AtmosError('ERR_IO', `${named} cannot be read: ${reasonOf(code, path)}`);
  }
  const kind = irregularKindAt(path);
  if (kind !== undefined) throw otherFile(`${named} is ${kind}`);
  throw damaged(`${named} is larger than ${maxBytes / 1024 / 1024} MiB`);
}

function otherFile(message: string): AtmosError {
  const command = ['atmos', 'auth', 'keyring', 'import', '--from', 'archive'];
  return new AtmosError('ERR_USAGE', message, {
    hints: [run([...command, '--path', placeholder('file')])],
  });
}

async function decrypt(
  sealed: string,
  named: string,
  keys: ArchiveKeys,
  host: Pick<Host, 'monotonicMs' | 'sleep'>,
): Promise<string> {
  const age = await import('../keyring/age.ts');
  const workFactor = age.workFactorOf(sealed);
  if (workFactor !== undefined && workFactor > age.maxWorkFactor) {
    throw damaged(
      `${named} has the scrypt work factor ${workFactor}, and at most ${age.maxWorkFactor} is supported`,
    );
  }
  if (age.countRecipients(sealed) > age.maxRecipients) {
    throw damaged(`${named} is encrypted for more than ${age.maxRecipients} recipients`);
  }
  if (workFactor !== undefined) {
    const { value, source } = await keys.passphrase();
    const opened = await age.decryptWithPassphrase(value, sealed);
    if ('text' in opened) return opened.text;
    if (opened.failed === 'content') throw damaged(`${named} is damaged`);
    throw wrong(`the passphrase (from ${source}) does not open ${named}`, [
      setVariable(archivePassphraseVariable, typed),
    ]);
  }
  const { identities, file, recipients } = await readIdentityFile(keys.identityFile(), host);
  const opened = await age.decryptWith(identities, sealed);
  if ('text' in opened) return opened.text;
  if (opened.failed === 'content') throw damaged(`${named} is damaged`);
  throw wrong(
    `the identity file ${file.value} (from ${file.source}) does not open ${named}: it was not encrypted for ${recipients.join(', ')}`,
    [say('name the identity file of a recipient: --identity-file FILE')],
  );
}

function damaged(message: string): KeyringError {
  return new KeyringError('ERR_KEYRING_DAMAGED', message, {
    hints: [say('use another copy of the archive, or export it again')],
  });
}

function wrong(message: string, hints: readonly Hint[]): KeyringError {
  return new KeyringError('ERR_KEYRING_PASSWORD_WRONG', message, { hints });
}
