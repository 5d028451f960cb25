import { armor, Decrypter, Encrypter, identityToRecipient } from 'age-encryption';

/**
 * The format of age (age-encryption.org/v1) for X25519 recipients and identities, ASCII-armored. The
 * only module that imports the library, which takes time to load: import this module by `import()`.
 */

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
  return `${armor.encode(await encrypter.encrypt(text)).trimEnd()}\n`;
}

/**
 * Decrypts with the first identity that opens the file. `failed: 'identity'`: none of them does.
 * `failed: 'content'`: the file is damaged.
 */
export async function decryptWith(
  identities: readonly string[],
  armored: string,
): Promise<{ text: string } | { failed: 'identity' | 'content' }> {
  let isUnmatched = false;
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
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
