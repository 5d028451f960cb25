import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isBusError, malformed } from './dbus/bus-error.ts';
import { agreeOnKey, createKeyPair } from './diffie-hellman.ts';
import type { Secret, SecretService } from './service.ts';

const encrypting = 'dh-ietf1024-sha256-aes128-cbc-pkcs7';
const ivBytes = 16;
const mostTries = 8;

/** How values travel between us and the provider: encrypted where it can do that. */
export interface Session {
  readonly path: string;
  readonly isEncrypted: boolean;
  seal(value: Buffer): Secret;
  /** The value, or undefined when it is not of this session or its key is not the one we have. */
  open(secret: Secret): Buffer | undefined;
}

/** @throws BusError */
export async function openSession(service: SecretService): Promise<Session> {
  try {
    return await openEncryptedSession(service);
  } catch (error) {
    // Any error it answers: KWallet without its plugin has one of its own.
    if (!isBusError(error, 'answered')) throw error;
    return createPlainSession(await service.openPlainSession());
  }
}

async function openEncryptedSession(service: SecretService): Promise<Session> {
  for (let tries = 0; tries < mostTries; tries++) {
    const pair = createKeyPair();
    const { path, peerKey } = await service.openEncryptedSession(encrypting, pair.publicKey);
    const key = agreeOnKey(pair, peerKey);
    if (key !== undefined) return createEncryptedSession(path, key);
  }
  throw malformed('no key could be agreed on for a session');
}

export function createEncryptedSession(path: string, key: Buffer): Session {
  return {
    path,
    isEncrypted: true,
    seal(value) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-128-cbc', key, iv);
      return {
        session: path,
        parameters: iv,
        value: Buffer.concat([cipher.update(value), cipher.final()]),
      };
    },
    open({ session, parameters, value }) {
      if (session !== path || parameters.length !== ivBytes) return undefined;
      const decipher = createDecipheriv('aes-128-cbc', key, parameters);
      try {
        return Buffer.concat([decipher.update(value), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

export function createPlainSession(path: string): Session {
  return {
    path,
    isEncrypted: false,
    seal: (value) => ({ session: path, parameters: Buffer.alloc(0), value }),
    open: ({ session, value }) => (session === path ? value : undefined),
  };
}
