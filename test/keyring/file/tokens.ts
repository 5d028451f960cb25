import { createDerivation, type Derivation } from '../../../src/keyring/file/derivation.ts';
import { formatItem, type Item } from '../../../src/keyring/file/entry.ts';
import { type KeyParameters, parseJwe, sealJwe } from '../../../src/keyring/file/jwe.ts';
import { testPassword } from '../../support/file-keyring.ts';

/** The weakest accepted parameters, for tests that do not need a slow KDF. */
export const quick: KeyParameters = {
  algorithm: 'PBES2-HS512+A256KW',
  rounds: 1000,
  salt: Buffer.alloc(16, 'salt'),
};

const derivations = new Map<string, Derivation>();

/** Derived once for all tests of a file. */
export function wrappingKey(parameters: KeyParameters, secret = testPassword): Promise<Buffer> {
  const derivation = derivations.get(secret) ?? createDerivation(Buffer.from(secret));
  derivations.set(secret, derivation);
  return derivation.wrappingKey(parameters);
}

/** A valid entry with weak parameters. */
export async function sealEntry(item: Item, secret = testPassword): Promise<string> {
  return sealJwe(formatItem(item), quick, await wrappingKey(quick, secret));
}

/** The five parts of a token, by name. */
export interface Parts {
  header: string;
  encryptedKey: string;
  iv: string;
  ciphertext: string;
  tag: string;
}

export const partNames = ['header', 'encryptedKey', 'iv', 'ciphertext', 'tag'] as const;

export function splitToken(token: string): Parts {
  const [header = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = token.split('.');
  return { header, encryptedKey, iv, ciphertext, tag };
}

export function joinToken(parts: Parts): string {
  return partNames.map((name) => parts[name]).join('.');
}

export const goodHeader = {
  alg: 'PBES2-HS512+A256KW',
  enc: 'A256GCM',
  p2c: 1000,
  p2s: Buffer.alloc(16, 'salt').toString('base64url'),
};

/** A token that is valid except for its header. A text is used as the header itself. */
export function tokenWith(header: unknown): string {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return joinToken({
    header: Buffer.from(text).toString('base64url'),
    encryptedKey: Buffer.alloc(40, 1).toString('base64url'),
    iv: Buffer.alloc(12, 2).toString('base64url'),
    ciphertext: Buffer.alloc(100, 3).toString('base64url'),
    tag: Buffer.alloc(16, 4).toString('base64url'),
  });
}

/** The parser's fault for a token, or undefined if it is valid. */
export function faultOf(token: string): string | undefined {
  const parsed = parseJwe(token);
  return 'fault' in parsed ? parsed.fault : undefined;
}
