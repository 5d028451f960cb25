import { isEntryError } from '../core/errors.ts';
import { isObject, parseJson, withoutAbsent } from '../core/json.ts';
import { foldName, lowerCase } from '../core/names.ts';
import type { Keyring } from '../keyring/contract.ts';
import { isEnvelope, isOwnEntry } from '../keyring/key.ts';
import { parseAtmosToken, type AtmosToken } from './atmos-token.ts';
import { itemHeld, parseEnvelope, type Envelope, type Ownership } from './envelope.ts';
import { isCertainlyOwn, itemKeys, parseItemKey, type ItemKind } from './key.ts';

// Whose an entry is: the one answer for list, status, doctor, prune, migrate, import, adopt and logout.
// A name tells most of it without a password, the content the rest.

/**
 * Which program an entry belongs to: `atmos-auth`, credentials of an identity or provider, by whichever
 * program that is `atmos auth`; `atmos-store`, a secret of a store of Atmos (`kind: keychain`); `other`,
 * anything else. A store whose prefix does not begin with `atmos` cannot be told from another program.
 */
export type EntryOwner = 'atmos-auth' | 'atmos-store' | 'other';

/** An entry of an identity or provider. */
export interface OwnEntry {
  readonly key: string;
  readonly owner: 'atmos-auth';
  /** Null where neither the entry nor its name tells. */
  readonly realm: string | null;
  /** As the entry says it, else as its name does: in lower case. */
  readonly alias: string;
  readonly item: ItemKind;
}

/** An entry of another program. */
export interface OtherEntry {
  readonly key: string;
  readonly owner: Exclude<EntryOwner, 'atmos-auth'>;
}

export type Entry = OwnEntry | OtherEntry;

/** What one of our entries says of itself. Nothing in it is secret. */
export interface ReadEntry extends OwnEntry {
  /** The type of its credentials, where we know it. */
  readonly type?: string;
  readonly expiresAt?: Date;
  readonly savedAt?: Date;
  readonly clockOffsetMs?: number;
  /** Whose it says that it is, which Atmos does not write. */
  readonly said: Ownership;
  /** What its content is; undefined where that cannot be read. */
  readonly holds?: ItemKind;
  /** Why we can make nothing of its content. */
  readonly fault?: string;
  /** Whether the fault is only that Atmos has a type that we do not know. */
  readonly isOfAtmos: boolean;
  /** Whether it says to be another one than its name does. */
  readonly isForeign: boolean;
}

/** The names that count as configured. */
export interface ConfiguredNames {
  readonly identities: readonly { readonly name: string }[];
  readonly providers: readonly { readonly name: string }[];
}

/** Judges entries from the point of view of one realm and one configuration. */
export interface Inventory {
  /** What the name of an entry tells. */
  named(key: string): Entry;
  /** What its name and its content tell. */
  read(key: string, value: string): ReadEntry | OtherEntry;
  /** Whether only its content tells which program an entry belongs to. */
  isAmbiguous(key: string): boolean;
  /** Whether an entry is one of ours, or can be: only those need to be opened. */
  mayBeOwn(key: string): boolean;
  /**
   * Whether its name alone tells that an entry is one of ours: then it is at fault if it does not open.
   * Any other may be another program's, under another password.
   */
  isCertainlyOwn(key: string): boolean;
  /**
   * Whether it is an entry of this realm whose identity or provider is not configured. In another realm
   * it is another project's, and without a configuration nothing says who is configured. Nor is it one
   * that says to be another than its name does: no logout finds that.
   */
  isOrphan(entry: Entry): entry is OwnEntry;
  /**
   * Whether the name alone tells that it is a key, so that nobody needs to open it to look for a token:
   * it is that of a configured identity, and of no provider. See `parseAtmosToken`.
   */
  isCertainlyKey(entry: Entry): boolean;
}

/**
 * @param realm the current one: a name does not tell where its realm ends
 * @param configured undefined without a configuration
 */
export function createInventory(realm: string, configured?: ConfiguredNames): Inventory {
  const identities = foldedNames(configured?.identities);
  const providers = foldedNames(configured?.providers);
  const isConfigured = (alias: string) =>
    identities.has(foldName(alias)) || providers.has(foldName(alias));

  function named(key: string): Entry {
    const own = parseItemKey(key, realm);
    if (own === undefined) return otherEntry(key);
    const isKnown = own.realm !== null || isConfigured(own.alias);
    if (!isKnown && isNamedByStore(own.alias)) return { key, owner: 'atmos-store' };
    // A provider has no key: what Atmos keeps under its name is its token.
    const isOfProvider = providers.has(foldName(own.alias)) && !identities.has(foldName(own.alias));
    const isToken = isOfProvider && own.item === 'key';
    return { key, owner: 'atmos-auth', ...own, ...(isToken ? { item: 'token' } : {}) };
  }

  const isAmbiguous = (key: string) =>
    parseItemKey(key, realm) !== undefined && !isCertainlyOwn(key, realm);

  return {
    named,
    isAmbiguous,
    mayBeOwn: (key) => isAmbiguous(key) || named(key).owner === 'atmos-auth',
    isCertainlyOwn: (key) => isCertainlyOwn(key, realm),
    isCertainlyKey: (entry) =>
      entry.owner === 'atmos-auth' &&
      entry.item === 'key' &&
      entry.realm === realm &&
      identities.has(foldName(entry.alias)) &&
      !providers.has(foldName(entry.alias)),
    read(key, value) {
      const own = parseItemKey(key, realm);
      if (own === undefined) return otherEntry(key);
      if (isAmbiguous(key) && !isOwnEntry(key, value)) return { key, owner: 'atmos-store' };
      return readOwn({ key, owner: 'atmos-auth', ...own }, value);
    },
    isOrphan: (entry): entry is OwnEntry =>
      entry.owner === 'atmos-auth' &&
      configured !== undefined &&
      entry.realm === realm &&
      !('isForeign' in entry && entry.isForeign) &&
      !isConfigured(entry.alias),
  };
}

/**
 * The keys of the entries of identities and providers, sorted, and the entries of other programs. Opens
 * only those whose names do not tell which they are; one that does not open is left.
 */
export async function ownKeys(
  keyring: Keyring,
  inventory: Inventory,
): Promise<{ keys: string[]; left: OtherEntry[] }> {
  const keys: string[] = [];
  const left: OtherEntry[] = [];
  for (const key of await keyring.keys()) {
    const entry = inventory.isAmbiguous(key)
      ? await identify(key, keyring, inventory)
      : inventory.named(key);
    if (entry?.owner === 'atmos-auth') keys.push(key);
    else if (entry !== undefined) left.push(entry);
  }
  return { keys, left };
}

/** Undefined when it is gone meanwhile. */
async function identify(
  key: string,
  keyring: Keyring,
  inventory: Inventory,
): Promise<Entry | undefined> {
  try {
    const value = await keyring.get(key);
    return value === null ? undefined : inventory.read(key, value);
  } catch (error) {
    // What a disk or a service could not give now may be one of ours.
    if (!isEntryError(error) || error.code === 'ERR_KEYRING_IO') throw error;
    return { key, owner: 'atmos-store' };
  }
}

export interface EntryCounts {
  readonly owners: Readonly<Record<EntryOwner, number>>;
  /** Of identities and providers. */
  readonly items: Readonly<Record<ItemKind, number>>;
}

export function countEntries(entries: readonly Entry[]): EntryCounts {
  const owners = { 'atmos-auth': 0, 'atmos-store': 0, other: 0 };
  const items = { key: 0, session: 0, token: 0 };
  for (const entry of entries) {
    owners[entry.owner]++;
    if (entry.owner === 'atmos-auth') items[entry.item]++;
  }
  return { owners, items };
}

/**
 * Whether a name that begins with `atmos_` is one that a store has made: PREFIX/STACK/COMPONENT/KEY. An
 * identity's may have slashes too, but has a realm before them, and no capitals.
 *
 * @param name without `atmos_`
 */
function isNamedByStore(name: string): boolean {
  const slash = name.indexOf('/');
  return slash !== -1 && (lowerCase(name) !== name || !name.slice(0, slash).includes('_'));
}

function otherEntry(key: string): OtherEntry {
  return { key, owner: key.startsWith('atmos/') ? 'atmos-store' : 'other' };
}

function foldedNames(entries: ConfiguredNames['identities'] = []): ReadonlySet<string> {
  return new Set(entries.map(({ name }) => foldName(name)));
}

function readOwn(named: OwnEntry, value: string): ReadEntry {
  const envelope = parseEnvelope(value);
  const { realm, alias } = envelope;
  const token = 'fault' in envelope ? parseAtmosToken(value) : undefined;
  const holds = token === undefined ? itemHeld(envelope) : 'token';
  const item = envelope.item ?? (token === undefined ? named.item : 'token');
  const isForeign =
    realm !== undefined &&
    alias !== undefined &&
    !keysOf({ realm, alias }, item, token).includes(named.key);
  return {
    ...named,
    realm: realm ?? named.realm,
    alias: alias ?? named.alias,
    item,
    said: withoutAbsent({ realm, alias, item: envelope.item }),
    isForeign,
    isOfAtmos: isOfAtmos(value),
    ...withoutAbsent({ holds }),
    ...contentOf(envelope, token),
  };
}

/** Where the entry may be that says this. A token of Atmos has the name that its key would have. */
function keysOf(
  owner: { readonly realm: string; readonly alias: string },
  item: ItemKind,
  token: AtmosToken | undefined,
): string[] {
  return [...itemKeys(owner, item), ...(token === undefined ? [] : itemKeys(owner, 'key'))];
}

function contentOf(envelope: ReturnType<typeof parseEnvelope>, token: AtmosToken | undefined) {
  if (!('fault' in envelope)) return notesOf(envelope);
  return token ?? { fault: envelope.fault };
}

function notesOf({ credentials: { type, expiresAt }, savedAt, clockOffsetMs }: Envelope) {
  return withoutAbsent({ type, expiresAt, savedAt, clockOffsetMs });
}

/** An envelope of a type that Atmos knows and we do not. */
function isOfAtmos(value: string): boolean {
  const envelope = parseJson(value);
  return isEnvelope(value) && isObject(envelope) && envelope['type'] !== 'aws';
}

/**
 * Whether a session or token has expired, by the clock of the server that gave it. One of ours without
 * a time that can be read has; a token of Atmos that says none does not expire.
 */
export function hasExpired(
  { expiresAt, clockOffsetMs = 0, holds, said }: ReadEntry,
  now: Date,
): boolean {
  if (expiresAt === undefined) return holds !== 'token' || said.item !== undefined;
  return expiresAt.getTime() <= now.getTime() + clockOffsetMs;
}
