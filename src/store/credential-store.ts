import type { ProgramCredentials } from '../core/credentials.ts';
import { isDamagedEntry } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { formatEnvelope, parseEnvelope, type Envelope, type ItemNotes } from './envelope.ts';
import { itemKey, itemKeys, type ItemKind } from './key.ts';
import { checkOwner, readItem, readItemAt, type ItemPlace } from './read-item.ts';
import type { SignInStore } from './sign-in-store.ts';
import { createTokenStore, type TokenStore } from './token-store.ts';
import { writeEntry } from './write-entry.ts';

/**
 * The items of one realm in a keyring, with types. Each item is checked to have the owner that its
 * name says.
 */
export interface CredentialStore {
  readonly realm: string;
  /** As {@link readItem}. */
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
  /** The sign-ins of this realm. */
  readonly signIns: SignInStore;
}

export interface StoreOptions extends ItemPlace {
  readonly keyring: Keyring;
  readonly host: Pick<Host, 'now' | 'log'>;
}

export function createCredentialStore(options: StoreOptions): CredentialStore {
  const { keyring, realm, host } = options;

  async function removeAt(key: string, alias: string, item: ItemKind): Promise<boolean> {
    try {
      if ((await readItemAt(options, key, alias, item)) === null) return false;
    } catch (error) {
      if (!isDamagedEntry(error)) throw error;
    }
    return keyring.delete(key);
  }

  // Loaded lazily, because most identities have none.
  const openSignIns = async () => (await import('./sign-in-store.ts')).createSignInStore(options);

  return {
    realm,
    tokens: createTokenStore(keyring, host),
    signIns: {
      read: async (alias) => (await openSignIns()).read(alias),
      write: async (alias, token, notes) => (await openSignIns()).write(alias, token, notes),
    },
    read: (alias, item) => readItem(options, alias, item),
    async write(alias, item, credentials, notes = {}) {
      const key = itemKey({ realm, alias }, item);
      const existing = await keyring.get(key);
      if (existing !== null) checkOwner(options, key, parseEnvelope(existing), alias, item);
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
