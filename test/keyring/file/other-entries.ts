import { chmodSync, cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../../support/temporary.ts';

/** Of every entry but `…/OTHER_PASSWORD`. */
export const keychainPassword = 'authpass1';

/** A directory that Go Atmos wrote: test/vectors/keychain-directory.md. */
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

/** The keys of its entries, sorted. */
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
