import { closeSync, openSync, readSync } from 'node:fs';
import { loadCrypto } from '../../../host/load-crypto.ts';
import { isBusError, malformed } from './dbus/bus-error.ts';
import type { Secret, SecretService } from './service.ts';

const encrypting = 'dh-ietf1024-sha256-aes128-cbc-pkcs7';
const ivBytes = 16;
const maxTries = 8;

/** How values are sent to and from the provider: encrypted if the provider supports it. */
export interface Session {
  readonly path: string;
  readonly isEncrypted: boolean;
  seal(value: Buffer): Secret;
  /** The value; undefined if it belongs to another session or cannot be decrypted with this key. */
  open(secret: Secret): Buffer | undefined;
}

/** @throws BusError */
export async function openSession(service: SecretService): Promise<Session> {
  try {
    return await openEncryptedSession(service);
  } catch (error) {
    // Any error answer: KWallet without its encryption plugin answers with an error name of its
    // own.
    if (!isBusError(error, 'answered')) throw error;
    return createPlainSession(await service.openPlainSession());
  }
}

async function openEncryptedSession(service: SecretService): Promise<Session> {
  for (let tries = 0; tries < maxTries; tries++) {
    const pair = createKeyPair();
    const opening = service.openEncryptedSession(encrypting, pair.publicKey);
    // Loaded while the provider works: the bus sends the call before.
    setImmediate(loadCrypto);
    const { path, peerKey } = await opening;
    const key = agreeOnKey(pair, peerKey);
    if (key !== undefined) return createEncryptedSession(path, key);
  }
  throw malformed('no session key could be negotiated');
}

export function createEncryptedSession(path: string, key: Buffer): Session {
  return {
    path,
    isEncrypted: true,
    seal(value) {
      const { createCipheriv, randomBytes } = loadCrypto();
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-128-cbc', key, iv);
      return {
        session: path,
        parameters: iv,
        value: Buffer.concat([cipher.update(value), cipher.final()]),
      };
    },
    open({ session, parameters, value }) {
      if (session !== path || parameters.length !== ivBytes) return undefined;
      const decipher = loadCrypto().createDecipheriv('aes-128-cbc', key, parameters);
      try {
        return Buffer.concat([decipher.update(value), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

export function createPlainSession(path: string): Session {
  return {
    path,
    isEncrypted: false,
    seal: (value) => ({ session: path, parameters: Buffer.alloc(0), value }),
    open: ({ session, value }) => (session === path ? value : undefined),
  };
}

/**
 * The key agreement of Secret Service's `dh-ietf1024-sha256-aes128-cbc-pkcs7`: the second Oakley
 * group (RFC 2409 §6.2), HKDF-SHA256 without salt and info, 16 bytes.
 *
 * We implement the arithmetic, because node:crypto needs 60 ms to set up the group. It is not
 * constant-time, which reveals nothing: a key lives for one session on a socket of this machine.
 */
const prime = BigInt(
  '0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd' +
    'ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed' +
    'ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff',
);
const generator = 2n;
const groupBytes = 128;
const exponentBytes = 32;
const keyBytes = 16;

export interface KeyPair {
  readonly publicKey: Buffer;
  readonly exponent: bigint;
}

/**
 * A key pair that every provider accepts. KWallet reads a public key as a signed number and rejects
 * numbers shorter than the group, which begin with 00 or ff.
 */
export function createKeyPair(): KeyPair {
  for (;;) {
    const exponent = toNumber(readRandom(exponentBytes));
    const publicKey = toBytes(power(generator, exponent));
    if (publicKey[0] !== 0x00 && publicKey[0] !== 0xff) return { publicKey, exponent };
  }
}

/** Random bytes of the kernel, because the first call is sent before node:crypto is loaded. */
function readRandom(length: number): Buffer {
  const file = openSync('/dev/urandom', 'r');
  try {
    const bytes = Buffer.alloc(length);
    if (readSync(file, bytes) !== length) throw new Error('/dev/urandom returned too few bytes');
    return bytes;
  } finally {
    closeSync(file);
  }
}

/**
 * The key of a session. Undefined if the shared number begins with a zero byte (1 in 256): KWallet
 * strips that byte and would derive another key. The caller retries with a new key pair.
 *
 * @throws BusError `malformed` for a public key outside the group
 */
export function agreeOnKey(own: KeyPair, peerKey: Buffer): Buffer | undefined {
  // KWallet puts a zero byte for the sign before the number.
  const peer = peerKey.length > 2 * groupBytes ? 0n : toNumber(peerKey);
  if (peer <= 1n || peer >= prime - 1n) {
    throw malformed('a session has a public key outside the group');
  }
  const shared = toBytes(power(peer, own.exponent));
  return shared[0] === 0 ? undefined : deriveKey(shared);
}

/** @param shared 128 bytes */
function deriveKey(shared: Buffer): Buffer {
  return Buffer.from(loadCrypto().hkdfSync('sha256', shared, '', '', keyBytes));
}

/**
 * `base` to the power of `exponent`, in the group. Fastest for a small base such as the generator.
 */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % prime;
    if (bit === '1') result = (result * base) % prime;
  }
  return result;
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(groupBytes * 2, '0'), 'hex');
}
