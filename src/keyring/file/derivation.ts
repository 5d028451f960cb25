import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { variantOf, type KeyParameters } from './jwe.ts';

const pbkdf2Async = promisify(pbkdf2);

/** Derives wrapping keys from one password, each set of parameters once. */
export interface Derivation {
  wrappingKey(parameters: KeyParameters): Promise<Buffer>;
  /** Overwrites the password and every key. */
  forget(): void;
}

/** Takes over `password`: it is overwritten when the derivation is forgotten. */
export function createDerivation(password: Buffer): Derivation {
  const keys = new Map<string, Promise<Buffer>>();
  return {
    wrappingKey(parameters) {
      const { algorithm, rounds, salt } = parameters;
      const name = `${algorithm} ${rounds} ${salt.toString('hex')}`;
      let key = keys.get(name);
      if (key === undefined) {
        const { hash, keyBytes } = variantOf(algorithm);
        // RFC 7518 §4.8.1.1: the salt is the algorithm's name, a zero byte and p2s.
        const fullSalt = Buffer.concat([Buffer.from(algorithm), Buffer.from([0]), salt]);
        key = pbkdf2Async(password, fullSalt, rounds, keyBytes, hash);
        keys.set(name, key);
      }
      return key;
    },
    forget() {
      password.fill(0);
      for (const key of keys.values()) void key.then((bytes) => bytes.fill(0));
      keys.clear();
    },
  };
}
