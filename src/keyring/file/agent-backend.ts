import { KeyringError } from '../../core/errors.ts';
import { run } from '../../core/hint.ts';
import { isObject, type Sourced } from '../../core/json.ts';
import type { Hold } from '../agent/daemon.ts';
import type { AgentSubject } from '../agent/held.ts';
import { identifyKeyring } from '../agent/socket-path.ts';
import type { Pinned } from '../contract.ts';
import { pinText } from '../pinned-text.ts';
import { openFileKeyring } from './backend.ts';
import { ensureDirectory } from './directory.ts';
import { createAccess } from './encrypted-directory.ts';
import { createHeldKeyring } from './held-keyring.ts';
import { passwordSource } from './password.ts';
import type { FileContext, FileSettings } from './settings.ts';
import { readVerifier, statePaths } from './state.ts';

/** How the agents of file keyrings are found and started. */
export const fileSubject: AgentSubject<FileSettings> = {
  type: 'file',
  identify: ({ directory }) => identifyKeyring(directory.value),
  locationOf: ({ directory }) => directory.value,
  prepare({ settings, host }) {
    ensureDirectory(settings.directory.value, host.userId);
  },
  variables: [],
  settingsFor: ({ directory }) => ({ directory: pinText(directory) }),
  async proveSecret(context) {
    const access = createAccess(context);
    try {
      const directory = access.find();
      const { kind, derivation } = await access.judge(directory, access.verifierOf(directory));
      if (kind === 'wrong') throw access.wrongPassword();
      if (kind === 'new' && passwordSource(context) === 'identity') throw notMade(context);
      return { secret: derivation.password(), isNew: kind === 'new' };
    } finally {
      access.forget();
    }
  },
};

/** Opens the keyring in the process of its agent. */
export const holdFileKeyring: Hold = async ({ settings }, password, host) => {
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

/** The secret of a keyring with readers is stored for them with the first entry, not by an agent. */
function notMade({ settings }: FileContext): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_UNAVAILABLE',
    `the keyring ${settings.directory.value} does not exist yet: the first stored entry creates it for its readers`,
    { hints: [run(['atmos', 'auth', 'user', 'configure'])] },
  );
}
