import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import { textOf, type Spec, type SpecText, type SpecValue } from '../../core/keyring-spec.ts';
import { hasRecipientForm, notRecipient } from '../recipient.ts';

// The settings of a file keyring with readers, whom a random secret is encrypted for.

export interface ReaderSettings {
  /** Who can read a new keyring: public keys of age, whose checksums are not checked yet. */
  readonly recipients?: SpecValue<readonly string[]>;
  /** The person's identity of age. Absolute. */
  readonly identityFile?: SpecText;
}

/** Whether the keyring has readers, who share a secret, instead of a password. */
export function hasReaders({ recipients, identityFile }: ReaderSettings): boolean {
  return recipients !== undefined || identityFile !== undefined;
}

/**
 * @param absolute makes a path absolute
 * @throws ERR_CONFIG_INVALID for a recipient that is no public key of age, and for a password beside them
 */
export function settleReaders(said: Spec, absolute: (path: SpecText) => SpecText): ReaderSettings {
  const recipients = recipientsOf(said);
  const identityFile = textOf(said, 'identity_file');
  const readers = recipients ?? identityFile;
  if (readers !== undefined) refusePassword(said, readers.source);
  return withoutAbsent({ recipients, identityFile: identityFile && absolute(identityFile) });
}

function recipientsOf(said: Spec): SpecValue<readonly string[]> | undefined {
  const listed = said['recipients'];
  if (listed === undefined) return undefined;
  const { source, tag, path } = listed;
  const value = [listed.value].flat().map(String);
  for (const recipient of value) {
    if (!hasRecipientForm(recipient)) throw notRecipient({ value: recipient, source, tag });
  }
  if (value.length > 0) return withoutAbsent({ value, source, tag, path });
  throw new AtmosError('ERR_CONFIG_INVALID', `the list of recipients (from ${source}) is empty`, {
    hints: [say('list the public keys of age of those who can read the keyring, yours included')],
  });
}

/** A keyring has either a password or readers. The default variable is only not read. */
function refusePassword(said: Spec, readersSource: string): void {
  for (const key of ['password_env', 'password_file', 'password_command']) {
    const password = said[key];
    if (password === undefined || password.source === 'default') continue;
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `the file keyring has readers (from ${readersSource}), so it has no password, but ${password.source} says where a password is`,
      { hints: [say(`remove ${password.source}, or recipients and identity_file`)] },
    );
  }
}

/**
 * Whether the keyring at a directory has readers, whatever the settings say. False also if it cannot be
 * seen.
 */
export function isForReaders(directory: string): boolean {
  return existsSync(secretPath(directory));
}

/** Where a keyring with readers has its secret, encrypted for them. */
export function secretPath(directory: string): string {
  return join(directory, '.state', 'secret.age');
}
