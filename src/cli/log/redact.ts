import { isSecretVariable } from '../../clouds/aws/environment.ts';
import { shortAccessKeyId } from '../../core/credentials.ts';
import { deceptive } from '../printable.ts';

/** The most characters of one field. */
export const maxFieldLength = 200;

// Shorter ones would be found in words that have nothing to do with them.
const minSecretLength = 6;

/**
 * A second line of defence: no field of the vocabulary is for a secret. What it gives holds no value
 * of a variable whose name says that it is secret, an access key id only in its short form, nothing
 * that steers a terminal, breaks the line or cannot be seen, and at most {@link maxFieldLength} characters.
 */
export function createRedaction(
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const secrets = Object.entries(env)
    .flatMap(([name, value = '']) => (isSecretVariable(name) ? [value] : []))
    .filter((value) => value.length >= minSecretLength)
    // One may be part of another.
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    const safe = secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
    const shortened = safe.replaceAll(/A[KS]IA[A-Z0-9]{12,}/g, shortAccessKeyId);
    return bounded(shortened.replaceAll(deceptive, '�'));
  };
}

function bounded(text: string): string {
  if (text.length <= maxFieldLength) return text;
  // A character of two halves is not cut in two.
  return `${text.slice(0, maxFieldLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
