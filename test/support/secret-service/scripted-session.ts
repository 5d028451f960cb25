import {
  createCipheriv,
  createDecipheriv,
  createDiffieHellmanGroup,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import { Variant } from '@jellybrick/dbus-next';

export const dhAlgorithm = 'dh-ietf1024-sha256-aes128-cbc-pkcs7';

/** How secrets are encoded in one session. */
export interface ScriptedSession {
  /** The output of OpenSession besides the path. */
  output: Variant;
  seal(value: Buffer): { parameters: Buffer; sealed: Buffer };
  open(parameters: Buffer, sealed: Buffer): Buffer;
}

export function createPlainSession(): ScriptedSession {
  return {
    output: new Variant('s', ''),
    seal: (value) => ({ parameters: Buffer.alloc(0), sealed: value }),
    open: (_, sealed) => sealed,
  };
}

/** The key agreement of the Secret Service: the second Oakley group, HKDF with SHA-256, AES-128-CBC. */
export function createDhSession(theirPublicKey: Buffer): ScriptedSession {
  const group = createDiffieHellmanGroup('modp2');
  group.generateKeys();
  const shared = Buffer.alloc(128);
  const secret = group.computeSecret(theirPublicKey);
  secret.copy(shared, shared.length - secret.length);
  const key = Buffer.from(hkdfSync('sha256', shared, '', '', 16));
  return {
    output: new Variant('ay', group.getPublicKey()),
    seal(value) {
      const parameters = randomBytes(16);
      const cipher = createCipheriv('aes-128-cbc', key, parameters);
      return { parameters, sealed: Buffer.concat([cipher.update(value), cipher.final()]) };
    },
    open(parameters, sealed) {
      const decipher = createDecipheriv('aes-128-cbc', key, parameters);
      return Buffer.concat([decipher.update(sealed), decipher.final()]);
    },
  };
}
