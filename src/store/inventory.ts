import { isStoredType, type StoredCredentials } from '../core/credentials.ts';
import { isEntryError } from '../core/errors.ts';
import { isObject, parseJson, withoutAbsent } from '../core/json.ts';
import { foldName, lowerCase } from '../core/names.ts';
import type { KeyringReader } from '../keyring/contract.ts';
import { isEnvelope, isOwnEntry } from '../keyring/key.ts';
import { parseAtmosToken, type AtmosToken } from './atmos-token.ts';
import { itemHeld, parseEnvelope, type Envelope, type Ownership } from './envelope.ts';
import { isCertainlyOwn, itemKeys, parseItemKey, type ItemKind } from './key.ts';

// Decides who owns an entry, for list, status, doctor, prune, migrate, import, adopt and logout.
// Its name is usually sufficient and needs no password; otherwise its content decides.

/**
 * The owner of an entry: `atmos-auth`, credentials of an identity or provider, written by either
 * implementation of `atmos auth`; `atmos-store`, a secret of a store of Atmos (`kind: keychain`);
 * `other`, anything else. A store whose prefix does not begin with `atmos` cannot be distinguished
 * from another program.
 */
export type EntryOwner = 'atmos-auth' | 'atmos-store' | 'other';

/** An entry of an identity or provider. */
export interface OwnEntry {
  readonly key: string;
  readonly owner: 'atmos-auth';
  /** Null if neither the entry nor its name says it. */
  readonly realm: string | null;
  /** As the entry states it, otherwise as in its name, which is in lower case. */
  readonly alias: string;
  readonly item: ItemKind;
}

/** An entry of another program. */
export interface OtherEntry {
  readonly key: string;
  readonly owner: Exclude<EntryOwner, 'atmos-auth'>;
}

export type Entry = OwnEntry | OtherEntry;

/** What the content of an entry of atmos-auth says. Contains no secret. */
export interface ReadEntry extends OwnEntry {
  /** The type of its credentials, if known. */
  readonly type?: string;
  readonly expiresAt?: Date;
  readonly savedAt?: Date;
  readonly clockOffsetMs?: number;
  /** Whether it contains what opens it again without a person. */
  readonly isRenewable?: boolean;
  /** The owner that it states. Empty in entries that Atmos wrote. */
  readonly said: Ownership;
  /** The type of its content; undefined if it cannot be read. */
  readonly holds?: ItemKind;
  /** Why its content cannot be used. */
  readonly fault?: string;
  /** Whether the only fault is a type of Atmos that is not supported here. */
  readonly isOfAtmos: boolean;
  /** Whether it states a different owner than its name. */
  readonly isForeign: boolean;
}

/** The names in the configuration. */
export interface ConfiguredNames {
  readonly identities: readonly { readonly name: string }[];
  readonly providers: readonly { readonly name: string }[];
}

/** Classifies entries for one realm and one configuration. */
export interface Inventory {
  /** Classifies an entry by its name. */
  named(key: string): Entry;
  /** Classifies an entry by its name and its content. */
  read(key: string, value: string): ReadEntry | OtherEntry;
  /** Whether only its content says which program owns an entry. */
  isAmbiguous(key: string): boolean;
  /** Whether an entry may belong to atmos-auth. Only those need to be decrypted. */
  mayBeOwn(key: string): boolean;
  /**
   * Whether the name alone shows that an entry belongs to atmos-auth. It is then an error if it cannot be
   * decrypted; any other entry may belong to another program with another password.
   */
  isCertainlyOwn(key: string): boolean;
  /**
   * Whether an entry of this realm belongs to an identity or provider that is not configured.
   * Entries of another realm belong to another project, and without a configuration no entry is an
   * orphan. An entry that states a different owner than its name is not an orphan either, because
   * logout would not find it.
   */
  isOrphan(entry: Entry): entry is OwnEntry;
  /**
   * Whether the name alone shows that it is a key, because it is the name of a configured identity
   * and of no provider. Such an entry need not be decrypted to look for a token. See
   * `parseAtmosToken`.
   */
  isCertainlyKey(entry: Entry): boolean;
}

/**
 * @param realm the current one, because a name does not show where its realm ends
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
    // A provider has no key: Atmos stores its token under this name.
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
 * The keys of the entries of identities and providers, sorted, and the entries of other programs.
 * Decrypts only entries whose names do not show their owner, and skips those that cannot be
 * decrypted.
 */
export async function ownKeys(
  keyring: KeyringReader,
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

/** Undefined if it has been deleted in the meantime. */
async function identify(
  key: string,
  keyring: KeyringReader,
  inventory: Inventory,
): Promise<Entry | undefined> {
  try {
    const value = await keyring.get(key);
    return value === null ? undefined : inventory.read(key, value);
  } catch (error) {
    // An entry that a disk or a service cannot return now may belong to atmos-auth.
    if (!isEntryError(error) || error.code === 'ERR_KEYRING_IO') throw error;
    return { key, owner: 'atmos-store' };
  }
}

export interface EntryCounts {
  readonly owners: Readonly<Record<EntryOwner, number>>;
  /** Entries of identities and providers. */
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
 * Whether a name that begins with `atmos_` was made by a store: PREFIX/STACK/COMPONENT/KEY. The
 * name of an identity may also contain slashes, but has a realm before them and no capitals.
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

/**
 * The possible keys of an entry that states this owner. A token of Atmos has the key that the
 * access key would have.
 */
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

function notesOf({
  credentials,
  savedAt,
  clockOffsetMs,
  renewal,
}: Envelope<StoredCredentials>): Partial<ReadEntry> {
  const { type, expiresAt } = credentials;
  // What renews a sign-in ends with it.
  const isRenewable = (renewal !== undefined && type === 'sso') || undefined;
  return withoutAbsent({ type, expiresAt, savedAt, clockOffsetMs, isRenewable });
}

/** An envelope with a type that Atmos supports and atmos-auth does not. */
function isOfAtmos(value: string): boolean {
  const envelope = parseJson(value);
  const isKnown = isObject(envelope) && isStoredType(String(envelope['type']));
  return isEnvelope(value) && !isKnown;
}

/**
 * What is wrong with the content of an entry: it belongs to another name, or it is neither credentials
 * nor anything else that Atmos stores. Undefined if nothing is, and for entries of other programs, which
 * can have any content. Completes a message after the name of
 * the entry; contains no secret.
 */
export function contentFaultOf(entry: ReadEntry | OtherEntry): string | undefined {
  if (entry.owner !== 'atmos-auth') return undefined;
  const { realm, alias, item, fault, isForeign, isOfAtmos: isKnownToAtmos } = entry;
  if (isForeign) return `contains the ${item} of identity ${alias} of realm ${realm ?? '?'}`;
  return fault === undefined || isKnownToAtmos ? undefined : `cannot be used: ${fault}`;
}

/** As long as AWS keeps the registration of a program, without which nothing is renewed. */
const renewableMs = 90 * 24 * 60 * 60 * 1000;

/**
 * Whether a session or token has expired, by the clock of the server that issued it, and cannot be
 * renewed. Our own entries without a valid time count as expired; a token of Atmos without a time does
 * not expire.
 */
export function hasExpired(
  { expiresAt, clockOffsetMs = 0, isRenewable, holds, said }: ReadEntry,
  now: Date,
): boolean {
  if (expiresAt === undefined) return holds !== 'token' || said.item !== undefined;
  const endMs = expiresAt.getTime() + (isRenewable ? renewableMs : 0);
  return endMs <= now.getTime() + clockOffsetMs;
}
