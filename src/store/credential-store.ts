import type { AwsCredentials } from '../core/credentials.ts';
import { AtmosError, KeyringError, isAtmosError } from '../core/errors.ts';
import { lowerCase } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { formatEnvelope, parseEnvelope, type Envelope } from './envelope.ts';
import { itemKey, type ItemKind, type Owner } from './key.ts';

/** What is written of an item besides its credentials. */
export type ItemNotes = Pick<Envelope, 'chainFingerprint' | 'clockOffsetMs'>;

/** The items of one realm in a keyring, typed, and each checked to be whose its name says. */
export interface CredentialStore {
  readonly realm: string;
  /** @throws ERR_KEYRING_FOREIGN, ERR_STORE_INVALID, and the keyring's errors; null: not there */
  read(alias: string, item: ItemKind): Promise<Envelope | null>;
  /** Writes and reads back. @throws as {@link read}; a foreign entry stays as it is */
  write(alias: string, item: ItemKind, credentials: AwsCredentials, notes?: ItemNotes): Promise<void>;
  /** Whether it was there. A foreign entry is refused, a damaged one goes. */
  remove(alias: string, item: ItemKind): Promise<boolean>;
}

export interface StoreOptions {
  readonly keyring: Keyring;
  readonly realm: string;
  /** Other owners that the configuration names, whose keys could read the same as one of ours. */
  readonly otherOwners: readonly Owner[];
  readonly host: Pick<Host, 'now'>;
}

export function createCredentialStore(options: StoreOptions): CredentialStore {
  const { keyring, realm, host } = options;

  async function read(alias: string, item: ItemKind): Promise<Envelope | null> {
    const key = itemKey({ realm, alias }, item);
    const value = await keyring.get(key);
    if (value === null) return null;
    const envelope = parseEnvelope(value);
    if ('fault' in envelope) {
      throw new AtmosError('ERR_STORE_INVALID', `the entry ${key} cannot be used: ${envelope.fault}`, {
        hints: [`atmos auth logout ${alias} --keychain   # removes it`],
      });
    }
    checkOwner(envelope, alias, item);
    return envelope;
  }

  /** Two pairs of realm and alias can have one name: the entry itself says whose it is. */
  function checkOwner(envelope: Envelope, alias: string, item: ItemKind): void {
    const said = [
      envelope.realm === undefined || envelope.realm === realm,
      envelope.alias === undefined || lowerCase(envelope.alias) === lowerCase(alias),
      envelope.item === undefined || envelope.item === item,
    ];
    const key = itemKey({ realm, alias }, item);
    if (said.includes(false)) {
      const owner = `identity ${envelope.alias ?? '?'} of realm ${envelope.realm ?? '?'}`;
      throw foreign(key, `belongs to the ${envelope.item ?? 'key'} of ${owner}`, alias);
    }
    const rival = options.otherOwners.find((other) => itemKey(other, item) === key);
    if (envelope.realm === undefined && rival !== undefined) {
      throw foreign(key, `does not say whose it is, and identity ${rival.alias} of realm ${rival.realm} has the same name`, alias);
    }
  }

  function foreign(key: string, why: string, alias: string): KeyringError {
    return new KeyringError(
      'ERR_KEYRING_FOREIGN',
      `the entry ${key} ${why}, not to identity ${alias} of realm ${realm}`,
      { hints: ['set auth.realm to a name of its own, so that no two identities share a key'] },
    );
  }

  return {
    realm,
    read,
    async write(alias, item, credentials, notes = {}) {
      const key = itemKey({ realm, alias }, item);
      const existing = await keyring.get(key);
      const envelope = existing === null ? undefined : parseEnvelope(existing);
      if (envelope && !('fault' in envelope)) checkOwner(envelope, alias, item);
      const text = formatEnvelope({ credentials, realm, alias, item, savedAt: host.now(), ...notes });
      await keyring.set(key, text);
      if ((await keyring.get(key)) !== text) {
        throw new KeyringError('ERR_KEYRING_IO', `the entry ${key} does not hold what was stored in it`, {
          hints: ['atmos auth keyring status'],
        });
      }
    },
    async remove(alias, item) {
      try {
        if ((await read(alias, item)) === null) return false;
      } catch (error) {
        const isUseless = isAtmosError(error, 'ERR_STORE_INVALID') || isAtmosError(error, 'ERR_KEYRING_DAMAGED');
        if (!isUseless) throw error;
      }
      return keyring.delete(itemKey({ realm, alias }, item));
    },
  };
}
