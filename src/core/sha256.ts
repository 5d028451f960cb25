import { sha1 as weakHash } from '@noble/hashes/legacy.js';
import { sha256 as hash } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * SHA-256 of a text, as hex. node:crypto is not used because it adds 7 ms to the startup, which is
 * too much for hashing a name or two.
 */
export function sha256(text: string): string {
  return bytesToHex(hash(utf8ToBytes(text)));
}

/** SHA-1 of a text, as hex: only for names that other programs have chosen. */
export function sha1(text: string): string {
  return bytesToHex(weakHash(utf8ToBytes(text)));
}
