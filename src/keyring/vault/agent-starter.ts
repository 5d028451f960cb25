import { createAgentControl } from '../agent/control.ts';
import type { AgentStarter } from '../agent/held.ts';
import { vaultSubject } from './agent-subject.ts';
import { createErrors } from './errors.ts';
import { newSecretId } from './login.ts';
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

/** The agents of vault keyrings. */
export const loginAgent = createAgentControl(vaultSubject, async () => vaultStarter);
