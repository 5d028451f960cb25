import { lowerCase } from '../core/names.ts';

/** What is kept of an identity or provider: its long-lived key, its session, a provider's token. */
export type ItemKind = 'key' | 'session' | 'token';

/** Whose item, in which realm. An empty realm is Atmos's old form, without one. */
export interface Owner {
  readonly realm: string;
  /** The name of an identity or provider. */
  readonly alias: string;
}

/** What the names of all entries of identities and providers begin with. */
const keyPrefix = 'atmos_';
const suffixes: Readonly<Record<ItemKind, string>> = {
  key: '',
  session: '@session',
  token: '@token',
};

/** The keyring key of an item: `atmos_<realm>_<alias>`, as Atmos, then what kind of item it is. */
export function itemKey({ realm, alias }: Owner, item: ItemKind): string {
  const name = lowerCase(alias);
  return `${keyPrefix}${realm === '' ? name : `${realm}_${name}`}${suffixes[item]}`;
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
 * What a key says of its item, or undefined for a key that is none of ours. A name does not tell
 * where its realm ends: `realm` is the given one, or one of Atmos's automatic ones, or null.
 */
export function parseItemKey(
  key: string,
  currentRealm: string,
): { realm: string | null; alias: string; item: ItemKind } | undefined {
  if (!key.startsWith(keyPrefix)) return undefined;
  const item = key.endsWith(suffixes.session)
    ? 'session'
    : key.endsWith(suffixes.token)
      ? 'token'
      : 'key';
  const name = key.slice(keyPrefix.length, key.length - suffixes[item].length);
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
 * Realms, other than the given one, under which a long-lived key of that name seems to be stored. A
 * name that begins with our own realm is taken for another identity of ours.
 */
export function otherRealmsOf(
  alias: string,
  keys: readonly string[],
  currentRealm: string,
): string[] {
  const end = `_${lowerCase(alias)}`;
  return keys
    .filter((key) => key.startsWith(keyPrefix) && key.endsWith(end))
    .map((key) => key.slice(keyPrefix.length, -end.length))
    .filter((realm) => /^[a-z0-9]+([-_][a-z0-9]+)*$/.test(realm))
    .filter((realm) => realm !== currentRealm && !realm.startsWith(`${currentRealm}_`));
}
