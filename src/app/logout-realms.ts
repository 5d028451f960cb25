import { forgetRefusal } from '../auth/refusals.ts';
import { isEntryError, type AtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { createCredentialStore } from '../store/credential-store.ts';
import { type Entry, type Inventory } from '../store/inventory.ts';
import { isSharedToken, itemKeys, type ItemKind } from '../store/key.ts';

/** An entry to remove and its owner. */
export interface OwnedItem {
  readonly key: string;
  /** Null for a token that all realms share. */
  readonly realm: string | null;
  /** The name of an identity or provider, or the issuer of a token that all realms share. */
  readonly alias: string;
  readonly item: ItemKind;
}

/** An entry that is not removed because its kind or owner is uncertain. */
export interface LeftItem {
  readonly key: string;
  readonly reason: string;
  /** Set if the entry cannot be read. */
  readonly error?: AtmosError;
}

export interface FoundItems {
  readonly items: readonly OwnedItem[];
  readonly left: readonly LeftItem[];
}

interface RealmsContext {
  readonly keyring: Keyring;
  readonly inventory: Inventory;
  readonly host: Host;
}

/**
 * Finds the sessions and tokens of every realm, with `includeKeys` the long-lived keys as well, by
 * the owner recorded in the entries. An entry without an owner, because Atmos wrote it, is
 * identified by its name if that is unambiguous.
 *
 * @throws the keyring's errors, except those about a single entry
 */
export async function findItems(
  { keyring, inventory }: RealmsContext,
  includeKeys: boolean,
): Promise<FoundItems> {
  const items: OwnedItem[] = [];
  const left: LeftItem[] = [];
  for (const key of await keyring.keys()) {
    const named = inventory.named(key);
    if (!inventory.mayBeOwn(key)) continue;
    if (!includeKeys && inventory.isCertainlyKey(named)) continue;
    const found = await identify(keyring, key, inventory);
    if (found === undefined) continue;
    // An entry with the name of a key that is not a token counts as a key, even if it is invalid.
    const item = 'reason' in found ? itemOf(named) : found.item;
    if (item === 'key' && !includeKeys) continue;
    if ('reason' in found) left.push(found);
    else items.push(found);
  }
  return { items, left };
}

function itemOf(entry: Entry): ItemKind {
  return entry.owner === 'atmos-auth' ? entry.item : 'key';
}

async function identify(
  keyring: Keyring,
  key: string,
  inventory: Inventory,
): Promise<OwnedItem | LeftItem | undefined> {
  const value = await valueOf(keyring, key);
  if (value === undefined) return undefined;
  if ('reason' in value) return inventory.isCertainlyOwn(key) ? { key, ...value } : undefined;
  const entry = inventory.read(key, value.text);
  if (entry.owner !== 'atmos-auth') return undefined;
  const { said, holds, fault, isForeign, realm, alias, item } = entry;
  if (said.realm !== undefined && said.alias !== undefined && said.item !== undefined) {
    if (!isForeign) return { key, realm: said.realm, alias: said.alias, item: said.item };
    return { key, reason: `its content is the ${item} of ${alias} of realm ${realm}` };
  }
  if (isSharedToken(key) && said.item === 'token' && said.alias !== undefined) {
    return { key, realm: null, alias: said.alias, item: 'token' };
  }
  if (Object.keys(said).length > 0) return { key, reason: 'its owner is recorded only in part' };
  if (fault !== undefined) return { key, reason: `its owner is not recorded, and ${fault}` };
  if (realm === null)
    return { key, reason: 'its owner is not recorded, and its name does not contain the realm' };
  // An identity of Atmos may be called `x@session`; the entry of that name is then its key.
  if (holds !== item)
    return {
      key,
      reason: `its owner is not recorded, its name is that of a ${item}, and its content is a ${holds}`,
    };
  return { key, realm, alias, item };
}

/** Undefined if it was deleted meanwhile. */
async function valueOf(
  keyring: Keyring,
  key: string,
): Promise<{ text: string } | Omit<LeftItem, 'key'> | undefined> {
  try {
    const text = await keyring.get(key);
    return text === null ? undefined : { text };
  } catch (error) {
    if (!isEntryError(error)) throw error;
    return { reason: error.message, error };
  }
}

/**
 * Removes the found entries. Returns the removed ones and the reasons for the others. @throws the
 * keyring's other errors
 */
export async function removeItems(
  context: RealmsContext,
  items: readonly OwnedItem[],
): Promise<{ removed: OwnedItem[]; failures: AtmosError[] }> {
  const removed: OwnedItem[] = [];
  const failures: AtmosError[] = [];
  for (const item of items) {
    try {
      if (await removeItem(context, item)) removed.push(item);
    } catch (error) {
      if (!isEntryError(error)) throw error;
      failures.push(error);
    }
  }
  return { removed, failures };
}

/** False if it no longer existed. */
async function removeItem(
  { keyring, host }: RealmsContext,
  { key, realm, alias, item }: OwnedItem,
): Promise<boolean> {
  if (realm === null) return keyring.delete(key);
  const store = createCredentialStore({ keyring, realm, otherOwners: [], host });
  // Atmos keeps a token under the name that a key would have.
  const isNamedAsKey = itemKeys({ realm, alias }, 'key').includes(key);
  const isRemoved = await store.remove(alias, isNamedAsKey ? 'key' : item);
  if (item === 'key') forgetRefusal({ realm, alias }, host);
  return isRemoved;
}
