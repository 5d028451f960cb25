import type { KeyringCaller } from '../contract.ts';
import { isOwnEntry } from '../key.ts';

// Which entries of a directory are ours, by their names: the same answer for whoever opens, writes,
// encrypts anew or examines it.

/** @param key undefined for a file under a name that no key encodes to */
export type IsOwn = (key: string | undefined) => boolean;

export function ownEntriesOf({ isOwnEntry: isOwn = isOwnEntry }: KeyringCaller): IsOwn {
  return (key) => key !== undefined && isOwn(key);
}

/** Which entries say what the password is: those of other programs may be under another one. */
export function passwordEntriesOf(context: KeyringCaller): IsOwn {
  return context.hasOnePassword ? () => true : ownEntriesOf(context);
}
