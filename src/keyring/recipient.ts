import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { quoteValue, type Sourced } from '../core/json.ts';
import { hasSecretKey } from '../core/printable.ts';

// Public keys of age for X25519, for which a secret or an archive is encrypted.

const form = /^age1[02-9ac-hj-np-z]{58}$/;

/**
 * Whether the text looks like a public key of age for X25519. The checksum is not checked: that needs
 * the library, which takes time to load.
 */
export function hasRecipientForm(text: string): boolean {
  return form.test(text);
}

/** The error for a recipient that cannot be used. It never quotes a secret key. */
export function notRecipient({ value, source, tag }: Sourced<string>): AtmosError {
  const isSecret = hasSecretKey(value);
  const shown = isSecret ? '' : ` ${quoteValue({ value, tag })}`;
  return new AtmosError(
    'ERR_CONFIG_INVALID',
    `the recipient${shown} (from ${source}) is ${isSecret ? 'a secret key, not a public key' : `not a public key${kindOf(value)}`}`,
    {
      hints: [say(`use the public key (age1…, 62 characters), which age-keygen -y FILE prints`)],
    },
  );
}

function kindOf(value: string): string {
  if (value.startsWith('ssh-')) return ' of age: SSH keys are not supported';
  if (/^age1[a-z]+1/.test(value))
    return ' of age for X25519: plug-ins and other kinds are not supported';
  return form.test(value) ? ' of age: its checksum is wrong' : ' of age';
}
