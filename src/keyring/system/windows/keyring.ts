import { createChunkedKeyring, type OnStep, type ChunkedKeyring } from '../../chunked-store.ts';
import type { BackendContext, Keyring, Probe } from '../../contract.ts';
import { checkKey, checkValue, maxSystemValueBytes } from '../../key.ts';
import {
  CredentialError,
  persistLocalMachine,
  type CredentialManager,
} from './credential-manager.ts';
import { describeFailure, noCredentialSet } from './failures.ts';
import { createCredentialStore } from './store.ts';

const location = 'Windows Credential Manager';

const loadReal = async () => (await import('./advapi.ts')).credentialManager;

/**
 * The keyring of Windows. The calls are made synchronously, because they are quick requests to a
 * local service that never prompts: docs/adr/0017.
 *
 * @param onStep called between the steps of a change; tests stop there
 */
export function openCredentialKeyring(
  context: BackendContext,
  load: () => Promise<CredentialManager> = loadReal,
  onStep?: OnStep,
): Keyring {
  const chunked = openChunked(context, load, onStep);
  return {
    info: { type: 'system', persistent: true, location },

    async probe() {
      return probeSession(await load());
    },
    async get(key) {
      checkKey(key);
      return chunked.get(key);
    },
    async set(key, value) {
      checkKey(key);
      checkValue(key, value, maxSystemValueBytes);
      await chunked.set(key, value);
    },
    async delete(key) {
      checkKey(key);
      return chunked.delete(key);
    },
    keys: () => chunked.keys(),
    async close() {},
  };
}

/** Its entries, without checks of names and values. */
export function openChunked(
  context: BackendContext,
  load: () => Promise<CredentialManager> = loadReal,
  onStep?: OnStep,
): ChunkedKeyring {
  const store = createCredentialStore(context, load);
  return createChunkedKeyring(store, { host: context.host, named: 'Credential Manager', onStep });
}

function probeSession(manager: CredentialManager): Probe {
  try {
    if (manager.maxPersistence() < persistLocalMachine)
      return { state: 'unavailable', reason: noCredentialSet.reason };
    manager.list();
    return { state: 'ready' };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return { state: 'unavailable', reason: describeFailure(error).reason };
  }
}
