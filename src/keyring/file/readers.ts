import { AtmosError, KeyringError } from '../../core/errors.ts';
import { placeholder, run, say } from '../../core/hint.ts';
import { hasSecretKey } from '../../core/printable.ts';
import type { KeyringReaders, ReadersChange, ReadersControl } from '../contract.ts';
import { checkRecipients } from '../check-recipients.ts';
import { fileStarter } from './agent-backend.ts';
import { writeAtomically, type OnStep } from './atomic-write.ts';
import { findDirectory } from './directory.ts';
import { createAccess } from './encrypted-directory.ts';
import { readEntryFile } from './entry.ts';
import {
  compareReaders,
  openSecret,
  refuseOlder,
  reportHiddenReaders,
  requireAccepted,
} from './open-secret.ts';
import type { OpenedSecret } from './open-secret.ts';
import { missingSecret } from './resolve-secret.ts';
import { rekeyKeyring } from './rekey.ts';
import { lockSettled, settle } from './rekey-recover.ts';
import { acceptSecret, comparePin, readPin, writePin } from './secret-pin.ts';
import type { FileContext, FileSettings } from './settings.ts';
import {
  createSecret,
  fingerprintOf,
  maxRevision,
  type SharedSecret,
  wrapSecret,
} from './shared-secret.ts';
import { ensureState, statePaths } from './state.ts';

const command = ['atmos', 'auth', 'keyring', 'recipients'];
const source = 'the command line';

interface OpenedKeyring extends OpenedSecret {
  readonly directory: string;
}

/** The readers of a file keyring: the commands of `keyring recipients`. */
export const fileReaders: ReadersControl<FileSettings> = createReaders();

/** @param onStep called between the steps of a change; tests stop there */
export function createReaders(onStep: OnStep = () => {}): ReadersControl<FileSettings> {
  return {
    async list(context) {
      const opened = await openAccepted(context);
      return readersOf(opened, opened.shared);
    },

    async add(context, recipients) {
      const valid = await checkRecipients(recipients, source);
      const opened = await openAccepted(context, onStep);
      const { shared } = opened;
      const added = valid.filter((one) => !shared.readers.includes(one));
      if (added.length === 0) return { ...readersOf(opened, shared), added };
      if (shared.revision === maxRevision) throw lastRevision(context);
      const readers = [...shared.readers, ...added].sort();
      const changed = { ...shared, revision: shared.revision + 1, readers };
      await replaceSecret(context, opened, await wrapSecret(changed, opened.own), onStep);
      acceptSecret(context, changed, readPin(context), onStep);
      return { ...readersOf(opened, changed), added };
    },

    async remove(context, recipient, options) {
      const opened = await openAccepted(context, onStep);
      const { shared, fingerprint, text: from } = opened;
      const readers = readersWithout(context, shared, recipient);
      const changed: SharedSecret = {
        secret: createSecret(),
        // The revisions of another secret are compared with nothing, so they may start again.
        revision: shared.revision === maxRevision ? 1 : shared.revision + 1,
        readers,
        earlier: [...shared.earlier, fingerprint],
      };
      const to = await wrapSecret(changed, opened.own);
      announce(context, changed, onStep);
      const result = await rekeyKeyring(
        { ...context, heldPassword: () => Buffer.from(shared.secret) },
        {
          ...options,
          newPassword: { ask: async () => changed.secret },
          wrappedSecret: { from, to },
          onStep,
        },
      );
      if (result.outcome === 'finished') throw changedMeanwhile(context);
      // Without entries there is nothing to re-encrypt, and the verifier may be missing.
      if (result.outcome === 'none') await replaceSecret(context, opened, to, onStep);
      acceptSecret(context, changed, readPin(context), onStep);
      const { entries, unreadable, left } = result;
      return { ...readersOf(opened, changed), entries, unreadable, left };
    },

    async look(context) {
      const opened = await openMatching(context);
      reportHiddenReaders(context, opened);
      return changeOf(context, opened);
    },

    async accept(context, fingerprint) {
      const opened = await openMatching(context, onStep);
      if (opened.fingerprint !== fingerprint.toLowerCase()) {
        throw new KeyringError(
          'ERR_KEYRING_FOREIGN',
          `the fingerprint of the secret of the keyring ${context.settings.directory.value} is ${opened.fingerprint}, not the given one`,
          { hints: [say('ask a reader for the fingerprint: do not take it from this directory')] },
        );
      }
      const change = changeOf(context, opened);
      acceptSecret(context, opened.shared, readPin(context), onStep);
      return change;
    },
  };
}

/** The password that other programs need. @throws ERR_KEYRING_UNAVAILABLE for a keyring without entries */
export async function revealPassword(context: FileContext): Promise<string> {
  const { secret, isNew } = await fileStarter.proveSecret(context);
  const text = secret.toString();
  secret.fill(0);
  if (!isNew) return text;
  throw new KeyringError(
    'ERR_KEYRING_UNAVAILABLE',
    `the keyring ${context.settings.directory.value} does not exist yet: the first stored entry creates it`,
  );
}

/** Opens the wrapped secret after completing an interrupted change. It may not be accepted yet. */
async function openAny(context: FileContext, onStep?: OnStep): Promise<OpenedKeyring> {
  const { settings, host } = context;
  const location = settings.directory.value;
  const directory = findDirectory(location, host.userId);
  if (directory !== undefined) await settle(directory, host, onStep);
  const opened = directory === undefined ? undefined : await openSecret(context, directory);
  if (opened !== undefined && directory !== undefined) return { ...opened, directory };
  if (readPin(context) !== undefined) throw missingSecret(context);
  throw new AtmosError('ERR_USAGE', `the keyring ${location} has no readers`, {
    hints: [
      say(
        'a keyring with readers is created with its first entry: set auth.keyring.spec.recipients and identity_file',
      ),
    ],
  });
}

async function openAccepted(context: FileContext, onStep?: OnStep): Promise<OpenedKeyring> {
  const opened = await openAny(context, onStep);
  requireAccepted(context, opened);
  return opened;
}

/** Checks that the secret belongs to the entries: a person is not asked about any other. */
async function openMatching(context: FileContext, onStep?: OnStep): Promise<OpenedKeyring> {
  const opened = await openAny(context, onStep);
  const { shared, directory } = opened;
  refuseOlder(context, shared, readPin(context));
  const access = createAccess({ ...context, heldPassword: () => Buffer.from(shared.secret) });
  try {
    const { kind } = await access.judge(directory, access.verifierOf(directory));
    if (kind !== 'wrong') return opened;
  } finally {
    access.forget();
  }
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the secret ${opened.fingerprint} does not open the entries of the keyring ${context.settings.directory.value}: it was replaced, or the directory is not synchronized yet`,
    { hints: [say('restore .state/secret.age from a backup or from another machine')] },
  );
}

function readersOf({ own }: OpenedKeyring, { secret, readers }: SharedSecret): KeyringReaders {
  return { fingerprint: fingerprintOf(secret), readers, own: own.recipients };
}

function changeOf(context: FileContext, opened: OpenedKeyring): ReadersChange {
  const pin = readPin(context);
  const state = comparePin(pin, opened.shared);
  return {
    ...readersOf(opened, opened.shared),
    isAccepted: state === 'accepted' || state === 'readers-changed',
    before: pin?.fingerprint,
    ...compareReaders(pin?.readers ?? [], opened.shared.readers),
  };
}

/** @throws ERR_USAGE */
function readersWithout(
  { settings }: FileContext,
  { readers }: SharedSecret,
  recipient: string,
): readonly string[] {
  const left = readers.filter((reader) => reader !== recipient);
  const location = settings.directory.value;
  if (left.length === readers.length) {
    const shown = hasSecretKey(recipient) ? 'a secret key' : JSON.stringify(recipient);
    throw new AtmosError('ERR_USAGE', `${shown} is not a reader of the keyring ${location}`, {
      hints: [run([...command, 'list'])],
    });
  }
  if (left.length > 0) return left;
  throw new AtmosError(
    'ERR_USAGE',
    `${recipient} is the last reader of the keyring ${location}: no one could read it`,
    { hints: [run([...command, 'add', placeholder('recipient')], 'first')] },
  );
}

/** Accepts the secret in advance, because the change is completed even if this process is killed. */
function announce(context: FileContext, { secret }: SharedSecret, onStep: OnStep): void {
  const pin = readPin(context);
  if (pin !== undefined) writePin(context, { ...pin, next: fingerprintOf(secret) }, onStep);
}

/** @throws ERR_KEYRING_BUSY if another process has changed it since it was opened */
async function replaceSecret(
  { host, settings }: FileContext,
  { directory, text: from }: OpenedKeyring,
  to: string,
  onStep: OnStep,
): Promise<void> {
  const paths = statePaths(directory);
  ensureState(paths, host.userId);
  const lock = await lockSettled(directory, 'exclusive', host, onStep);
  onStep('locked');
  try {
    if (readEntryFile(paths.secret, host.userId) === from) {
      writeAtomically({
        path: paths.secret,
        text: to,
        temporaryDirectory: paths.temporary,
        onStep,
      });
      return;
    }
  } finally {
    lock.release();
  }
  throw changedMeanwhile({ settings });
}

/** A reader who writes such a list cannot keep the others from changing the secret. */
function lastRevision({ settings }: FileContext): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_TOO_LARGE',
    `the list of readers of the keyring ${settings.directory.value} has the revision ${maxRevision}, the last one of its secret`,
    {
      hints: [
        run(
          [...command, 'remove', placeholder('recipient')],
          'changes the secret, which starts again at 1',
        ),
      ],
    },
  );
}

function changedMeanwhile({ settings }: Pick<FileContext, 'settings'>): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_BUSY',
    `the readers of the keyring ${settings.directory.value} were changed by another process at the same time`,
    { hints: [run([...command, 'list'])] },
  );
}
