import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeyringError } from '../core/errors.ts';
import type { BackendContext, Keyring, Probe } from './contract.ts';
import { syncDirectory, writeAtomically, type OnStep } from './file/atomic-write.ts';
import { createDerivation, type Derivation } from './file/derivation.ts';
import { ensureDirectory, findDirectory, listKeys, networkFileSystem } from './file/directory.ts';
import { formatItem, parseItem } from './file/item.ts';
import { createParameters, openJwe, sealJwe, type Jwe, type KeyParameters } from './file/jwe.ts';
import { passwordSource, resolvePassword } from './file/password.ts';
import {
  checkVersion,
  createState,
  ensureState,
  lockState,
  readVerifier,
  statePaths,
  sweepTemporary,
} from './file/state.ts';
import { translating } from './file/system-error.ts';
import { damaged, judgePassword, passwordWrong, readToken, type Verdict } from './file/unlock.ts';
import { checkKey, checkValue, encodeKey } from './key.ts';

const mostGenerations = 10;

/** The key and the generation of the keyring that an entry is to be written under. */
interface WritingKey {
  readonly parameters: KeyParameters;
  readonly wrappingKey: Buffer;
  readonly generation: string;
}

/**
 * A keyring of encrypted files, one a key, that Atmos and aws-vault read and write too. The password
 * is asked for when the first entry is read or written, once for the life of the keyring object.
 *
 * @param onStep called between the steps of a change; for tests that stop there
 */
export function openFileKeyring(context: BackendContext, onStep: OnStep = () => {}): Keyring {
  const { settings, host } = context;
  const location = settings.directory.value;
  const { userId } = host;
  let unlocking: Promise<Derivation> | undefined;

  /** The directory, if there is one yet and its layout is one we know. */
  function findKeyring(): string | undefined {
    const directory = findDirectory(location, userId);
    if (directory !== undefined) checkVersion(statePaths(directory), userId);
    return directory;
  }

  function derivationOf(isNew: boolean): Promise<Derivation> {
    unlocking ??= resolvePassword(context, isNew).then(createDerivation);
    // A password that could not be had is asked for again the next time.
    unlocking.catch(() => (unlocking = undefined));
    return unlocking;
  }

  async function forget(): Promise<void> {
    const held = unlocking;
    unlocking = undefined;
    if (held) await held.then((derivation) => derivation.forget(), () => {});
  }

  async function judge(directory: string | undefined): Promise<Verdict & { derivation: Derivation }> {
    const verifier = directory && readVerifier(statePaths(directory), userId);
    const isNew = directory === undefined || (verifier === undefined && listKeys(directory).length === 0);
    const derivation = await derivationOf(isNew);
    if (directory === undefined) return { kind: 'new', derivation };
    return { ...(await judgePassword({ directory, host }, verifier, derivation)), derivation };
  }

  async function wrongPassword(): Promise<KeyringError> {
    await forget();
    const source = passwordSource(context);
    return passwordWrong(location, source === 'variable' ? settings.passwordEnv.value : source);
  }

  async function unlockForWriting(): Promise<WritingKey> {
    const verdict = await judge(findKeyring());
    if (verdict.kind === 'wrong') throw await wrongPassword();
    const parameters = verdict.kind === 'right' ? verdict.parameters : createParameters();
    const wrappingKey = await verdict.derivation.wrappingKey(parameters);
    const paths = statePaths(ensureDirectory(location, userId));
    ensureState(paths, userId);
    onStep('state made');
    await sweepTemporary(paths, host);
    const generation = readVerifier(paths, userId);
    if (generation !== undefined) return { parameters, wrappingKey, generation };
    const lock = await lockState(paths, 'exclusive', host);
    onStep('state locked');
    try {
      // Of two who make the keyring at once one comes first; the other must know its password.
      if (readVerifier(paths, userId) === undefined) createState(paths, parameters, wrappingKey, onStep);
    } finally {
      lock.release();
    }
    return unlockForWriting();
  }

  async function openEntry(directory: string, key: string, token: Jwe): Promise<string> {
    const path = join(directory, encodeKey(key));
    const derivation = await derivationOf(false);
    const opened = openJwe(token, await derivation.wrappingKey(token.parameters));
    if ('failed' in opened) {
      if (opened.failed === 'content') throw damaged(path, 'its content was changed');
      const verdict = await judge(directory);
      if (verdict.kind === 'right') throw damaged(path, 'it was changed, or written under another password');
      throw await wrongPassword();
    }
    const item = parseItem(opened.plaintext);
    opened.plaintext.fill(0);
    if ('fault' in item) throw damaged(path, item.fault);
    if (item.key !== key) {
      throw new KeyringError(
        'ERR_KEYRING_FOREIGN',
        `the entry ${path} belongs to the key ${JSON.stringify(item.key)}: its file was renamed or copied`,
        { hints: ['give the file its own name back, or move it away'] },
      );
    }
    return item.value;
  }

  return {
    info: { type: 'file', persistent: true, location },

    async probe() {
      try {
        const directory = findKeyring();
        const source = passwordSource(context);
        if (source === 'none') return locked(`no password: ${settings.passwordEnv.value} is not set`);
        if (unlocking === undefined && (source === 'prompt' || source === 'command')) {
          return locked(source === 'prompt' ? 'it will ask for the password' : 'the password command has not run');
        }
        if ((await judge(directory)).kind === 'wrong') throw await wrongPassword();
        const network = directory === undefined ? undefined : networkFileSystem(directory);
        if (network === undefined) return { state: 'ready' };
        return { state: 'ready', reason: `on a network file system (${network}): locks may not reach other hosts` };
      } catch (error) {
        if (!(error instanceof KeyringError)) throw error;
        return error.code.startsWith('ERR_KEYRING_PASSWORD_')
          ? locked(error.message)
          : { state: 'unavailable', reason: error.message };
      }
    },

    async get(key) {
      checkKey(key);
      const directory = findKeyring();
      if (directory === undefined) return null;
      const token = await readToken({ directory, host }, key);
      return token === undefined ? null : openEntry(directory, key, token);
    },

    async set(key, value) {
      checkKey(key);
      checkValue(key, value);
      for (let generations = 0; generations < mostGenerations; generations++) {
        const writing = await unlockForWriting();
        const directory = ensureDirectory(location, userId);
        const paths = statePaths(directory);
        const lock = await lockState(paths, 'shared', host);
        onStep('locked');
        try {
          // The keyring may have got another password since we looked.
          if (readVerifier(paths, userId) !== writing.generation) continue;
          const existing = await readToken({ directory, host }, key);
          if (existing) await openEntry(directory, key, existing);
          onStep('checked');
          writeAtomically({
            path: join(directory, encodeKey(key)),
            text: sealJwe(formatItem({ key, value }), writing.parameters, writing.wrappingKey),
            temporaryDirectory: paths.temporary,
            onStep,
          });
          return;
        } finally {
          lock.release();
        }
      }
      throw new KeyringError('ERR_KEYRING_BUSY', `the password of the keyring ${location} keeps changing`);
    },

    async delete(key) {
      checkKey(key);
      const directory = findKeyring();
      const name = encodeKey(key);
      // By the listing, since a file system that folds case would find an entry of another key.
      if (directory === undefined || !hasEntry(directory, name)) return false;
      const paths = statePaths(directory);
      ensureState(paths, userId);
      const lock = await lockState(paths, 'shared', host);
      onStep('locked');
      try {
        if (!hasEntry(directory, name)) return false;
        translating('delete', join(directory, name), () => {
          rmSync(join(directory, name), { force: true });
          onStep('deleted');
          syncDirectory(directory);
        });
        onStep('directory synced');
        return true;
      } finally {
        lock.release();
      }
    },

    async keys() {
      const directory = findKeyring();
      return directory === undefined ? [] : listKeys(directory);
    },

    close: forget,
  };
}

function hasEntry(directory: string, name: string): boolean {
  return translating('list', directory, () => readdirSync(directory)).includes(name);
}

function locked(reason: string): Probe {
  return { state: 'locked', reason };
}
