import { hkdfSync, randomBytes } from 'node:crypto';
import { malformed } from './dbus/bus-error.ts';

/**
 * The key agreement of Secret Service's `dh-ietf1024-sha256-aes128-cbc-pkcs7`: the second Oakley
 * group (RFC 2409 §6.2), HKDF-SHA256 without salt and info, 16 bytes.
 *
 * Own arithmetic, because node:crypto takes 60 ms to set the group up. That it is not constant-time
 * gives nothing away: a key lives for one session on a socket of this machine.
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

/** A key pair whose public key fills the group's 128 bytes: see {@link agreeOnKey}. */
export function createKeyPair(): KeyPair {
  for (;;) {
    const exponent = toNumber(randomBytes(exponentBytes));
    const publicKey = toBytes(power(generator, exponent));
    if (publicKey[0] !== 0) return { publicKey, exponent };
  }
}

/**
 * The key of a session, or undefined where it cannot be relied on. Providers do not agree on leading
 * zeros: some strip them, KWallet fails on them. So a number that has one (1 in 128) is no basis for
 * a session, and another key pair is.
 *
 * @throws BusError `malformed` for a public key outside the group
 */
export function agreeOnKey(own: KeyPair, peerKey: Buffer): Buffer | undefined {
  const peer = toNumber(peerKey);
  if (peerKey.length > groupBytes || peer <= 1n || peer >= prime - 1n) {
    throw malformed('a session has a public key outside the group');
  }
  const shared = toBytes(power(peer, own.exponent));
  if (toBytes(peer)[0] === 0 || shared[0] === 0) return undefined;
  return deriveKey(shared);
}

/** @param shared 128 bytes */
export function deriveKey(shared: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', shared, '', '', keyBytes));
}

/** `base` to the power of `exponent`, in the group. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(groupBytes * 2, '0'), 'hex');
}
