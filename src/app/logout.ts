import type { AuthContext } from '../auth/context.ts';
import { forgetRefusal } from '../auth/refusals.ts';
import { itemKeys, type ItemKind } from '../store/key.ts';

export interface LogoutOptions {
  /** Long-lived keys go too. */
  readonly includeKeys: boolean;
  /** Nothing is removed, only told. */
  readonly isDryRun: boolean;
}

export interface RemovedItem {
  readonly key: string;
  readonly identity: string;
  readonly item: ItemKind;
}

/**
 * Removes the sessions and tokens of identities and providers, that of a provider too which Atmos keeps
 * under the name that a key would have; with `includeKeys` their long-lived keys as well. What was not
 * there is no failure.
 *
 * @returns what was removed, or would be, in the order of the names
 */
export async function logout(
  context: AuthContext,
  aliases: readonly string[],
  options: LogoutOptions,
): Promise<RemovedItem[]> {
  const { store, keyring, host } = context;
  const present = new Set(await keyring.keys());
  const removed: RemovedItem[] = [];
  for (const alias of aliases) {
    for (const named of ['session', 'token', 'key'] as const) {
      const keys = itemKeys({ realm: store.realm, alias }, named).filter((key) => present.has(key));
      const [key] = keys;
      if (key === undefined) continue;
      const item = named === 'key' && (await isToken(context, key)) ? 'token' : named;
      if (item === 'key' && !options.includeKeys) continue;
      if (!options.isDryRun && !(await store.remove(alias, named))) continue;
      removed.push(...keys.map((one) => ({ key: one, identity: alias, item })));
    }
    if (options.includeKeys && !options.isDryRun)
      forgetRefusal({ realm: store.realm, alias }, host);
  }
  return removed;
}

/** One that cannot be read is a key, which goes only when keys are to go. */
async function isToken({ configured, keyring, realm }: AuthContext, key: string): Promise<boolean> {
  // Login, which is loaded with this, has no use for it.
  const { createInventory, isOfOneEntry } = await import('../store/inventory.ts');
  const inventory = createInventory(realm.value, configured);
  if (inventory.isCertainlyKey(inventory.named(key))) return false;
  try {
    const value = await keyring.get(key);
    const entry = value === null ? undefined : inventory.read(key, value);
    return entry?.owner === 'atmos-auth' && entry.item === 'token';
  } catch (error) {
    if (isOfOneEntry(error)) return false;
    throw error;
  }
}
