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
 * Credential Manager as a store of items. Each is a generic credential as go-keyring, and so Atmos,
 * makes it: its target is `NAME:atmos-auth`, its user `atmos-auth`, its blob the bytes themselves, and
 * it is kept for this machine.
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

/** Windows takes names for one that differ in case, and lets any user stand beside a name. */
function checkOurs(name: string, { targetName, userName: user }: Credential): void {
  if (targetName !== targetOf(name))
    throw foreignError(name, `it is stored as ${JSON.stringify(targetName)}`);
  if (user !== userName) throw foreignError(name, `it is of the user ${JSON.stringify(user)}`);
}

function targetOf(name: string): string {
  return name + ending;
}
