import { notRecipient } from './recipient.ts';

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
