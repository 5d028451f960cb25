import type { Credentials } from '../core/credentials.ts';
import { AtmosError, KeyringError, isAtmosError } from '../core/errors.ts';
import { logOut, run, say } from '../core/hint.ts';
import { isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { formatEnvelope, parseEnvelope, type Envelope, type Ownership } from './envelope.ts';
import { itemKey, itemKeys, type ItemKind, type Owner } from './key.ts';

/** What is written of an item besides its credentials. */
export type ItemNotes = Pick<
  Envelope,
  'chainFingerprint' | 'chainSettings' | 'clockOffsetMs' | 'limits'
>;

/** The items of one realm in a keyring, typed, and each checked to be whose its name says. */
export interface CredentialStore {
  readonly realm: string;
  /**
   * The item, in whichever Unicode normal form its name was stored. Null: not there.
   *
   * @throws ERR_KEYRING_FOREIGN, ERR_STORE_INVALID, and the keyring's errors
   */
  read(alias: string, item: ItemKind): Promise<Envelope | null>;
  /** Writes and reads back. @throws as {@link read}; a foreign entry stays as it is */
  write(alias: string, item: ItemKind, credentials: Credentials, notes?: ItemNotes): Promise<void>;
  /** Whether it was there, in any spelling. A foreign entry is refused, a damaged one goes. */
  remove(alias: string, item: ItemKind): Promise<boolean>;
}

export interface StoreOptions {
  readonly keyring: Keyring;
  readonly realm: string;
  /** Other owners that the configuration names, whose keys could read the same as one of ours. */
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
    if ('fault' in entry) {
      throw new AtmosError('ERR_STORE_INVALID', `the entry ${key} cannot be used: ${entry.fault}`, {
        hints: [logOut(alias, item === 'key', 'to remove it')],
      });
    }
    return entry;
  }

  /** Two pairs of realm and alias can have one name: the entry itself says whose it is. */
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
      await keyring.set(key, text);
      if ((await keyring.get(key)) !== text) {
        throw new KeyringError(
          'ERR_KEYRING_IO',
          `the entry ${key} does not hold what was stored in it`,
          {
            hints: [run(['atmos', 'auth', 'keyring', 'status'])],
          },
        );
      }
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
