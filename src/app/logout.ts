import type { AuthContext } from '../auth/context.ts';
import { forgetRefusal } from '../auth/refusals.ts';
import { isEntryError, type AtmosError } from '../core/errors.ts';
import type { Keyring } from '../keyring/contract.ts';
import type { Inventory } from '../store/inventory.ts';
import { itemKeys, type ItemKind } from '../store/key.ts';

export interface LogoutOptions {
  /** Also remove long-lived keys. */
  readonly includeKeys: boolean;
  /** Remove nothing; only list what would be removed. */
  readonly isDryRun: boolean;
}

/** An entry that was removed, or would be. */
export interface RemovedItem {
  readonly key: string;
  /** The name of the identity, or of the provider of a token. */
  readonly identity: string;
  readonly item: ItemKind;
}

export interface RemovedEntry extends RemovedItem {
  /** Null for the token of a portal, which all realms share. */
  readonly realm: string | null;
}

export interface LogoutResult {
  /** What was removed, or would be, in the order of the names. */
  readonly removed: readonly RemovedEntry[];
  /** Why the entries of a name were not removed. Entries of other names are still removed. */
  readonly failures: readonly AtmosError[];
}

/**
 * Removes the sessions and tokens of identities and providers, including a provider's token that
 * Atmos stores under the name of a key; with `includeKeys` also their long-lived keys. Missing
 * entries are not errors.
 *
 * @throws the keyring's errors, except those about a single entry
 */
export async function logout(
  context: AuthContext,
  aliases: readonly string[],
  options: LogoutOptions,
): Promise<LogoutResult> {
  const { keyring, realm, configured } = context;
  // Loaded lazily: login loads this module but does not need the inventory.
  const { createInventory } = await import('../store/inventory.ts');
  const inventory = createInventory(realm.value, configured);
  const present = new Set(await keyring.keys());
  const removed: RemovedEntry[] = [];
  const failures: AtmosError[] = [];
  for (const alias of aliases) {
    try {
      for await (const item of logoutOf(context, alias, options, { inventory, present }))
        removed.push(item);
    } catch (error) {
      if (!isEntryError(error)) throw error;
      failures.push(error);
    }
  }
  return { removed, failures };
}

interface Stored {
  readonly inventory: Inventory;
  /** The names of all entries. */
  readonly present: ReadonlySet<string>;
}

async function* logoutOf(
  { store, keyring, host }: AuthContext,
  alias: string,
  { includeKeys, isDryRun }: LogoutOptions,
  { inventory, present }: Stored,
): AsyncGenerator<RemovedEntry> {
  const owner = { realm: store.realm, alias };
  for (const named of ['session', 'token', 'key'] as const) {
    const keys = itemKeys(owner, named).filter((key) => present.has(key));
    const [key] = keys;
    if (key === undefined) continue;
    const item = named === 'key' && (await isToken(keyring, key, inventory)) ? 'token' : named;
    if (item === 'key' && !includeKeys) continue;
    if (!isDryRun && !(await store.remove(alias, named))) continue;
    yield* keys.map((one) => ({ key: one, realm: store.realm, identity: alias, item }));
  }
  if (isDryRun) return;
  const { forgetUnexpiring } = await import('../auth/unexpiring.ts');
  forgetUnexpiring(owner, host);
  if (includeKeys) forgetRefusal(owner, host);
}

/** An unreadable entry counts as a key, which is removed only with `includeKeys`. */
async function isToken(keyring: Keyring, key: string, inventory: Inventory): Promise<boolean> {
  if (inventory.isCertainlyKey(inventory.named(key))) return false;
  try {
    const value = await keyring.get(key);
    const entry = value === null ? undefined : inventory.read(key, value);
    return entry?.owner === 'atmos-auth' && entry.item === 'token';
  } catch (error) {
    if (isEntryError(error)) return false;
    throw error;
  }
}
