import { AtmosError, KeyringError } from '../core/errors.ts';
import { logOut, say } from '../core/hint.ts';
import { isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { parseEnvelope, type Envelope, type Ownership } from './envelope.ts';
import { itemKeys, type ItemKind, type Owner } from './key.ts';

/** Where items are read. */
export interface ItemPlace {
  readonly keyring: Pick<Keyring, 'get'>;
  readonly realm: string;
  /** Other owners in the configuration, whose keys could be equal to one of this realm. */
  readonly otherOwners: readonly Owner[];
  readonly host: Pick<Host, 'log'>;
}

/**
 * The item, in any Unicode normal form of its name. Null if it does not exist.
 *
 * @throws ERR_KEYRING_FOREIGN, ERR_STORE_INVALID, and the errors of the keyring
 */
export async function readItem(
  place: ItemPlace,
  alias: string,
  item: ItemKind,
): Promise<Envelope | null> {
  for (const key of itemKeys({ realm: place.realm, alias }, item)) {
    const envelope = await readItemAt(place, key, alias, item);
    if (envelope !== null) return envelope;
  }
  return null;
}

/** {@link readItem} at one key. */
export async function readItemAt(
  place: ItemPlace,
  key: string,
  alias: string,
  item: ItemKind,
): Promise<Envelope | null> {
  const value = await place.keyring.get(key);
  place.host.log('store.read', { identity: alias, item, found: value !== null });
  if (value === null) return null;
  const entry = parseEnvelope(value);
  checkOwner(place, key, entry, alias, item);
  if ('fault' in entry) throw invalid(key, alias, item, entry.fault);
  const { credentials, ...notes } = entry;
  if (credentials.type === 'aws') return { credentials, ...notes };
  throw invalid(key, alias, item, 'it contains a token of a person');
}

/** The error of an entry that cannot be used. */
export function invalid(key: string, alias: string, item: ItemKind, fault: string): AtmosError {
  return new AtmosError('ERR_STORE_INVALID', `the entry ${key} cannot be used: ${fault}`, {
    hints: [logOut(alias, item === 'key', 'to remove it')],
  });
}

/**
 * Two different pairs of realm and alias can have the same key: the entry itself says who owns
 * it.
 *
 * @throws ERR_KEYRING_FOREIGN
 */
export function checkOwner(
  { realm, otherOwners }: Pick<ItemPlace, 'realm' | 'otherOwners'>,
  key: string,
  entry: Ownership,
  alias: string,
  item: ItemKind,
): void {
  const said = [
    entry.realm === undefined || entry.realm === realm,
    entry.alias === undefined || isSameName(entry.alias, alias),
    entry.item === undefined || entry.item === item,
  ];
  const wanted = `the ${item} of identity ${alias} of realm ${realm}`;
  if (said.includes(false)) {
    const owner = `the ${entry.item ?? 'key'} of identity ${entry.alias ?? '?'} of realm ${entry.realm ?? '?'}`;
    throw foreign(`the entry ${key} is ${owner}, not ${wanted}`);
  }
  const rival = otherOwners.find((other) => itemKeys(other, item).includes(key));
  if (entry.realm === undefined && rival !== undefined) {
    const other = `that of identity ${rival.alias} of realm ${rival.realm}`;
    throw foreign(`the entry ${key} does not say whether it is ${wanted} or ${other}`);
  }
}

function foreign(message: string): KeyringError {
  return new KeyringError('ERR_KEYRING_FOREIGN', message, {
    hints: [say('set auth.realm to a name of its own, so that no two identities share an entry')],
  });
}
