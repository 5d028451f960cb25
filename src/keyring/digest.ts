import { createHash } from 'node:crypto';

/** SHA-256 of a text or of bytes, as hex. By Node's own, so that the keyring alone needs no package. */
export function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
