import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { parametersName, variantOf, type KeyParameters } from './jwe.ts';

const pbkdf2Async = promisify(pbkdf2);

/** Derives wrapping keys from one password, once for each set of parameters. */
export interface Derivation {
  /** A copy of the key. Rejects after `forget`. */
  wrappingKey(parameters: KeyParameters): Promise<Buffer>;
  /** Whether the key is already derived, so that `wrappingKey` is fast. */
  isDerived(parameters: KeyParameters): boolean;
  /** A copy of the password, for a caller that has to keep it. */
  password(): Buffer;
  /** Overwrites the password and the keys, but not the copies that were returned. */
  forget(): void;
}

/** Takes ownership of `password` and overwrites it in `forget`. */
export function createDerivation(password: Buffer): Derivation {
  const keys = new Map<string, Promise<Buffer>>();
  let isForgotten = false;

  function derive({ algorithm, rounds, salt }: KeyParameters): Promise<Buffer> {
    const { hash, keyBytes } = variantOf(algorithm);
    // RFC 7518 §4.8.1.1: the salt is the algorithm's name, a zero byte and p2s.
    const fullSalt = Buffer.concat([Buffer.from(algorithm), Buffer.from([0]), salt]);
    return pbkdf2Async(password, fullSalt, rounds, keyBytes, hash);
  }

  return {
    isDerived: (parameters) => keys.has(parametersName(parameters)),
    async wrappingKey(parameters) {
      const name = parametersName(parameters);
      // The password is overwritten with zeros: anyone could decrypt what is encrypted with it now.
      if (isForgotten) throw new TypeError('the keyring is closed');
      const key = keys.get(name) ?? derive(parameters);
      keys.set(name, key);
      const copy = Buffer.from(await key);
      if (isForgotten) throw new TypeError('the keyring is closed');
      return copy;
    },
    password: () => Buffer.from(password),
    forget() {
      isForgotten = true;
      password.fill(0);
      for (const key of keys.values())
        key.then(
          (bytes) => bytes.fill(0),
          () => {},
        );
      keys.clear();
    },
  };
}
