import { KeyringError, systemErrorCode } from '../core/errors.ts';
import { listFiles, say, type Hint } from '../core/hint.ts';
import { showValue, type Sourced } from '../core/json.ts';
import { reasonOf } from '../host/denial.ts';
import type { Host } from '../host/host.ts';
import { irregularKindAt } from '../host/read-files.ts';
import { readBounded } from './read-bounded.ts';

const maxBytes = 64 * 1024;
const identityForm = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;

/** The identities of a file, and the public key of each. */
export interface Identities {
  readonly file: Sourced<string>;
  /** `AGE-SECRET-KEY-1…` */
  readonly identities: readonly string[];
  readonly recipients: readonly string[];
}

type Reader = Pick<Host, 'monotonicMs' | 'sleep'>;

/**
 * Reads a file of identities as age does: one identity a line, `#` begins a comment. It may be a
 * pipe.
 *
 * @param file its path is absolute
 * @throws ERR_KEYRING_PASSWORD_REQUIRED, ERR_KEYRING_TIMEOUT; no message quotes the file
 */
export async function readIdentityFile(file: Sourced<string>, host: Reader): Promise<Identities> {
  const named = `the identity file ${showValue(file)} (from ${file.source})`;
  const identities = parseIdentities(named, await readText(file, named, host));
  const { recipientOf } = await import('./age.ts');
  const recipients = await Promise.all(identities.map(recipientOf));
  if (!recipients.every((recipient) => recipient !== undefined)) {
    throw required(`${named} has an identity with a wrong checksum`, [
      say('restore the file, or make a new identity: age-keygen -o FILE'),
    ]);
  }
  return { file, identities, recipients };
}

async function readText(file: Sourced<string>, named: string, host: Reader): Promise<string> {
  try {
    const content = await readBounded(host, file.value, { named, maxBytes });
    if (content !== undefined) return content.toString('latin1');
    throw required(`${named} is too large for an identity file`, []);
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof KeyringError || code === undefined) throw error;
    throw required(`${named} ${reasonFor(code, file)}`, hintsFor(code, file));
  }
}

/** The path is not shown if a YAML tag provided it. */
function hintsFor(code: string, { value: path, tag }: Sourced<string>): Hint[] {
  if (code === 'ENOENT') return [say('name the file that age-keygen -o FILE made for you')];
  return tag === undefined ? [listFiles([path])] : [];
}

function reasonFor(code: string, { value: path, tag }: Sourced<string>): string {
  if (code === 'ENOENT') return 'does not exist';
  const kind = irregularKindAt(path);
  if (kind === 'a directory' || kind === 'a socket') return `is ${kind}`;
  return `cannot be read: ${tag === undefined ? reasonOf(code, path) : code}`;
}

function parseIdentities(named: string, text: string): string[] {
  if (/^(age-encryption\.org\/|-----BEGIN AGE ENCRYPTED FILE-----)/.test(text)) {
    throw required(`${named} is encrypted with a passphrase, which atmos-auth cannot open`, [
      say('name a file with the identity itself, readable only by you (age --decrypt prints it)'),
    ]);
  }
  if (text.startsWith('-----BEGIN ')) {
    throw required(`${named} is a key of another program, such as SSH, not an age identity`, [
      say('make an identity: age-keygen -o FILE'),
    ]);
  }
  const lines = text.split('\n').map((line) => line.trim());
  const identities: string[] = [];
  for (const [at, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (!identityForm.test(line)) {
      throw required(`line ${at + 1} of ${named} is not an identity of age (AGE-SECRET-KEY-1…)`, [
        say('make an identity: age-keygen -o FILE'),
      ]);
    }
    identities.push(line);
  }
  if (identities.length > 0) return identities;
  throw required(`${named} contains no identity`, [say('make an identity: age-keygen -o FILE')]);
}

function required(message: string, hints: readonly Hint[]): KeyringError {
  return new KeyringError('ERR_KEYRING_PASSWORD_REQUIRED', message, { hints });
}
