import { closeSync, writeFileSync } from 'node:fs';
import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyringErrorCode } from '../../src/core/errors.ts';
import { createPrivateFile, makePrivateDirectories } from '../../src/host/files.ts';
import { realHost } from '../../src/host/real.ts';
import { lockState, statePaths } from '../../src/keyring/file/state.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { openTestKeyring, type FileKeyringOptions } from '../support/file-keyring.ts';
import type { KeyringFailure } from './index.ts';

/** Needs a file system without locks, which a test cannot provide. */
export const unprovoked: readonly KeyringErrorCode[] = ['ERR_KEYRING_UNAVAILABLE'];
/** Errors that a file keyring never throws. */
export const notOfFiles: readonly KeyringErrorCode[] = [
  'ERR_KEYRING_LOCKED',
  'ERR_KEYRING_UNKNOWN_TYPE',
];

/** Every error of the file keyring, except those for entry names and values. */
export const fileFailures: readonly KeyringFailure[] = [
  failure('ERR_KEYRING_PASSWORD_REQUIRED', 'when there is no password', (directory) =>
    openTestKeyring({ directory, password: null }).set('key', 'value'),
  ),
  failure('ERR_KEYRING_PASSWORD_REQUIRED', 'when the variable is empty', (directory) =>
    openTestKeyring({ directory, password: '' }).set('key', 'value'),
  ),
  failure('ERR_KEYRING_PASSWORD_TOO_SHORT', 'when a new password is short', (directory) =>
    openTestKeyring({ directory, password: '1234567' }).set('key', 'value'),
  ),
  failure('ERR_KEYRING_PASSWORD_WRONG', 'when the password is another', async (directory) => {
    await openTestKeyring({ directory }).set('key', 'value');
    return openTestKeyring({ directory, password: 'not the password' }).get('key');
  }),
  failure('ERR_KEYRING_TIMEOUT', 'when the password command does not end', (directory) => {
    const { runShell } = realHost();
    const passwordCommand = { value: 'exec sleep 60', source: 'options.passwordCommand' };
    return openTestKeyring({
      directory,
      password: null,
      settings: { passwordCommand },
      host: { runShell: (command, options) => runShell(command, { ...options, timeoutMs: 20 }) },
    }).set('key', 'value');
  }),
  failure('ERR_KEYRING_BUSY', 'when another process holds the lock', async (directory) => {
    await openTestKeyring({ directory }).set('key', 'value');
    const lock = await lockState(statePaths(directory), 'exclusive', realHost());
    const keyring = openTestKeyring({ directory, host: fastClock() });
    return keyring.set('key', 'new value').finally(() => lock.release());
  }),
  failure('ERR_KEYRING_DAMAGED', 'when an entry is no token', async (directory) => {
    await writeEntry(directory, 'not a token');
    return openTestKeyring({ directory, host: fastClock() }).get('key');
  }),
  failure('ERR_KEYRING_FOREIGN', 'when an entry was renamed', async (directory) => {
    const keyring = openTestKeyring({ directory });
    await keyring.set('a/b', 'value');
    await rename(join(directory, 'a%2Fb'), join(directory, 'key'));
    return keyring.get('key');
  }),
  failure('ERR_KEYRING_PERMISSIONS', 'when an entry is open to others', async (directory) => {
    await writeEntry(directory, 'not a token');
    await chmod(join(directory, 'key'), 0o644);
    return openTestKeyring({ directory }).get('key');
  }),
  failure('ERR_KEYRING_VERSION', 'when the keyring is newer', async (directory) => {
    makePrivateDirectories(statePaths(directory).root);
    writePrivateFile(statePaths(directory).version, '2\n');
    return openTestKeyring({ directory }).keys();
  }),
  failure('ERR_KEYRING_IO', 'when the directory is a file', async (directory) => {
    await writeFile(directory, '');
    return openTestKeyring({ directory }).keys();
  }),
];

export function failure(
  code: KeyringErrorCode,
  when: string,
  provoke: (directory: string) => Promise<unknown>,
): KeyringFailure {
  return {
    code,
    when,
    async provoke() {
      const { path, remove } = createTemporaryDirectory();
      try {
        return await provoke(join(path, 'keyring'));
      } finally {
        remove();
      }
    },
  };
}

async function writeEntry(directory: string, text: string): Promise<void> {
  makePrivateDirectories(directory);
  writePrivateFile(join(directory, 'key'), text);
}

function writePrivateFile(path: string, text: string): void {
  const descriptor = createPrivateFile(path);
  writeFileSync(descriptor, text);
  closeSync(descriptor);
}

/** A clock that advances only in `sleep`, which resolves immediately. */
function fastClock(): NonNullable<FileKeyringOptions['host']> {
  let clockMs = 0;
  return {
    monotonicMs: () => clockMs,
    sleep: async (milliseconds) => {
      clockMs += milliseconds;
    },
  };
}
