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
 * Removes the sessions and tokens of identities and providers; with `includeKeys` their long-lived
 * keys as well. What was not there is no failure.
 *
 * @returns what was removed, or would be, in the order of the names
 */
export async function logout(
  context: AuthContext,
  aliases: readonly string[],
  options: LogoutOptions,
): Promise<RemovedItem[]> {
  const { store, keyring, host } = context;
  const items: ItemKind[] = options.includeKeys
    ? ['session', 'token', 'key']
    : ['session', 'token'];
  const present = new Set(await keyring.keys());
  const removed: RemovedItem[] = [];
  for (const alias of aliases) {
    for (const item of items) {
      const keys = itemKeys({ realm: store.realm, alias }, item).filter((key) => present.has(key));
      if (keys.length === 0) continue;
      if (!options.isDryRun && !(await store.remove(alias, item))) continue;
      removed.push(...keys.map((key) => ({ key, identity: alias, item })));
    }
    if (options.includeKeys && !options.isDryRun)
      forgetRefusal({ realm: store.realm, alias }, host);
  }
  return removed;
}
