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
  loadInspector: async () => (await import('./vault/inspect.ts')).vaultInspector,
};
