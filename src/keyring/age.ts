import { armor, Decrypter, Encrypter, identityToRecipient } from 'age-encryption';

/**
 * The format of age (age-encryption.org/v1), ASCII-armored, for X25519 recipients and identities, or
 * for a passphrase. The only module that imports the library, which takes time to load: import this
 * module by `import()`.
 */

/** Trying one recipient takes about a millisecond, so a header of many megabytes would take minutes. */
export const maxRecipients = 1000;
/** The tool age writes 18. Each step doubles time and memory: 20 took a minute and 1.1 GB. */
export const maxWorkFactor = 19;

/** Whether the text is a public key of age with a right checksum. */
export function isRecipient(text: string): boolean {
  try {
    new Encrypter().addRecipient(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The public key of an identity. Undefined if the identity is invalid.
 *
 * @param identity `AGE-SECRET-KEY-1…`
 */
export async function recipientOf(identity: string): Promise<string | undefined> {
  try {
    return await identityToRecipient(identity);
  } catch {
    return undefined;
  }
}

/** Encrypts for all recipients, which are valid. The result ends with a line break. */
export async function encryptFor(recipients: readonly string[], text: string): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encryptArmored(encrypter, text);
}

/** A constant of the build, scripts/build-constants.mjs: 18, in tests less. */
declare const __ARCHIVE_WORK_FACTOR__: number;

/** Encrypts for a passphrase, as strongly as the tool age does, which takes about a second. */
export async function encryptWithPassphrase(passphrase: string, text: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(__ARCHIVE_WORK_FACTOR__);
  return encryptArmored(encrypter, text);
}

async function encryptArmored(encrypter: Encrypter, text: string): Promise<string> {
  return `${armor.encode(await encrypter.encrypt(text)).trimEnd()}\n`;
}

/** `failed: 'identity'`: the file was not encrypted for it. `failed: 'content'`: it is damaged. */
export type Decrypted = { readonly text: string } | { readonly failed: 'identity' | 'content' };

/** Decrypts with the first identity that opens the file. */
export async function decryptWith(
  identities: readonly string[],
  armored: string,
): Promise<Decrypted> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return decryptArmored(decrypter, armored);
}

/** Decrypts with a passphrase. A file with a work factor above {@link maxWorkFactor} counts as damaged. */
export async function decryptWithPassphrase(
  passphrase: string,
  armored: string,
): Promise<Decrypted> {
  if ((workFactorOf(armored) ?? 0) > maxWorkFactor) return { failed: 'content' };
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  return decryptArmored(decrypter, armored);
}

async function decryptArmored(decrypter: Decrypter, armored: string): Promise<Decrypted> {
  if (countRecipients(armored) > maxRecipients) return { failed: 'content' };
  let isUnmatched = false;
  // Asked last, when no other identity has opened the file.
  decrypter.addIdentity({
    unwrapFileKey() {
      isUnmatched = true;
      return null;
    },
  });
  try {
    return { text: await decrypter.decrypt(armor.decode(armored), 'text') };
  } catch {
    return { failed: isUnmatched ? 'identity' : 'content' };
  }
}

const stanza = '\n-> ';

/** For how many recipients a file is encrypted, of any kind. 0 for a text that is not of age. */
export function countRecipients(armored: string): number {
  try {
    const file = Buffer.from(armor.decode(armored));
    const end = file.indexOf('\n--- ');
    let count = 0;
    for (let at = file.indexOf(stanza); at !== -1 && at < end; at = file.indexOf(stanza, at + 1))
      count++;
    return count;
  } catch {
    return 0;
  }
}

/**
 * The work factor of a file that was encrypted with a passphrase: the base-2 logarithm of the scrypt
 * parameter N. Undefined for any other file.
 */
export function workFactorOf(armored: string): number | undefined {
  try {
    const start = Buffer.from(armor.decode(armored)).toString('latin1', 0, 128);
    const [, factor] = /^age-encryption\.org\/v1\n-> scrypt \S+ (\d+)\n/.exec(start) ?? [];
    return factor === undefined ? undefined : Number(factor);
  } catch {
    return undefined;
  }
}
