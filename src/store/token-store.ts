import type { SharedSlot, SsoToken } from '../core/credentials.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { formatEnvelope, parseEnvelope, type Envelope, type ItemNotes } from './envelope.ts';
import { sharedTokenKey } from './key.ts';
import { writeEntry } from './write-entry.ts';

/** What is stored of a token besides it: what opens it again without a person, in `renewal`. */
export type TokenNotes = ItemNotes & Pick<Envelope, 'renewal'>;

/** The tokens in a keyring that all realms share. */
export interface TokenStore {
  /**
   * The token, perhaps expired. Null if it does not exist, or its entry is not what {@link write} stores: a
   * person can always sign in again. @throws the keyring's errors
   */
  read(token: SharedSlot): Promise<Envelope<SsoToken> | null>;
  /** Writes the token and reads it back. @throws the keyring's errors */
  write(token: SharedSlot, credentials: SsoToken, notes?: TokenNotes): Promise<void>;
  /** Returns whether an entry with its name existed. @throws the keyring's errors */
  remove(token: SharedSlot): Promise<boolean>;
}

export function createTokenStore(keyring: Keyring, host: Pick<Host, 'now' | 'log'>): TokenStore {
  const item = 'token';
  return {
    async read({ id, issuer }) {
      const value = await keyring.get(sharedTokenKey(id));
      const envelope = value === null ? null : tokenIn(value, issuer);
      host.log('store.read', { identity: issuer, item, found: envelope !== null });
      return envelope;
    },
    async write({ id, issuer }, credentials, notes = {}) {
      const owned = { credentials, alias: issuer, item, savedAt: host.now(), ...notes } as const;
      await writeEntry(keyring, sharedTokenKey(id), formatEnvelope(owned));
      host.log('store.written', { identity: issuer, item });
    },
    async remove({ id, issuer }) {
      const wasThere = await keyring.delete(sharedTokenKey(id));
      if (wasThere) host.log('store.removed', { identity: issuer, item });
      return wasThere;
    },
  };
}

/** The entry itself says whose it is: another one under its name would send the token elsewhere. */
function tokenIn(value: string, issuer: string): Envelope<SsoToken> | null {
  const envelope = parseEnvelope(value);
  if ('fault' in envelope || envelope.item !== 'token' || envelope.alias !== issuer) return null;
  const { credentials, ...notes } = envelope;
  if (credentials.type !== 'sso' || credentials.startUrl !== issuer) return null;
  return { ...notes, credentials };
}
