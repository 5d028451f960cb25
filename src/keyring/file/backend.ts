import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { showValue } from '../../core/json.ts';
import { randomId, removeFile, syncDirectory } from '../../host/files.ts';
import type { Probe } from '../contract.ts';
import type { FileContext } from './settings.ts';
import { checkReadKey, checkValue } from '../key.ts';
import { prepareWrite, type PreparedKeyring } from '../prepare.ts';
import type { OnStep } from './atomic-write.ts';
import { listKeys, networkFileSystem } from './directory.ts';
import { createAccess } from './encrypted-directory.ts';
import { checkEntryKey, entryName } from './entry.ts';
import { passwordSource } from './password.ts';
import { lockSettled } from './rekey-recover.ts';
import { ensureState, isCommitted, statePaths, type StatePaths } from './state.ts';
import { translateSystemError, translating } from './system-error.ts';
import { createEntryWriter } from './write-entry.ts';

/**
 * A keyring of encrypted files, one for each entry, in the format of Atmos and aws-vault. Asks for
 * the password at the first read or write, once for the lifetime of the keyring object.
 *
 * @param onStep called between the steps of a change; tests stop there
 */
export function openFileKeyring(context: FileContext, onStep: OnStep = () => {}): PreparedKeyring {
  const { settings, host } = context;
  const location = settings.directory.value;
  const access = createAccess(context);
  const writeEntry = createEntryWriter(context, access, onStep);

  async function look(): Promise<Probe> {
    const directory = access.find();
    if (directory !== undefined && isCommitted(statePaths(directory))) {
      return locked(
        'a change of its password was interrupted; the next read or write completes it',
      );
    }
    const source = passwordSource(context);
    if (source === 'none')
      return locked(
        `no password: neither ${showValue(settings.passwordEnv)} nor ATMOS_KEYRING_PASSWORD_FILE is set`,
      );
    if (!access.isUnlocked() && (source === 'prompt' || source === 'command')) {
      return locked(
        source === 'prompt'
          ? 'the next use prompts for the password'
          : 'the password command has not been run yet',
      );
    }
    const { kind } = await access.judge(directory, access.verifierOf(directory));
    if (kind === 'wrong') throw access.wrongPassword();
    const network = directory === undefined ? undefined : networkFileSystem(directory);
    if (network === undefined) return { state: 'ready' };
    return {
      state: 'ready',
      reason: `on a network file system (${network}): locks may not reach other hosts`,
    };
  }

  return {
    info: { type: 'file', persistent: true, location },

    async probe() {
      try {
        return await look();
      } catch (error) {
        if (!(error instanceof KeyringError)) throw error;
        return error.code.startsWith('ERR_KEYRING_PASSWORD_')
          ? locked(error.message)
          : { state: 'unavailable', reason: error.message };
      }
    },

    async [prepareWrite]() {
      if (passwordSource(context) !== 'prompt') return;
      const directory = access.find();
      const { kind } = await access.judge(directory, access.verifierOf(directory));
      if (kind === 'wrong') throw access.wrongPassword();
    },

    async get(key) {
      checkReadKey(key);
      const directory = access.find();
      return directory === undefined ? null : access.read(directory, key);
    },

    async set(key, value) {
      checkEntryKey(key, host);
      checkValue(key, value);
      await writeEntry({ key, value });
    },

    async delete(key) {
      checkReadKey(key);
      const directory = access.find();
      const name = entryName(key, host);
      // Searches the listing, since a case-insensitive file system would find another entry.
      if (directory === undefined || !hasEntry(directory, name)) return false;
      const paths = statePaths(directory);
      ensureState(paths, host.userId);
      const lock = await lockSettled(directory, 'shared', host);
      onStep('locked');
      try {
        if (!hasEntry(directory, name) || !remove(paths, join(directory, name))) return false;
        onStep('deleted');
        translating('delete', join(directory, name), () => syncDirectory(directory));
        onStep('directory synced');
        return true;
      } finally {
        lock.release();
      }
    },

    async keys() {
      const directory = access.find();
      return directory === undefined ? [] : listKeys(directory, host);
    },

    async close() {
      access.forget();
    },
  };
}

function hasEntry(directory: string, name: string): boolean {
  return translating('list', directory, () => readdirSync(directory)).includes(name);
}

/** False if another process removed the file first. */
function remove({ temporary }: StatePaths, path: string): boolean {
  try {
    removeFile(path, join(temporary, randomId()));
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw translateSystemError('delete', path, error);
  }
}

function locked(reason: string): Probe {
  return { state: 'locked', reason };
}
