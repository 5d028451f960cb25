import { chmodSync, cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../../support/temporary.ts';

/** The password of every entry except `…/OTHER_PASSWORD`. */
export const keychainPassword = 'authpass1';

/** Copies a directory that Atmos in Go wrote: test/vectors/keychain-directory.md. */
export function copyKeychainDirectory(): string {
  const directory = join(temporaryDirectory(), 'keyring');
  mkdirSync(directory, { mode: 0o700 });
  const vectors = fileURLToPath(new URL('../../vectors/keychain-directory', import.meta.url));
  for (const name of readdirSync(vectors)) {
    cpSync(join(vectors, name), join(directory, name));
    chmodSync(join(directory, name), 0o600);
  }
  return directory;
}

export const longName = `atmos/plat/ue2/prod/${'c'.repeat(200)}/KEY_NAME_12345`;

/** The names of its entries, sorted. */
export const keychainKeys = [
  '.x/dev/KEY',
  'atmos/dev/sops/age-key/dev-sops',
  'atmos/plat/ue2/dev/app/DB_PASSWORD',
  'atmos/plat/ue2/dev/app/OTHER_PASSWORD',
  longName,
  'atmos_r1_corp',
  'atmos_r1_me',
  'atmos_secrets/dev/app/TOKEN',
];
