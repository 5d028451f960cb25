import { createHash } from 'node:crypto';

/** SHA-256 of a text, as hex. By Node's own, so that the keyring alone needs no package. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
