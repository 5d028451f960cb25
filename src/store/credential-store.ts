import type { ProgramCredentials } from '../core/credentials.ts';
import { AtmosError, KeyringError, isAtmosError } from '../core/errors.ts';
import { logOut, say } from '../core/hint.ts';
import { isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import {
  formatEnvelope,
  parseEnvelope,
  type Envelope,
  type ItemNotes,
  type Ownership,
} from './envelope.ts';
import { itemKey, itemKeys, type ItemKind, type Owner } from './key.ts';
import { createTokenStore, type TokenStore } from './token-store.ts';
import { writeEntry } from './write-entry.ts';

/**
 * The items of one realm in a keyring, with types. Each item is checked to have the owner that its
 * name says.
 */
export interface CredentialStore {
  readonly realm: string;
  /**
   * The item, in any Unicode normal form of its name. Null if it does not exist.
   *
   * @throws ERR_KEYRING_FOREIGN, ERR_STORE_INVALID, and the errors of the keyring
   */
  read(alias: string, item: ItemKind): Promise<Envelope | null>;
  /** Writes the item and reads it back. @throws as {@link read}; a foreign entry is not changed */
  write(
    alias: string,
    item: ItemKind,
    credentials: ProgramCredentials,
    notes?: ItemNotes,
  ): Promise<void>;
  /** Returns whether it existed, in any spelling. Refuses a foreign entry; removes a damaged one. */
  remove(alias: string, item: ItemKind): Promise<boolean>;
  /** The tokens of all realms. */
  readonly tokens: TokenStore;
}

export interface StoreOptions {
  readonly keyring: Keyring;
  readonly realm: string;
  /** Other owners in the configuration, whose keys could be equal to one of this realm. */
  readonly otherOwners: readonly Owner[];
  readonly host: Pick<Host, 'now' | 'log'>;
}

export function createCredentialStore(options: StoreOptions): CredentialStore {
  const { keyring, realm, host } = options;

  async function read(alias: string, item: ItemKind): Promise<Envelope | null> {
    for (const key of itemKeys({ realm, alias }, item)) {
      const envelope = await readAt(key, alias, item);
      if (envelope !== null) return envelope;
    }
    return null;
  }

  async function readAt(key: string, alias: string, item: ItemKind): Promise<Envelope | null> {
    const value = await keyring.get(key);
    host.log('store.read', { identity: alias, item, found: value !== null });
    if (value === null) return null;
    const entry = parseEnvelope(value);
    checkOwner(key, entry, alias, item);
    if ('fault' in entry) throw invalid(key, alias, item, entry.fault);
    const { credentials, ...notes } = entry;
    if (credentials.type !== 'sso') return { credentials, ...notes };
    throw invalid(key, alias, item, 'it contains the token of a portal');
  }

  function invalid(key: string, alias: string, item: ItemKind, fault: string): AtmosError {
    return new AtmosError('ERR_STORE_INVALID', `the entry ${key} cannot be used: ${fault}`, {
      hints: [logOut(alias, item === 'key', 'to remove it')],
    });
  }

  /**
   * Two different pairs of realm and alias can have the same key: the entry itself says who owns
   * it.
   */
  function checkOwner(key: string, entry: Ownership, alias: string, item: ItemKind): void {
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
    const rival = options.otherOwners.find((other) => itemKeys(other, item).includes(key));
    if (entry.realm === undefined && rival !== undefined) {
      const other = `that of identity ${rival.alias} of realm ${rival.realm}`;
      throw foreign(`the entry ${key} does not say whether it is ${wanted} or ${other}`);
    }
  }

  async function removeAt(key: string, alias: string, item: ItemKind): Promise<boolean> {
    try {
      if ((await readAt(key, alias, item)) === null) return false;
    } catch (error) {
      const isUseless =
        isAtmosError(error, 'ERR_STORE_INVALID') || isAtmosError(error, 'ERR_KEYRING_DAMAGED');
      if (!isUseless) throw error;
    }
    return keyring.delete(key);
  }

  function foreign(message: string): KeyringError {
    return new KeyringError('ERR_KEYRING_FOREIGN', message, {
      hints: [say('set auth.realm to a name of its own, so that no two identities share an entry')],
    });
  }

  return {
    realm,
    tokens: createTokenStore(keyring, host),
    read,
    async write(alias, item, credentials, notes = {}) {
      const key = itemKey({ realm, alias }, item);
      const existing = await keyring.get(key);
      if (existing !== null) checkOwner(key, parseEnvelope(existing), alias, item);
      const text = formatEnvelope({
        credentials,
        realm,
        alias,
        item,
        savedAt: host.now(),
        ...notes,
      });
      await writeEntry(keyring, key, text);
      host.log('store.written', { identity: alias, item });
    },
    async remove(alias, item) {
      let wasThere = false;
      for (const key of itemKeys({ realm, alias }, item)) {
        if (await removeAt(key, alias, item)) wasThere = true;
      }
      if (wasThere) host.log('store.removed', { identity: alias, item });
      return wasThere;
    },
  };
}
