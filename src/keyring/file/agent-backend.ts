import type { AgentBackend } from '../agent/served-keyring.ts';
import { openFileKeyring } from './backend.ts';
import { ensureDirectory } from './directory.ts';
import { createAccess } from './encrypted-directory.ts';
import { readVerifier, statePaths } from './state.ts';

/** The operations of the file keyring that its unlock agent uses. */
export const agentFileKeyring: AgentBackend = {
  open: (context) => openFileKeyring(context),
  generation: (directory, userId) => readVerifier(statePaths(directory), userId),
  ensureDirectory({ settings, host }) {
    ensureDirectory(settings.directory.value, host.userId);
  },
  async provePassword(context) {
    const access = createAccess(context);
    try {
      const directory = access.find();
      const { kind, derivation } = await access.judge(directory, access.verifierOf(directory));
      if (kind === 'wrong') throw access.wrongPassword();
      return { password: derivation.password(), isNew: kind === 'new' };
    } finally {
      access.forget();
    }
  },
};
