import type { Config } from '../config/load.ts';
import { resolveRealm } from '../config/realm.ts';
import type { Sourced } from '../core/json.ts';
import { withoutUrlUser } from '../core/url-user.ts';
import { endpointVariables } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings, SettlingHost } from '../keyring/contract.ts';
import { checkKeyring, pinKeyring } from '../keyring/registry.ts';
import { environmentChoices, resolveKeyringSettings } from '../keyring/settings.ts';
import type { Handle } from './handle.ts';
import { requireUsedSpec } from './keyring-spec.ts';

/**
 * Everything that is determined before a keyring is opened. Creating a plan opens nothing and never
 * prompts.
 */
export interface AuthPlan {
  /** Undefined if there is no atmos.yaml and the command does not need it. */
  readonly config: Config | undefined;
  readonly realm: Sourced<string>;
  readonly keyring: KeyringSettings;
}

/** A plan with the configuration that most commands cannot do without. */
export type ProjectPlan = AuthPlan & { readonly config: Config };

/**
 * @throws ERR_REALM_INVALID, ERR_KEYRING_UNKNOWN_TYPE, ERR_CONFIG_INVALID (settings of a backend beside
 * another type, settings of sessions), and as the `settle` of the backends that may be used
 */
export function planAuth(config: Config | undefined, host: Host): AuthPlan {
  const places = [environmentChoices(host, config?.environment), config?.keyring ?? {}];
  const keyring = resolveKeyringSettings(places);
  checkKeyring(keyring, host);
  if (config) requireUsedSpec(config, host);
  const realm = resolveRealm(config, host);
  host.log('realm.resolved', { realm: realm.value, source: realm });
  host.log('keyring.chosen', { type: keyring.type.value, source: keyring.type });
  return { config, realm, keyring };
}

/**
 * What a handle must pin so that `planFromHandle` of src/auth/plan-from-handle.ts settles the same.
 *
 * @throws ERR_USAGE for a file keyring without a home directory
 */
export function handleOf(plan: ProjectPlan, identity: string, host: SettlingHost): Handle {
  const { config, realm, keyring } = plan;
  const pinned = pinEndpointVariables(host);
  return {
    layers: config.layers,
    directory: config.directory,
    realm: realm.value,
    identity,
    keyring: pinKeyring(keyring, host),
    ...(Object.keys(pinned).length === 0 ? {} : { endpointVariables: pinned }),
  };
}

/** A URL with a password is refused when it is used: so it is also without the password. */
function pinEndpointVariables({ env }: Pick<Host, 'env'>): Record<string, string> {
  return Object.fromEntries(
    endpointVariables.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, pinnedUrl(value)]];
    }),
  );
}

/** What is no URL is refused as well, and may have a password. */
function pinnedUrl(value: string): string {
  return value.includes('@') && !URL.canParse(value) ? '…' : withoutUrlUser(value);
}
