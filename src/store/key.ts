import { lowerCase } from '../core/names.ts';
import { encodeKey, isOwnEntry, maxKeyBytes } from '../keyring/key.ts';

/**
 * What is stored for an identity or provider: its long-lived key, its session, or the token of a
 * provider.
 */
export type ItemKind = 'key' | 'session' | 'token';

/** The owner of an item, and its realm. An empty realm is Atmos's old form, without a realm. */
export interface Owner {
  readonly realm: string;
  /** The name of an identity or provider. */
  readonly alias: string;
}

/** The start of the names of all entries of identities and providers. */
const prefix = 'atmos_';
const suffixes: Readonly<Record<ItemKind, string>> = {
  key: '',
  session: '@session',
  token: '@token',
};

/** The keyring key of an item: `atmos_<realm>_<alias>`, as in Atmos, followed by the type of item. */
export function itemKey({ realm, alias }: Owner, item: ItemKind): string {
  const name = lowerCase(alias);
  return `${prefix}${realm === '' ? name : `${realm}_${name}`}${suffixes[item]}`;
}

/** The key of a token that all realms share: `atmos_<id>@token`, where `id` is a SHA-1 in hexadecimal. */
export function sharedTokenKey(id: string): string {
  return `${prefix}${id}${suffixes.token}`;
}

/** Whether a name is that of {@link sharedTokenKey}. */
export function isSharedToken(key: string): boolean {
  return /^atmos_[0-9a-f]{40}@token$/.test(key);
}

/** Whether a name is that of a session or a token: what a login opens again. */
export function isSessionKey(key: string): boolean {
  return key.startsWith(prefix) && (key.endsWith(suffixes.session) || key.endsWith(suffixes.token));
}

/** The key of the session of an identity whose long-lived key has the given key. */
export function sessionKeyOf(key: string): string {
  return `${key}${suffixes.session}`;
}

/**
 * The possible keys of an item: first that of {@link itemKey}, which is used for writing, then
 * those of the same name in other Unicode normal forms, which another configuration may have used.
 */
export function itemKeys({ realm, alias }: Owner, item: ItemKind): string[] {
  const spellings = [alias, alias.normalize('NFC'), alias.normalize('NFD')];
  return [...new Set(spellings.map((spelling) => itemKey({ realm, alias: spelling }, item)))];
}

/**
 * Why a name is too long for its entries (the session has the longest key). Undefined if it is not.
 * Completes a message after the name: `has 300 bytes …`.
 */
export function findLengthFault({ realm, alias }: Owner): string | undefined {
  const bytes = (text: string) => Buffer.byteLength(encodeKey(text));
  const used = bytes(lowerCase(alias));
  const most = maxKeyBytes - (bytes(itemKey({ realm, alias }, 'session')) - used);
  return used > most
    ? `has a name of ${used} bytes; the keyring allows at most ${most} (realm ${realm}; / and % count as 3)`
    : undefined;
}

/**
 * Parses a key, or returns undefined if it is not a key of atmos-auth. A key does not show where
 * its realm ends: `realm` is the current one, or one of Atmos's automatic realms, or null.
 */
export function parseItemKey(
  key: string,
  currentRealm: string,
): { realm: string | null; alias: string; item: ItemKind } | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const item = key.endsWith(suffixes.session)
    ? 'session'
    : key.endsWith(suffixes.token)
      ? 'token'
      : 'key';
  const name = key.slice(prefix.length, key.length - suffixes[item].length);
  if (name === '') return undefined;
  if (currentRealm !== '' && name.startsWith(`${currentRealm}_`)) {
    const alias = name.slice(currentRealm.length + 1);
    if (alias !== '') return { realm: currentRealm, alias, item };
  }
  const automatic = /^([0-9a-f]{16}|default)_(.+)$/s.exec(name);
  if (automatic?.[1] && automatic[2]) return { realm: automatic[1], alias: automatic[2], item };
  return { realm: null, alias: name, item };
}

/**
 * Whether the name alone shows that an entry belongs to atmos-auth: by its form, or because its realm is
 * known.
 *
 * @param currentRealm as in {@link parseItemKey}
 */
export function isCertainlyOwn(key: string, currentRealm: string): boolean {
  const own = parseItemKey(key, currentRealm);
  return own !== undefined && (own.realm !== null || isSharedToken(key) || isOwnEntry(key));
}

/**
 * The realm of a key if it is this item of this name, in any spelling; undefined if it cannot be. A
 * key that begins with `currentRealm` belongs to that realm and has another name.
 */
export function otherRealmOf(
  key: string,
  alias: string,
  item: ItemKind,
  currentRealm: string,
): string | undefined {
  // The part of a key after its realm: `_dev@session`.
  const ends = itemKeys({ realm: '', alias }, item).map((key_) => `_${key_.slice(prefix.length)}`);
  const end = ends.find((one) => key.startsWith(prefix) && key.endsWith(one));
  const realm = end === undefined ? '' : key.slice(prefix.length, -end.length);
  const isRealm = /^[a-z0-9]+([-_][a-z0-9]+)*$/.test(realm);
  const isCurrent = realm === currentRealm || realm.startsWith(`${currentRealm}_`);
  return isRealm && !isCurrent ? realm : undefined;
}

/**
 * Whether a realm was not chosen by a user: it is made from the path of a directory, or is
 * `default`.
 */
export function isAutomaticRealm(realm: string): boolean {
  return /^([0-9a-f]{16}|default)$/.test(realm);
}

/** Other realms that seem to contain a long-lived key with this name. */
export function otherRealmsOf(
  alias: string,
  keys: readonly string[],
  currentRealm: string,
): string[] {
  return keys.flatMap((key) => otherRealmOf(key, alias, 'key', currentRealm) ?? []);
}
