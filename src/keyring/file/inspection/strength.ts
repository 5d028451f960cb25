import { join } from 'node:path';
import { KeyringError } from '../../../core/errors.ts';
import type { Host } from '../../../host/host.ts';
import { ok, warning, type Finding } from '../../inspection.ts';
import { encodeKey } from '../../key.ts';
import { listKeys } from '../directory.ts';
import { readEntryFile } from '../entry.ts';
import { isStrong, parseJwe } from '../jwe.ts';

/** How many entries are cheaper to guess than ours, by their headers. */
export function countWeakEntries(directory: string, userId: number | undefined): number {
  return listKeys(directory).filter((key) => isWeak(join(directory, encodeKey(key)), userId))
    .length;
}

export function examineStrength(directory: string, { userId }: Host): Finding {
  const weak = countWeakEntries(directory, userId);
  if (weak === 0) return ok('weak-entries', 'no entry is weaker than those we write');
  return warning(
    'weak-entries',
    `weaker than those we write: ${weak} of ${listKeys(directory).length} entries; Atmos writes AES-128 and few rounds`,
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
