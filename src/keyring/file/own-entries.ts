import type { KeyringCaller } from '../contract.ts';
import { isOwnEntry } from '../key.ts';

// Decides by the entry name which entries are our own. Reading, writing, re-encryption and
// inspection use the same rule.

/** @param key undefined for a file whose name belongs to no entry name */
export type IsOwn = (key: string | undefined) => boolean;

export function ownEntriesOf({ isOwnEntry: isOwn = isOwnEntry }: KeyringCaller): IsOwn {
  return (key) => key !== undefined && isOwn(key);
}

/** Which entries say what the password is: those of other programs may be under another one. */
export function passwordEntriesOf(context: KeyringCaller): IsOwn {
  return context.hasOnePassword ? () => true : ownEntriesOf(context);
}
