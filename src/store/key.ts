import { lowerCase } from '../core/names.ts';
import { encodeKey, isOwnEntry, maxKeyBytes } from '../keyring/key.ts';

/** What is kept of an identity or provider: its long-lived key, its session, a provider's token. */
export type ItemKind = 'key' | 'session' | 'token';

/** Whose item, in which realm. An empty realm is Atmos's old form, without one. */
export interface Owner {
  readonly realm: string;
  /** The name of an identity or provider. */
  readonly alias: string;
}

/** What the names of all entries of identities and providers begin with. */
const prefix = 'atmos_';
const suffixes: Readonly<Record<ItemKind, string>> = {
  key: '',
  session: '@session',
  token: '@token',
};

/** The keyring key of an item: `atmos_<realm>_<alias>`, as Atmos, then what kind of item it is. */
export function itemKey({ realm, alias }: Owner, item: ItemKind): string {
  const name = lowerCase(alias);
  return `${prefix}${realm === '' ? name : `${realm}_${name}`}${suffixes[item]}`;
}

/** Where the session is of an identity whose long-lived key is under that key. */
export function sessionKeyOf(key: string): string {
  return `${key}${suffixes.session}`;
}

/**
 * The keys under which an item may be found: that of {@link itemKey}, under which it is written, then
 * those of the same name in the other Unicode normal forms, in which another configuration may have
 * had it.
 */
export function itemKeys({ realm, alias }: Owner, item: ItemKind): string[] {
  const spellings = [alias, alias.normalize('NFC'), alias.normalize('NFD')];
  return [...new Set(spellings.map((spelling) => itemKey({ realm, alias: spelling }, item)))];
}

/**
 * Why a name is too long for all its entries, of which that of the session has the longest key.
 * Undefined for one that is not. Follows the name: `has 300 bytes …`.
 */
export function findLengthFault({ realm, alias }: Owner): string | undefined {
  const bytes = (text: string) => Buffer.byteLength(encodeKey(text));
  const used = bytes(lowerCase(alias));
  const most = maxKeyBytes - (bytes(itemKey({ realm, alias }, 'session')) - used);
  return used > most
    ? `has a name of ${used} bytes, and the keyring takes at most ${most} (realm ${realm}; / and % count as 3)`
    : undefined;
}

/**
 * What a key says of its item, or undefined for a key that is none of ours. A name does not tell
 * where its realm ends: `realm` is the given one, or one of Atmos's automatic ones, or null.
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
 * Whether a name alone tells that an entry is one of ours: by its form, or because its realm is known.
 *
 * @param currentRealm as of {@link parseItemKey}
 */
export function isCertainlyOwn(key: string, currentRealm: string): boolean {
  const own = parseItemKey(key, currentRealm);
  return own !== undefined && (own.realm !== null || isOwnEntry(key));
}

/**
 * The realm that a key would be in, were it that item of that name, in any spelling; undefined where it
 * cannot be. A key that begins with `currentRealm` is one of that realm, of another name.
 */
export function otherRealmOf(
  key: string,
  alias: string,
  item: ItemKind,
  currentRealm: string,
): string | undefined {
  // What a key has after its realm: `_dev@session`.
  const ends = itemKeys({ realm: '', alias }, item).map((key_) => `_${key_.slice(prefix.length)}`);
  const end = ends.find((one) => key.startsWith(prefix) && key.endsWith(one));
  const realm = end === undefined ? '' : key.slice(prefix.length, -end.length);
  const isRealm = /^[a-z0-9]+([-_][a-z0-9]+)*$/.test(realm);
  const isCurrent = realm === currentRealm || realm.startsWith(`${currentRealm}_`);
  return isRealm && !isCurrent ? realm : undefined;
}

/** Whether a realm is one that nobody has named: made from the path of a directory, or `default`. */
export function isAutomaticRealm(realm: string): boolean {
  return /^([0-9a-f]{16}|default)$/.test(realm);
}

/** Realms, other than the given one, under which a long-lived key of that name seems to be stored. */
export function otherRealmsOf(
  alias: string,
  keys: readonly string[],
  currentRealm: string,
): string[] {
  return keys.flatMap((key) => otherRealmOf(key, alias, 'key', currentRealm) ?? []);
}
