import { createHash } from 'node:crypto';

/**
 * SHA-256 of a text or of bytes, in hex. Uses node:crypto, so that the keyring needs no package.
 */
export function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
