import type { BackendContext } from '../contract.ts';
import { isOwnEntry } from '../key.ts';

// Decides by the entry name which entries are our own. Reading, writing, re-encryption and
// inspection use the same rule.

/** @param key undefined for a file whose name belongs to no entry name */
export type IsOwn = (key: string | undefined) => boolean;

export function ownEntriesOf({ isOwnEntry: isOwn = isOwnEntry }: BackendContext): IsOwn {
  return (key) => key !== undefined && isOwn(key);
}

/**
 * The entries that are used to check the password. Those of other programs may have another one.
 */
export function passwordEntriesOf(context: BackendContext): IsOwn {
  return context.hasOnePassword ? () => true : ownEntriesOf(context);
}
