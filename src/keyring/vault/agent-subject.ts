import { sha256 } from '../../core/sha256.ts';
import type { AgentSubject } from '../agent/held.ts';
import type { KeyringId } from '../agent/socket-path.ts';
import { formatLocation } from './location.ts';
import type { VaultSettings } from './settings.ts';

/** How the agents of vault keyrings are found. */
export const vaultSubject: AgentSubject<VaultSettings> = {
  identify: identifyLogin,
  locationOf: formatLocation,
};

/**
 * The path of a socket is short: 96 bits of a hash are enough, because no user chooses settings so that they
 * collide.
 */
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
