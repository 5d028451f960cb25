import { basename, dirname, join, resolve } from 'node:path';
import type { KeychainStore } from '../config/keychain-stores.ts';
import { showValue, type Sourced } from '../core/json.ts';
import { dataDirectory, fromHome } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { realPathIfVisible } from '../host/read-files.ts';
import type { SettledBackend } from '../keyring/registry.ts';
import type { AuthPlan } from './plan.ts';

/** A secret store of Atmos that a change of the keyring's password concerns. */
export interface ConcernedStore {
  readonly store: KeychainStore;
  /** The variable that Atmos takes the password of the store from. */
  readonly passwordEnv: Sourced<string>;
  /**
   * `same-directory`: its entries get the new password too. `same-variable`: it is in another
   * directory, whose password stays, and takes it from the variable that this keyring uses.
   */
  readonly why: 'same-directory' | 'same-variable';
  /** Its directory, for a message. */
  readonly location: string;
}

/**
 * The keychain stores of atmos.yaml for which a new password of the file keyring has consequences.
 * Atmos reads its settings of them from `stores:` alone: neither `auth.keyring` nor our variables, but
 * for the default name of the password's, have an effect there.
 */
export async function findConcernedStores(
  { config }: Pick<AuthPlan, 'config'>,
  { backend, context: { settings } }: SettledBackend,
  host: Host,
): Promise<ConcernedStore[]> {
  const stores = (await config?.keychainStores(host)) ?? [];
  const location = backend.location?.(settings).value ?? '';
  const variable = backend.passwordSources?.(settings, host).variable.value ?? '';
  const isFromVariable = host.env[variable] !== undefined;
  return stores.flatMap((store) => {
    const passwordEnv = store.passwordEnv ?? { value: 'ATMOS_KEYRING_PASSWORD', source: 'default' };
    const directory = storeDirectory(store.fileDir?.value, host);
    // Without a home directory Atmos finds none either.
    if (directory === undefined) return [];
    const isSame = realPathIfVisible(directory) === realPathIfVisible(location);
    if (!isSame && !(isFromVariable && passwordEnv.value === variable)) return [];
    const shown = store.fileDir?.tag === undefined ? directory : showValue({ ...store.fileDir });
    return {
      store,
      passwordEnv,
      location: shown,
      why: isSame ? 'same-directory' : 'same-variable',
    };
  });
}

/**
 * As Atmos and its library find it: of a path whose last part has an extension the directory above,
 * then `~/` for the home directory.
 */
function storeDirectory(fileDir: string | undefined, host: Host): string | undefined {
  if (fileDir === undefined) {
    const data = dataDirectory(host);
    return data && join(data, 'keyring');
  }
  const directory = basename(fileDir).includes('.') ? dirname(fileDir) : fileDir;
  const expanded = fromHome(directory, host.homeDirectory);
  return expanded && resolve(host.workingDirectory(), expanded);
}
