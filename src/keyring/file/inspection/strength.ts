import { join } from 'node:path';
import { KeyringError } from '../../../core/errors.ts';
import type { Host } from '../../../host/host.ts';
import { ok, warning, type Finding } from '../../inspection.ts';
import { entryName } from '../entry-name.ts';
import { listKeys } from '../directory.ts';
import { readEntryFile } from '../entry.ts';
import { isStrong, parseJwe } from '../jwe.ts';

type Who = Pick<Host, 'platform' | 'userId'>;

/** How many entries are cheaper to guess than ours, by their headers. */
export function countWeakEntries(directory: string, host: Who): number {
  return listKeys(directory, host).filter((key) =>
    isWeak(join(directory, entryName(key, host.platform)), host.userId),
  ).length;
}

export function examineStrength(directory: string, host: Who): Finding {
  const weak = countWeakEntries(directory, host);
  if (weak === 0) return ok('weak-entries', 'no entry is weaker than those we write');
  return warning(
    'weak-entries',
    `weaker than those we write: ${weak} of ${listKeys(directory, host).length} entries; Atmos writes AES-128 and few rounds`,
    'atmos auth keyring rekey --upgrade',
  );
}

/** One that cannot be read is not weak: what is wrong with it, others say. */
function isWeak(path: string, userId: number | undefined): boolean {
  try {
    const text = readEntryFile(path, userId);
    const token = text === undefined ? undefined : parseJwe(text);
    return token !== undefined && 'parameters' in token && !isStrong(token.parameters);
  } catch (error) {
    if (error instanceof KeyringError) return false;
    throw error;
  }
}
