import type { Keyring } from './contract.ts';

// Reading many entries for less than one by one. `Keyring` stays as it is, since callers implement it:
// a backend of ours that can do this offers it under a symbol, which no other object has by chance.

export const readMany: unique symbol = Symbol('atmos-auth.readMany');

/** Some of the keys, and what could be read of them together. */
export interface Batch {
  readonly keys: readonly string[];
  /** Without a key whose entry is gone, or has to be read by itself to learn what is wrong with it. */
  readonly values: ReadonlyMap<string, string>;
}

export interface BulkKeyring extends Keyring {
  /**
   * Every key is in one batch, in the order of `keys()`. Few values are held at once.
   *
   * @throws KeyringError of the whole keyring, never of one entry
   */
  [readMany](): AsyncIterable<Batch>;
}

/** An entry whose turn it is. */
export interface Turn {
  readonly key: string;
  /** As `Keyring.get`. */
  read(): Promise<string | null>;
}

/**
 * The entries of a keyring in the order of `keys()`, to be read one after the other: looked up once, and
 * read many at once where the keyring can do that.
 *
 * @throws KeyringError of the whole keyring; one of an entry is thrown by its `read`
 */
export async function* readEach(keyring: Keyring): AsyncGenerator<Turn> {
  const batches = isBulk(keyring) ? keyring[readMany]() : oneByOne(keyring);
  for await (const { keys, values } of batches) {
    for (const key of keys) {
      yield { key, read: async () => values.get(key) ?? keyring.get(key) };
    }
  }
}

async function* oneByOne(keyring: Keyring): AsyncGenerator<Batch> {
  yield { keys: await keyring.keys(), values: new Map() };
}

/** The same keyring with other methods, and what the original can do besides. */
export function wrapKeyring(keyring: Keyring, wrapped: Keyring): Keyring {
  if (!isBulk(keyring)) return wrapped;
  return Object.assign(wrapped, { [readMany]: () => keyring[readMany]() });
}

function isBulk(keyring: Keyring): keyring is BulkKeyring {
  return readMany in keyring;
}
