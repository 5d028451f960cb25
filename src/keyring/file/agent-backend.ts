import { KeyringError } from '../../core/errors.ts';
import { run } from '../../core/hint.ts';
import type { AgentStarter } from '../agent/held.ts';
import { pinText } from '../pinned-text.ts';
import { ensureDirectory } from './directory.ts';
import { createAccess } from './encrypted-directory.ts';
import { passwordSource } from './password.ts';
import { settle } from './rekey-recover.ts';
import type { FileContext, FileSettings } from './settings.ts';

/** How the agents of file keyrings are started. */
export const fileStarter: AgentStarter<FileSettings> = {
  type: 'file',
  variables: [],
  prepare({ settings, host }) {
    ensureDirectory(settings.directory.value, host.userId);
  },
  settingsFor: ({ directory }) => ({ directory: pinText(directory) }),
  async proveSecret(context) {
    const access = createAccess(context);
    try {
      const directory = access.find();
      // Otherwise the password of before an interrupted change would still be the right one.
      if (directory !== undefined) await settle(directory, context.host);
      const { kind, derivation } = await access.judge(directory, access.verifierOf(directory));
      if (kind === 'wrong') throw access.wrongPassword();
      if (kind === 'new' && passwordSource(context) === 'identity') throw notMade(context);
      return { secret: derivation.password(), isNew: kind === 'new' };
    } finally {
      access.forget();
    }
  },
};

/** The secret of a keyring with readers is stored for them with the first entry, not by an agent. */
function notMade({ settings }: FileContext): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_UNAVAILABLE',
    `the keyring ${settings.directory.value} does not exist yet: the first stored entry creates it for its readers`,
    { hints: [run(['atmos', 'auth', 'user', 'configure'])] },
  );
}
