import { AtmosError } from '../core/errors.ts';
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
  const { isRecipient, maxRecipients } = await import('./age.ts');
  if (recipients.length > maxRecipients) {
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `there are ${recipients.length} recipients (from ${source}), and at most ${maxRecipients} are supported`,
    );
  }
  for (const value of recipients) if (!isRecipient(value)) throw notRecipient({ value, source });
  return [...new Set(recipients)].sort();
}
