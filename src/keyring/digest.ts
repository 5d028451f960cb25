import { createHash } from 'node:crypto';

/**
 * SHA-256 of a text or of bytes, in hex. Uses node:crypto, which is faster for whole values than
 * `sha256` of core.
 */
export function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
