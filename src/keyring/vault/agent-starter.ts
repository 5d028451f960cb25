import { createAgentControl } from '../agent/control.ts';
import type { AgentControl } from '../contract.ts';
import type { AgentStarter } from '../agent/held.ts';
import { vaultSubject } from './agent-subject.ts';
import { createEntries } from './entries.ts';
import { createErrors } from './errors.ts';
import { newSecretId } from './login.ts';
import { openServer } from './server.ts';
import { requireAddress } from './location.ts';
import { pinVault, type VaultSettings } from './settings.ts';
import { secretVariable } from './token-sources.ts';

/** How the agents of vault keyrings are started. */
export const vaultStarter: AgentStarter<VaultSettings> = {
  type: 'vault',
  prepare: requireAddress,
  // Node trusts these certificates only if it is started with the variable.
  variables: ['NODE_EXTRA_CA_CERTS'],
  settingsFor: pinVault,
  /** The login itself proves it, in the agent. */
  async proveSecret({ settings, host }) {
    const { secretIdEnv } = settings.login;
    const secret =
      secretIdEnv &&
      secretVariable(secretIdEnv, host, createErrors(settings), [newSecretId(settings)]);
    return { secret: Buffer.from(secret?.value ?? ''), isNew: false };
  },
};

const control = createAgentControl(vaultSubject, async () => vaultStarter);

/** The agents of vault keyrings. */
export const loginAgent: AgentControl<VaultSettings> = {
  ...control,
  /** An agent that runs does not look at the server, and a login does not show that the engine exists. */
  async unlock(context, terms) {
    const unlocked = await control.unlock(context, terms);
    const server = openServer(context);
    try {
      await createEntries(server, context.settings, context.host).requireEngine();
      return unlocked;
    } catch (error) {
      // Nothing is left of a command that fails. One that was running before may serve others.
      if (!unlocked.isRenewed) await control.lock(context);
      throw error;
    } finally {
      server.close();
    }
  },
};
