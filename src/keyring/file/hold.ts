import { KeyringError } from '../../core/errors.ts';
import { isObject, type Sourced } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import { serveOrder, type Hold } from '../agent/daemon.ts';
import { identifyKeyring } from '../agent/socket-path.ts';
import type { AgentOrder, Pinned } from '../contract.ts';
import { openFileKeyring } from './backend.ts';
import { createHeldKeyring } from './held-keyring.ts';
import { readVerifier, statePaths } from './state.ts';

/** Is the process of the agent. The password is overwritten at the end. */
export async function runFileAgent(host: Host, order: AgentOrder, password: Buffer): Promise<void> {
  await serveOrder(order, password, holdFileKeyring, host);
}

/** Opens the keyring in the process of its agent. */
const holdFileKeyring: Hold = async ({ settings }, password, host) => {
  const directory = directoryIn(settings);
  const id = identifyKeyring(directory.value);
  if (id === undefined) {
    throw new KeyringError('ERR_KEYRING_IO', `the keyring ${directory.value} no longer exists`);
  }
  const keyring = openFileKeyring({
    type: { value: 'file', source: 'agent' },
    settings: {
      directory: { ...directory, value: id.path },
      passwordEnv: { value: '', source: 'agent' },
    },
    host,
    heldPassword: () => Buffer.from(password),
  });
  const { state, reason = state } = await keyring.probe();
  if (state !== 'ready') throw new KeyringError('ERR_KEYRING_PASSWORD_WRONG', reason);
  const generation = () => generationOf(id.path, host.userId);
  return createHeldKeyring({ id, keyring, generation });
};

function directoryIn({ directory }: Pinned): Sourced<string> {
  const isDirectory = isObject(directory) && typeof directory['value'] === 'string';
  if (!isDirectory) throw new TypeError('the agent of a file keyring needs its directory');
  return { value: String(directory['value']), source: String(directory['source']) };
}

/** What changes when the keyring in a directory gets another password. */
export function generationOf(directory: string, userId: number | undefined): string | undefined {
  return readVerifier(statePaths(directory), userId);
}
