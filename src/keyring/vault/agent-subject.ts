import { sha256 } from '../../core/sha256.ts';
import type { AgentSubject } from '../agent/held.ts';
import type { KeyringId } from '../agent/socket-path.ts';
import { createErrors } from './errors.ts';
import { formatLocation, requireAddress } from './location.ts';
import { pinVault, type VaultSettings } from './settings.ts';
import { secretVariable } from './token-sources.ts';

/** How the agents of vault keyrings are found and started. */
export const vaultSubject: AgentSubject<VaultSettings> = {
  type: 'vault',
  identify: identifyLogin,
  locationOf: formatLocation,
  prepare: requireAddress,
  // Node trusts these certificates only if it is started with the variable.
  variables: ['NODE_EXTRA_CA_CERTS'],
  settingsFor: pinVault,
  /** The login itself proves it, in the agent. */
  async proveSecret({ settings, host }) {
    const { secretIdEnv } = settings.login;
    const secret = secretIdEnv && secretVariable(secretIdEnv, host, createErrors(settings));
    return { secret: Buffer.from(secret?.value ?? ''), isNew: false };
  },
};

/** The path of a socket is short: 96 bits of a hash are enough for settings that nobody chooses to collide. */
const idLength = 24;

/** By every setting that decides where a token comes from, goes to and is used. None of them is a secret. */
export function identifyLogin(settings: VaultSettings): KeyringId {
  const { address, namespace, mount, prefix, caCert, tlsServerName, login } = settings;
  const { method, role, roleId, secretIdEnv, secretIdFile, tokenFile } = login;
  const server = [address, namespace, caCert, tlsServerName];
  const source = [role, roleId, secretIdEnv, secretIdFile, tokenFile];
  const texts = [...server, ...source].map((said) => said?.value ?? null);
  const hash = sha256(JSON.stringify([...texts, mount, prefix, method, login.mount]));
  return { path: formatLocation(settings), name: `v:${hash.slice(0, idLength)}` };
}
