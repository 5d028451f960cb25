import { KeyringError } from '../../core/errors.ts';
import { removeFile, run, say, type Hint } from '../../core/hint.ts';
import { showValue } from '../../core/json.ts';
import type { Identities } from '../identity-file.ts';
import { readEntryFile } from './entry.ts';
import { readIdentities } from './identity-file.ts';
import { acceptHint, acceptSecret, comparePin, pinPath, readPin, type Pin } from './secret-pin.ts';
import type { FileContext } from './settings.ts';
import { fingerprintOf, parseSharedSecret, type SharedSecret } from './shared-secret.ts';
import { statePaths } from './state.ts';

/** The opened `.state/secret.age`, whether or not this machine accepts it. */
export interface OpenedSecret {
  readonly shared: SharedSecret;
  readonly fingerprint: string;
  /** The text of the file, to see whether it changed since. */
  readonly text: string;
  readonly own: Identities;
  /** For how many public keys the file is encrypted. */
  readonly wrappedFor: number;
}

/**
 * Opens `.state/secret.age` with the person's identity. Undefined if it does not exist.
 *
 * @throws ERR_KEYRING_PASSWORD_REQUIRED for the identity file; ERR_KEYRING_PASSWORD_WRONG for an
 *   identity that is not a reader, _FOREIGN for one that was; ERR_KEYRING_DAMAGED, _VERSION, _PERMISSIONS, _IO for the file
 */
export async function openSecret(
  context: FileContext,
  directory: string,
): Promise<OpenedSecret | undefined> {
  const path = statePaths(directory).secret;
  const text = readEntryFile(path, context.host.userId);
  if (text === undefined) return undefined;
  const own = await readIdentities(context);
  const { countRecipients, decryptWith } = await import('../age.ts');
  const opened = await decryptWith(own.identities, text);
  if ('failed' in opened) {
    throw opened.failed === 'identity' ? notReader(context, own) : damagedSecret(path);
  }
  const shared = parseSharedSecret(opened.text);
  if (shared === undefined) throw damagedSecret(path);
  if ('newer' in shared) {
    throw new KeyringError(
      'ERR_KEYRING_VERSION',
      `${path} has version ${shared.newer}; this atmos-auth supports version 1`,
      { hints: [run(['npm', 'install', '--global', 'atmos-auth@latest'])] },
    );
  }
  return {
    shared,
    fingerprint: fingerprintOf(shared.secret),
    text,
    own,
    wrappedFor: countRecipients(text),
  };
}

/** A machine that had a reader's key says so: the reader was removed, or the file was replaced. */
function notReader(context: FileContext, { file, recipients }: Identities): KeyringError {
  const location = context.settings.directory.value;
  const known = readPin(context)?.readers ?? [];
  const lost = recipients.find((recipient) => known.includes(recipient));
  if (lost !== undefined) {
    return new KeyringError(
      'ERR_KEYRING_FOREIGN',
      `${lost} was removed from the readers of the keyring ${location}, or ${statePaths(location).secret} was replaced`,
      { hints: [say('ask another reader to run keyring recipients list')] },
    );
  }
  const [own = ''] = recipients;
  return new KeyringError(
    'ERR_KEYRING_PASSWORD_WRONG',
    `the identity file ${showValue(file)} (from ${file.source}) does not open the keyring ${location}: ${own} is not one of its readers`,
    {
      hints: [run(['atmos', 'auth', 'keyring', 'recipients', 'add', own], 'a reader can add you')],
    },
  );
}

function damagedSecret(path: string): KeyringError {
  return new KeyringError('ERR_KEYRING_DAMAGED', `the wrapped secret ${path} is damaged`, {
    hints: [say(`restore ${path} from a backup or from another machine`)],
  });
}

/**
 * Requires that this machine accepts the secret, and warns once when another reader has changed the
 * list of readers.
 *
 * @throws ERR_KEYRING_FOREIGN for a secret that was not accepted; ERR_KEYRING_DAMAGED for one that
 *   was replaced, and for a list of readers that was replaced
 */
export function requireAccepted(context: FileContext, opened: OpenedSecret): void {
  const { shared, fingerprint } = opened;
  const location = context.settings.directory.value;
  const pin = readPin(context);
  const state = comparePin(pin, shared);
  if (state === 'accepted' || state === 'readers-changed') reportHiddenReaders(context, opened);
  if (state === 'accepted') return;
  if (state === 'readers-changed') {
    reportReaders(context, shared, pin);
    return;
  }
  refuseOlder(context, shared, pin);
  const hints = [acceptHint('to see its readers and to accept it on this machine')];
  throw new KeyringError(
    'ERR_KEYRING_FOREIGN',
    pin === undefined
      ? `the keyring ${location} was not accepted on this machine; the fingerprint of its secret is ${fingerprint}`
      : `the secret of the keyring ${location} was changed on another machine and not accepted on this one; its fingerprint is ${fingerprint}, before it was ${pin.fingerprint}`,
    { hints },
  );
}

/**
 * Warns of a file that is encrypted for more or fewer keys than its list has readers. Only a reader can
 * have written it, and a reader could pass the secret on in any case, so it is no error. A key that
 * was exchanged for another one is not found: the file does not contain the keys.
 */
export function reportHiddenReaders(
  { settings, warn }: FileContext,
  { shared, wrappedFor }: OpenedSecret,
): void {
  const { length } = shared.readers;
  if (wrappedFor === length) return;
  const location = settings.directory.value;
  warn?.(
    `${statePaths(location).secret} is encrypted for ${wrappedFor} keys, but its list has ${length} readers: one of them has written it in another way than keyring recipients does`,
    [
      say(
        'find out who wrote it, then remove a reader and add them again: this changes the secret, and encrypts it for the readers of the list only',
      ),
    ],
  );
}

/** @throws ERR_KEYRING_DAMAGED for a state that another one has replaced, as this machine knows */
export function refuseOlder(
  context: FileContext,
  shared: SharedSecret,
  pin: Pin | undefined,
): void {
  const state = comparePin(pin, shared);
  if (pin === undefined || (state !== 'older-secret' && state !== 'older-readers')) return;
  const location = context.settings.directory.value;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    state === 'older-secret'
      ? `an older state of the keyring ${location} was put back: its secret ${fingerprintOf(shared.secret)} was replaced by ${pin.fingerprint}`
      : `an older list of readers of the keyring ${location} was put back: revision ${shared.revision}, and this machine has seen revision ${pin.revision}`,
    { hints: restoreHints(context) },
  );
}

function restoreHints(context: FileContext): Hint[] {
  return [
    say('restore .state/secret.age and the entries from another machine or a newer backup'),
    removeFile(pinPath(context), 'only if you have put the older state back yourself'),
  ];
}

/** A failure to record the list is no error: the next command warns again. */
function reportReaders(context: FileContext, shared: SharedSecret, pin: Pin | undefined): void {
  const { added, removed } = compareReaders(pin?.readers ?? [], shared.readers);
  const changes = [
    ...(added.length === 0 ? [] : [`added ${added.join(', ')}`]),
    ...(removed.length === 0 ? [] : [`removed ${removed.join(', ')}`]),
  ];
  if (changes.length > 0 && !isOwnChange(shared, pin)) {
    context.warn?.(
      `the readers of the keyring ${context.settings.directory.value} were changed by another reader: ${changes.join('; ')}`,
      [run(['atmos', 'auth', 'keyring', 'recipients', 'list'])],
    );
  }
  try {
    acceptSecret(context, shared, pin);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
  }
}

/** Whether the list is the one that this machine has set before it was interrupted. */
function isOwnChange({ secret, revision }: SharedSecret, pin: Pin | undefined): boolean {
  return pin?.next === fingerprintOf(secret) && revision === pin.revision + 1;
}

export function compareReaders(
  before: readonly string[],
  now: readonly string[],
): { added: readonly string[]; removed: readonly string[] } {
  return {
    added: now.filter((reader) => !before.includes(reader)),
    removed: before.filter((reader) => !now.includes(reader)),
  };
}
