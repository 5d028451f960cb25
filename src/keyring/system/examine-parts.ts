import { KeyringError } from '../../core/errors.ts';
import type { PartedKeyring, Swept } from '../chunked-store.ts';
import { ok, type Finding } from '../inspection.ts';

/**
 * Removes the parts of large values that a killed write has left, as nothing leads to them any more.
 * Tells nothing where it cannot look: why, the examination of the keyring itself says.
 */
export async function examineParts(keyring: Pick<PartedKeyring, 'sweep'>): Promise<Finding[]> {
  try {
    return [ok('parts', describe(await keyring.sweep()))];
  } catch (error) {
    if (error instanceof KeyringError) return [];
    throw error;
  }
}

function describe({ removed, recent }: Swept): string {
  const left =
    removed === 0
      ? 'no parts of values are left over'
      : `parts that killed writes of large values had left were removed: ${removed}`;
  return recent === 0
    ? left
    : `${left}; parts that a write may still be at work on: ${recent} (after 10 minutes they are removed)`;
}
