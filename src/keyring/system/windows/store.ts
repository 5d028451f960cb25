import type { ItemStore } from '../../chunked-store.ts';
import type { BackendContext } from '../../contract.ts';
import {
  CredentialError,
  maxBlobBytes,
  type Credential,
  type CredentialManager,
} from './credential-manager.ts';
import { describeFailure, foreignError, keyringError, type Doing } from './failures.ts';

const userName = 'atmos-auth';
const ending = `:${userName}`;

/**
 * Credential Manager as a store of items. Each item is a generic credential in the format of
 * go-keyring, which Atmos uses: target `NAME:atmos-auth`, user `atmos-auth`, the bytes as its blob,
 * persistent on this machine.
 */
export function createCredentialStore(
  context: Pick<BackendContext, 'type'>,
  load: () => Promise<CredentialManager>,
): ItemStore {
  async function calling<T>(doing: Doing, run: (manager: CredentialManager) => T): Promise<T> {
    const manager = await load();
    try {
      return run(manager);
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      throw keyringError(context, doing, describeFailure(error), error);
    }
  }

  return {
    read: (name) => calling('read from', (manager) => readOurs(manager, name)?.blob),
    write: (name, blob) =>
      calling('write to', (manager) => {
        readOurs(manager, name);
        manager.write({ targetName: targetOf(name), userName, blob });
      }),
    remove: (name) =>
      calling(
        'delete from',
        (manager) => readOurs(manager, name) !== undefined && manager.remove(targetOf(name)),
      ),
    names: () =>
      calling('list', (manager) =>
        manager
          .list()
          .filter((item) => item.userName === userName && item.targetName.endsWith(ending))
          .map(({ targetName }) => targetName.slice(0, -ending.length)),
      ),
    fits: (_, bytes) => bytes <= maxBlobBytes,
    partBytes: maxBlobBytes,
  };
}

/** @throws ERR_KEYRING_FOREIGN */
function readOurs(manager: CredentialManager, name: string): Credential | undefined {
  const found = manager.read(targetOf(name));
  if (found !== undefined) checkOurs(name, found);
  return found;
}

/** Windows ignores the case of target names and accepts any user name for one. */
function checkOurs(name: string, { targetName, userName: user }: Credential): void {
  if (targetName !== targetOf(name))
    throw foreignError(name, `it is stored as ${JSON.stringify(targetName)}`);
  if (user !== userName) throw foreignError(name, `its user name is ${JSON.stringify(user)}`);
}

function targetOf(name: string): string {
  return name + ending;
}
