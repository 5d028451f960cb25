import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isObject, parseJson } from '../../core/json.ts';

/**
 * Compact JWE with a password (RFC 7516, RFC 7518 §4.8), in the variants that 99designs/keyring
 * writes and reads through jose2go. Implemented on node:crypto, because libraries do not
 * distinguish a wrong password (the content key does not unwrap) from a damaged file (the content
 * does not decrypt).
 */

interface Variant {
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly keyBytes: number;
  readonly wrap: string;
  /** Maximum number of PBKDF2 rounds that every Go program accepts. */
  readonly maxRounds: number;
}

const variants = {
  'PBES2-HS256+A128KW': {
    hash: 'sha256',
    keyBytes: 16,
    wrap: 'id-aes128-wrap',
    maxRounds: 1_300_000,
  },
  'PBES2-HS384+A192KW': {
    hash: 'sha384',
    keyBytes: 24,
    wrap: 'id-aes192-wrap',
    maxRounds: 950_000,
  },
  'PBES2-HS512+A256KW': {
    hash: 'sha512',
    keyBytes: 32,
    wrap: 'id-aes256-wrap',
    maxRounds: 600_000,
  },
} as const satisfies Record<string, Variant>;

export type Algorithm = keyof typeof variants;

/** How the key that wraps the content key is derived from the password. */
export interface KeyParameters {
  readonly algorithm: Algorithm;
  readonly rounds: number;
  readonly salt: Buffer;
}

/** The part of a token that shows whether a password is right. */
export interface WrappedKey {
  readonly parameters: KeyParameters;
  readonly encryptedKey: Buffer;
}

export interface Jwe extends WrappedKey {
  readonly protectedHeader: string;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/** A constant of the build, scripts/build-constants.mjs: tests use fewer than 600,000 rounds. */
declare const __KEY_DERIVATION_ROUNDS__: number;

/** The strongest that every Go program supports: AES-256, 600,000 rounds of SHA-512. */
const strongAlgorithm: Algorithm = 'PBES2-HS512+A256KW';
const strongRounds: number = __KEY_DERIVATION_ROUNDS__;

/** The fewest rounds that are read. */
export const minRounds = 1000;
const maxHeaderLength = 4096;
const saltBytes = 16;
const contentKeyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const wrapIv = Buffer.alloc(8, 0xa6); // RFC 3394 §2.2.3.1

export function variantOf(algorithm: Algorithm): Variant {
  return variants[algorithm];
}

/**
 * Creates parameters with a new salt.
 *
 * @param rounds at least {@link minRounds}
 */
export function createParameters(rounds: number = strongRounds): KeyParameters {
  return { algorithm: strongAlgorithm, rounds, salt: randomBytes(saltBytes) };
}

/**
 * Work of deriving the key, relative to a derivation with this algorithm and its maximum rounds.
 */
export function derivationWork({ algorithm, rounds }: KeyParameters): number {
  return rounds / variants[algorithm].maxRounds;
}

/** Whether they are as strong as the parameters that we write. */
export function isStrong(parameters: KeyParameters): boolean {
  return isStrongForSecret(parameters) && parameters.rounds >= strongRounds;
}

/** The same for a password of 256 random bits: guessing it fails, however cheap a guess is. */
export function isStrongForSecret({ algorithm }: KeyParameters): boolean {
  return algorithm === strongAlgorithm;
}

/** Whether exactly these parameters derive the key of the token. */
export function hasParameters({ parameters }: Jwe, others: KeyParameters): boolean {
  return (
    parameters.algorithm === others.algorithm &&
    parameters.rounds === others.rounds &&
    parameters.salt.equals(others.salt)
  );
}

/** Equal for parameters that derive the same key, and only for those. */
export function parametersName({ algorithm, rounds, salt }: KeyParameters): string {
  return `${algorithm} ${rounds} ${salt.toString('hex')}`;
}

/**
 * Parses a token and checks everything that can be checked without the password, so that no key is
 * derived for a header with too few or too many rounds. Never throws.
 */
export function parseJwe(text: string): Jwe | { fault: string } {
  const parts = text.split('.');
  if (parts.length !== 5) return { fault: `it has ${parts.length} parts, not the 5 of a JWE` };
  const [protectedHeader = '', ...encoded] = parts;
  const [encryptedKey, iv, ciphertext, tag] = encoded.map(decodeBase64url);
  const parameters = parseHeader(protectedHeader);
  if ('fault' in parameters) return parameters;
  if (!encryptedKey || !iv || !ciphertext || !tag) return { fault: 'a part is not base64url' };
  if (encryptedKey.length !== contentKeyBytes + 8)
    return { fault: 'its encrypted key has the wrong length' };
  if (iv.length !== ivBytes) return { fault: 'its IV has the wrong length' };
  if (tag.length !== tagBytes) return { fault: 'its tag has the wrong length' };
  return { parameters, protectedHeader, encryptedKey, iv, ciphertext, tag };
}

function parseHeader(protectedHeader: string): KeyParameters | { fault: string } {
  if (protectedHeader.length > maxHeaderLength) return { fault: 'its header is too long' };
  const header = parseJson(decodeBase64url(protectedHeader)?.toString('utf8') ?? '');
  if (!isObject(header)) return { fault: 'its header is not a JSON object' };
  const { alg, enc, p2c, p2s } = header;
  if (typeof alg !== 'string' || !isAlgorithm(alg))
    return { fault: 'its alg is not a PBES2 algorithm' };
  if (enc !== 'A256GCM') return { fault: 'its enc is not A256GCM' };
  if ('zip' in header) return { fault: 'it is compressed' };
  if ('crit' in header) return { fault: 'it has critical extensions' };
  const { maxRounds } = variants[alg];
  if (typeof p2c !== 'number' || !Number.isInteger(p2c) || p2c < minRounds || p2c > maxRounds) {
    return { fault: `its p2c is not between ${minRounds} and ${maxRounds}` };
  }
  const salt = typeof p2s === 'string' ? decodeBase64url(p2s) : undefined;
  if (!salt || salt.length < 8 || salt.length > 64)
    return { fault: 'its p2s is not 8 to 64 bytes' };
  return { algorithm: alg, rounds: p2c, salt };
}

/** Encrypts with a key that was derived with exactly these parameters. */
export function sealJwe(plaintext: Buffer, parameters: KeyParameters, wrappingKey: Buffer): string {
  const { algorithm, rounds, salt } = parameters;
  const header = { alg: algorithm, enc: 'A256GCM', p2c: rounds, p2s: salt.toString('base64url') };
  const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url');
  const contentKey = randomBytes(contentKeyBytes);
  const wrap = createCipheriv(variants[algorithm].wrap, wrappingKey, wrapIv);
  const encryptedKey = Buffer.concat([wrap.update(contentKey), wrap.final()]);
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv);
  cipher.setAAD(Buffer.from(protectedHeader, 'ascii'));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  contentKey.fill(0);
  const binary = [encryptedKey, iv, ciphertext, cipher.getAuthTag()];
  return [protectedHeader, ...binary.map((part) => part.toString('base64url'))].join('.');
}

/**
 * Decrypts. `failed: 'key'` means that the content key did not unwrap, because of another password
 * or damage. `failed: 'content'` means that the password was right and the rest is damaged.
 */
export function openJwe(
  jwe: Jwe,
  wrappingKey: Buffer,
): { plaintext: Buffer } | { failed: 'key' | 'content' } {
  const contentKey = unwrap(jwe, wrappingKey);
  if (contentKey === undefined) return { failed: 'key' };
  try {
    const decipher = createDecipheriv('aes-256-gcm', contentKey, jwe.iv, {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(jwe.protectedHeader, 'ascii'));
    decipher.setAuthTag(jwe.tag);
    return { plaintext: Buffer.concat([decipher.update(jwe.ciphertext), decipher.final()]) };
  } catch {
    return { failed: 'content' };
  } finally {
    contentKey.fill(0);
  }
}

/** Whether the content key unwraps, which proves the wrapping key. */
export function opensKey(token: WrappedKey, wrappingKey: Buffer): boolean {
  const contentKey = unwrap(token, wrappingKey);
  contentKey?.fill(0);
  return contentKey !== undefined;
}

function unwrap(jwe: WrappedKey, wrappingKey: Buffer): Buffer | undefined {
  try {
    const { wrap } = variants[jwe.parameters.algorithm];
    const decipher = createDecipheriv(wrap, wrappingKey, wrapIv);
    return Buffer.concat([decipher.update(jwe.encryptedKey), decipher.final()]);
  } catch {
    return undefined;
  }
}

function isAlgorithm(alg: string): alg is Algorithm {
  return Object.hasOwn(variants, alg);
}

/** Strict: accepts only canonical base64url, so that each file has one form. */
function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
