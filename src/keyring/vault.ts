import type { Backend } from './contract.ts';
import {
  pinVault,
  settleVault,
  unpinVault,
  vaultSchema,
  type VaultSettings,
} from './vault/settings.ts';
import { trustNeeds } from './vault/trust-needs.ts';

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
  loadAgent: async () => (await import('./vault/agent-starter.ts')).loginAgent,
  whyNoAgent: ({ login }) =>
    login.method === 'token' ? 'it uses an existing token and does not log in' : undefined,
  runAgent: async (...start) => (await import('./vault/held-login.ts')).runLoginAgent(...start),
  loadInspector: async () => (await import('./vault/inspect.ts')).vaultInspector,
};
