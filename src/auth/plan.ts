import { loadLayers, type Config } from '../config/load.ts';
import { resolveRealm } from '../config/realm.ts';
import { withoutAbsent, type Sourced } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import { checkKeyringType } from '../keyring/registry.ts';
import {
  defaultDirectory,
  environmentChoices,
  mayUseFile,
  resolveKeyringSettings,
} from '../keyring/settings.ts';
import { readHandle, type Handle } from './handle.ts';
import { requireUsedSpec } from './keyring-spec.ts';

/** Everything that is settled before a keyring is opened. Making one opens and asks nothing. */
export interface AuthPlan {
  /** Undefined where there is no atmos.yaml and none is needed. */
  readonly config: Config | undefined;
  readonly realm: Sourced<string>;
  readonly keyring: KeyringSettings;
}

/**
 * @throws ERR_REALM_INVALID, ERR_KEYRING_UNKNOWN_TYPE, ERR_KEYRING_IO (a path that cannot be one),
 * ERR_CONFIG_INVALID (a password variable that cannot be one; settings of the file keyring beside
 * another type)
 */
export function planAuth(config: Config | undefined, host: Host): AuthPlan {
  const places = [environmentChoices(host, config?.environment), config?.keyring ?? {}];
  const keyring = resolveKeyringSettings(places, host);
  checkKeyringType(keyring.type);
  if (config) requireUsedSpec(config, host);
  const realm = resolveRealm(config, host);
  host.log('realm.resolved', { realm: realm.value, source: realm });
  host.log('keyring.chosen', { type: keyring.type.value, source: keyring.type });
  return { config, realm, keyring };
}

/**
 * What a handle must pin so that {@link planFromHandle} settles the same.
 *
 * @throws ERR_USAGE for a file keyring without a home directory
 */
export function handleOf(plan: AuthPlan & { config: Config }, identity: string): Handle {
  const { config, realm } = plan;
  const { directory, ...others } = plan.keyring;
  const keyring = mayUseFile(plan.keyring) ? { ...others, directory } : others;
  return {
    layers: config.layers,
    directory: config.directory,
    realm: realm.value,
    identity,
    keyring,
  };
}

/**
 * The plan that a handle pinned: whatever directory or environment we are in now, the same files,
 * those of profiles too, realm and keyring. Being pinned makes no file more trusted than it was.
 *
 * @param named the path of the handle, or its id
 * @throws ERR_HANDLE_UNKNOWN and what loading the configuration gives
 */
export async function planFromHandle(
  named: string,
  host: Host,
): Promise<{ plan: AuthPlan & { config: Config }; identity: string }> {
  const handle = readHandle(named, host);
  const config = await loadLayers(handle, {}, host);
  const realm = { value: handle.realm, source: `handle ${named}` };
  // The command as the files say it now, since it is those that are trusted or not.
  const { passwordCommand } = config.keyring;
  const directory = handle.keyring.directory ?? defaultDirectory(host);
  const keyring = withoutAbsent({ ...handle.keyring, directory, passwordCommand });
  return { plan: { config, realm, keyring }, identity: handle.identity };
}
