import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatItem } from '../../../src/keyring/file/entry.ts';
import { sealJwe } from '../../../src/keyring/file/jwe.ts';
import {
  createState,
  ensureState,
  statePaths,
  verifierKey,
} from '../../../src/keyring/file/state.ts';
import { encodeKey } from '../../../src/keyring/key.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { quick, sealEntry, wrappingKey } from './tokens.ts';

/**
 * Creates a keyring with these entries, the test password and weak parameters, without a slow KDF.
 */
export async function seedKeyring(entries: Record<string, string> = {}): Promise<string> {
  const directory = await seedEntries(entries);
  const paths = statePaths(directory);
  ensureState(paths, process.getuid?.());
  createState(paths, quick, await wrappingKey(quick), () => {});
  return directory;
}

/** Creates the same keyring without `.state`, as another tool does. */
export async function seedEntries(
  entries: Record<string, string>,
  secret?: string,
): Promise<string> {
  const directory = join(temporaryDirectory(), 'keyring');
  mkdirSync(directory, { mode: 0o700 });
  for (const [key, value] of Object.entries(entries)) {
    writeEntry(directory, key, await sealEntry({ key, value }, secret));
  }
  return directory;
}

export function writeEntry(directory: string, key: string, token: string): void {
  writeFileSync(join(directory, encodeKey(key)), token, { mode: 0o600 });
}

/** The text of a verifier with these parameters and password. */
export async function sealVerifier(parameters = quick, secret?: string): Promise<string> {
  const item = formatItem({ key: verifierKey, value: '' });
  return sealJwe(item, parameters, await wrappingKey(parameters, secret));
}

/** The text of each regular file below a directory, except the holder in the lock file. */
export function contentsOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { withFileTypes: true, recursive: true });
  return Object.fromEntries(
    files
      .filter((file) => file.isFile() && file.name !== 'lock')
      .map((file) => join(file.parentPath, file.name))
      .map((path) => [path, readFileSync(path, 'latin1')]),
  );
}
