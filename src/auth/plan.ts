import type { Config } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import { resolveRealm } from '../config/realm.ts';
import type { Sourced } from '../core/sourced.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import { checkKeyringType } from '../keyring/registry.ts';
import { environmentChoices, resolveKeyringSettings } from '../keyring/settings.ts';
import { readHandle, type Handle } from './handle.ts';

/** Everything that is settled before a keyring is opened. Making one opens and asks nothing. */
export interface AuthPlan {
  /** Undefined where there is no atmos.yaml and none is needed. */
  readonly config: Config | undefined;
  readonly realm: Sourced<string>;
  readonly keyring: KeyringSettings;
}

/** @throws ERR_REALM_INVALID, ERR_KEYRING_UNKNOWN_TYPE, ERR_KEYRING_IO (a path that cannot be one) */
export function planAuth(config: Config | undefined, host: Host): AuthPlan {
  const keyring = resolveKeyringSettings([environmentChoices(host), config?.keyring ?? {}], host);
  checkKeyringType(keyring.type);
  return { config, realm: resolveRealm(config, host), keyring };
}

/** What a handle must pin so that {@link planFromHandle} settles the same. */
export function handleOf(plan: AuthPlan & { config: Config }, identity: string): Handle {
  const { config, realm, keyring } = plan;
  return {
    configFiles: config.baseFiles,
    isExplicit: config.isExplicit,
    profiles: config.profiles,
    realm: realm.value,
    identity,
    keyring,
  };
}

/**
 * The plan that a handle pinned: whatever directory or environment we are in now, the same files,
 * profiles, realm and keyring.
 *
 * @throws ERR_HANDLE_UNKNOWN and what loading the configuration gives
 */
export function planFromHandle(
  id: string,
  host: Host,
): { plan: AuthPlan & { config: Config }; identity: string } {
  const handle = readHandle(id, host);
  const source = `handle ${id}`;
  const config = loadConfig(
    {
      configFiles: handle.configFiles.map((value) => ({ value, source })),
      profiles: { value: handle.profiles, source },
      // Being pinned makes a file that was found by searching no more trusted than it was.
      isExplicit: handle.isExplicit,
    },
    host,
  );
  const realm = { value: handle.realm, source };
  return { plan: { config, realm, keyring: handle.keyring }, identity: handle.identity };
}
