import { notRecipient } from './settings-readers.ts';
import { formatSharedSecret, type SharedSecret } from './shared-secret.ts';

/** The text of `.state/secret.age`. */
export async function wrapSecret(shared: SharedSecret): Promise<string> {
  const { encryptFor } = await import('./age.ts');
  return encryptFor(shared.readers, formatSharedSecret(shared));
}

/**
 * Valid recipients, sorted, each once.
 *
 * @param source of the recipients, for the message
 * @throws ERR_CONFIG_INVALID
 */
export async function checkRecipients(
  recipients: readonly string[],
  source: string,
): Promise<readonly string[]> {
  const { isRecipient } = await import('./age.ts');
  for (const value of recipients) if (!isRecipient(value)) throw notRecipient({ value, source });
  return [...new Set(recipients)].sort();
}
