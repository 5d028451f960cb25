import type { Keyring } from './contract.ts';
import { isPrepared, prepareWrite } from './prepare.ts';

// Reads many entries faster than one by one. Callers implement `Keyring`, so it has no such method:
// a backend that can do this has it under a symbol, which no other object has by accident.

export const readMany: unique symbol = Symbol('atmos-auth.readMany');

/** Some entries that were read together. */
export interface Batch {
  readonly keys: readonly string[];
  /** Without entries that were deleted, or that must be read one by one to find out their error. */
  readonly values: ReadonlyMap<string, string>;
}

export interface BulkKeyring extends Keyring {
  /**
   * Each entry name is in exactly one batch, in the order of `keys()`. Holds few values at once.
   *
   * @throws KeyringError of the whole keyring, never of one entry
   */
  [readMany](): AsyncIterable<Batch>;
}

/** An entry to read. */
export interface Turn {
  readonly key: string;
  /** Like `Keyring.get`. */
  read(): Promise<string | null>;
}

/**
 * Yields the entries of a keyring in the order of `keys()`, to be read one after the other. Lists
 * them once, and reads many at once if the keyring supports it.
 *
 * @throws KeyringError of the whole keyring; `read` throws the error of one entry
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

/** Replaces the methods of a keyring and keeps its optional capabilities. */
function wrapKeyring(keyring: Keyring, wrapped: Keyring): Keyring {
  return Object.assign(
    wrapped,
    isBulk(keyring) ? { [readMany]: () => keyring[readMany]() } : {},
    isPrepared(keyring) ? { [prepareWrite]: () => keyring[prepareWrite]() } : {},
  );
}

/** The same keyring with its capabilities, but each `set` first calls a function, which may throw. */
export function beforeSet(keyring: Keyring, call: () => void): Keyring {
  return wrapKeyring(keyring, {
    get info() {
      return keyring.info;
    },
    probe: () => keyring.probe(),
    get: (key) => keyring.get(key),
    async set(key, value) {
      call();
      await keyring.set(key, value);
    },
    delete: (key) => keyring.delete(key),
    keys: () => keyring.keys(),
    close: () => keyring.close(),
  });
}

function isBulk(keyring: Keyring): keyring is BulkKeyring {
  return readMany in keyring;
}
