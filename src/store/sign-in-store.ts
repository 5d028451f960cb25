import type { SignInToken } from '../core/credentials.ts';
import { isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { formatEnvelope, parseEnvelope, type Envelope } from './envelope.ts';
import { itemKey, itemKeys, type Owner } from './key.ts';
import { checkOwner, invalid, type ItemPlace } from './read-item.ts';
import { writeEntry } from './write-entry.ts';

/** What is stored of a sign-in besides it: what opens a session with it, in `renewal`, and the clock. */
export type SignInNotes = Pick<Envelope, 'renewal' | 'clockOffsetMs'>;

/** The sign-ins of the identities of one realm, each beside the session that it opens. */
export interface SignInStore {
  /**
   * The sign-in, perhaps expired. Null if it does not exist, or its entry is of another owner or type.
   *
   * @throws ERR_STORE_INVALID for a damaged entry; the keyring's errors
   */
  read(alias: string): Promise<Envelope<SignInToken> | null>;
  /** Writes the sign-in and reads it back. @throws ERR_KEYRING_FOREIGN; the keyring's errors */
  write(alias: string, token: SignInToken, notes: SignInNotes): Promise<void>;
}

export interface SignInPlace extends ItemPlace {
  readonly keyring: Keyring;
  readonly host: Pick<Host, 'now' | 'log'>;
}

export function createSignInStore(place: SignInPlace): SignInStore {
  const { keyring, realm, host } = place;
  const item = 'token';
  return {
    async read(alias) {
      for (const key of itemKeys({ realm, alias }, item)) {
        const value = await keyring.get(key);
        const found = value === null ? null : signInIn(value, { key, realm, alias });
        host.log('store.read', { identity: alias, item, found: found !== null });
        if (found !== null) return found;
      }
      return null;
    },
    async write(alias, token, notes) {
      const key = itemKey({ realm, alias }, item);
      const existing = await keyring.get(key);
      if (existing !== null) checkOwner(place, key, parseEnvelope(existing), alias, item);
      const owned = {
        credentials: token,
        realm,
        alias,
        item,
        savedAt: host.now(),
        ...notes,
      } as const;
      await writeEntry(keyring, key, formatEnvelope(owned));
      host.log('store.written', { identity: alias, item });
    },
  };
}

/** The entry itself says whose it is: with another one, another person would be signed in. */
function signInIn(
  value: string,
  { key, realm, alias }: Owner & { readonly key: string },
): Envelope<SignInToken> | null {
  const envelope = parseEnvelope(value);
  const said = {
    item: envelope.item ?? 'token',
    realm: envelope.realm ?? realm,
    alias: envelope.alias ?? alias,
  };
  const isItsOwn = said.item === 'token' && said.realm === realm && isSameName(said.alias, alias);
  if (!isItsOwn) return null;
  if ('fault' in envelope) throw invalid(key, alias, 'token', envelope.fault);
  // Of another program: this one always writes them.
  if (!envelope.item || envelope.realm === undefined || envelope.alias === undefined) return null;
  const { credentials, ...notes } = envelope;
  return credentials.type === 'sign-in' ? { ...notes, credentials } : null;
}
