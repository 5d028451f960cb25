import type { Backend } from './contract.ts';
import {
  pinVault,
  settleVault,
  unpinVault,
  vaultSchema,
  type VaultSettings,
} from './vault/settings.ts';
import { trustNeeds } from './vault/trust-needs.ts';

const loadSubject = async () => (await import('./vault/agent-subject.ts')).vaultSubject;

/** A KV secrets engine of version 2 of OpenBao or HashiCorp Vault. */
export const vaultBackend: Backend<VaultSettings> = {
  type: 'vault',
  isRemote: true,
  schema: vaultSchema,
  isShared: () => true,
  settle: settleVault,
  pin: pinVault,
  unpin: unpinVault,
  trustNeeds,
  open: async (context) => (await import('./vault/backend.ts')).openVaultKeyring(context),
  loadAgent: async () => (await import('./agent/control.ts')).createAgentControl(loadSubject),
  whyNoAgent: ({ login }) =>
    login.method === 'token' ? 'it uses an existing token and does not log in' : undefined,
  async runAgent(host, order, secret) {
    const { serveOrder } = await import('./agent/daemon.ts');
    const { holdLogin } = await import('./vault/held-login.ts');
    await serveOrder(order, secret, holdLogin, host);
  },
  loadInspector: async () => (await import('./vault/inspect.ts')).vaultInspector,
};
