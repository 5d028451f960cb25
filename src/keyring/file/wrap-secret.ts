import { formatSharedSecret, type SharedSecret } from './shared-secret.ts';

/** The text of `.state/secret.age`. */
export async function wrapSecret(shared: SharedSecret): Promise<string> {
  const { encryptFor } = await import('../age.ts');
  return encryptFor(shared.readers, formatSharedSecret(shared));
}
