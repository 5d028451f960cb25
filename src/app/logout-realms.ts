import { forgetRefusal } from '../auth/refusals.ts';
import { KeyringError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { isOwnEntry } from '../keyring/key.ts';
import { createCredentialStore } from '../store/credential-store.ts';
import { parseEnvelope } from '../store/envelope.ts';
import { itemKey, parseItemKey, type ItemKind, type Owner } from '../store/key.ts';

/** An entry that goes, and whose it is. */
export interface OwnedItem extends Owner {
  readonly key: string;
  readonly item: ItemKind;
}

/** An entry that stays, since it is not certain what it is. */
export interface LeftItem {
  readonly key: string;
  readonly reason: string;
  /** Where it cannot be read at all. */
  readonly error?: KeyringError;
}

export interface FoundItems {
  readonly items: readonly OwnedItem[];
  readonly left: readonly LeftItem[];
}

interface RealmsContext {
  readonly keyring: Keyring;
  /** The current realm: the name of an old entry may begin with it. */
  readonly realm: string;
  readonly host: Host;
}

const ofOneEntry: ReadonlySet<string> = new Set([
  'ERR_KEYRING_DAMAGED',
  'ERR_KEYRING_FOREIGN',
  'ERR_KEYRING_PERMISSIONS',
]);

/**
 * Finds the sessions and tokens of every realm, with `includeKeys` the long-lived keys as well, by
 * what the entries themselves say. One that does not say, since Atmos wrote it, goes by its name, if
 * that can mean only one thing.
 *
 * @throws the keyring's errors, but for those of one entry
 */
export async function findItems(
  { keyring, realm }: RealmsContext,
  includeKeys: boolean,
): Promise<FoundItems> {
  const items: OwnedItem[] = [];
  const left: LeftItem[] = [];
  for (const key of await keyring.keys()) {
    const named = parseItemKey(key, realm);
    if (named === undefined || (named.item === 'key' && !includeKeys)) continue;
    const found = await identify(keyring, key, named);
    if (found === undefined) continue;
    if ('reason' in found) left.push(found);
    else items.push(found);
  }
  return { items, left };
}

type Named = NonNullable<ReturnType<typeof parseItemKey>>;

async function identify(
  keyring: Keyring,
  key: string,
  named: Named,
): Promise<OwnedItem | LeftItem | undefined> {
  const value = await valueOf(keyring, key);
  if (value === undefined) return undefined;
  if ('reason' in value) return isOwnEntry(key) ? { key, ...value } : undefined;
  if (!isOwnEntry(key, value.text)) return undefined;
  const entry = parseEnvelope(value.text);
  const { realm, alias, item } = entry;
  if (realm !== undefined && alias !== undefined && item !== undefined) {
    if (itemKey({ realm, alias }, item) === key) return { key, realm, alias, item };
    return { key, reason: `it says that it is the ${item} of ${alias} of realm ${realm}` };
  }
  if (realm !== undefined || alias !== undefined || item !== undefined)
    return { key, reason: 'it says only in part whose it is' };
  if ('fault' in entry) return { key, reason: `it does not say whose it is, and ${entry.fault}` };
  if (named.realm === null)
    return { key, reason: 'it does not say whose it is, and its name does not tell the realm' };
  // An identity of Atmos may be called `x@session`, and what is under that name its key.
  const content = entry.credentials.sessionToken === undefined ? 'key' : 'session';
  if (content !== named.item)
    return {
      key,
      reason: `it does not say whose it is, is named as a ${named.item}, and holds a ${content}`,
    };
  return { key, realm: named.realm, alias: named.alias, item: named.item };
}

/** Undefined when it is gone meanwhile. */
async function valueOf(
  keyring: Keyring,
  key: string,
): Promise<{ text: string } | Omit<LeftItem, 'key'> | undefined> {
  try {
    const text = await keyring.get(key);
    return text === null ? undefined : { text };
  } catch (error) {
    if (!(error instanceof KeyringError) || !ofOneEntry.has(error.code)) throw error;
    return { reason: error.message, error };
  }
}

/** Removes one that was found. False when it was not there any more. @throws as the store's remove */
export async function removeItem(
  { keyring, host }: RealmsContext,
  { realm, alias, item }: OwnedItem,
): Promise<boolean> {
  const store = createCredentialStore({ keyring, realm, otherOwners: [], host });
  const isRemoved = await store.remove(alias, item);
  if (item === 'key') forgetRefusal({ realm, alias }, host);
  return isRemoved;
}
