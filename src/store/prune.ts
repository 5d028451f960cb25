import { isEntryError, type AtmosError } from '../core/errors.ts';
import type { Keyring } from '../keyring/contract.ts';
import { hasExpired, type Inventory, type OwnEntry, type ReadEntry } from './inventory.ts';
import type { ItemKind } from './key.ts';

/** An entry that was removed, or would be in a dry run. */
export interface PrunedEntry {
  readonly key: string;
  readonly identity: string;
  readonly item: ItemKind;
  /** Undefined if it has no expiry time. */
  readonly expiresAt: Date | undefined;
}

export interface Pruning {
  readonly now: Date;
  /** Removes nothing. */
  readonly isDryRun: boolean;
  readonly inventory: Inventory;
}

export interface PruneResult {
  readonly removed: readonly PrunedEntry[];
  /** Sessions and tokens that do not say whether they have expired. They are not removed. */
  readonly unclear: readonly { readonly key: string; readonly fault: string }[];
  /** Remaining entries of identities and providers that are not configured. */
  readonly orphans: readonly OwnEntry[];
  readonly failures: readonly AtmosError[];
}

/**
 * Removes expired sessions and tokens of every realm, according to their content. An entry that
 * does not say that it is a session or token is not removed, so a long-lived key is never removed,
 * even under a wrong name.
 */
export async function pruneKeyring(keyring: Keyring, pruning: Pruning): Promise<PruneResult> {
  const { inventory, now, isDryRun } = pruning;
  const removed: PrunedEntry[] = [];
  const unclear: { key: string; fault: string }[] = [];
  const orphans: OwnEntry[] = [];
  const failures: AtmosError[] = [];
  for (const key of await keyring.keys()) {
    const named = inventory.named(key);
    if (!inventory.mayBeOwn(key) || inventory.isCertainlyKey(named)) continue;
    try {
      const value = await keyring.get(key);
      if (value === null) continue;
      const entry = inventory.read(key, value);
      if (entry.owner !== 'atmos-auth') continue;
      const fault = faultOf(entry);
      if (fault !== undefined) unclear.push({ key, fault });
      if (fault === undefined && entry.item !== 'key' && hasExpired(entry, now)) {
        if (isDryRun || (await keyring.delete(key))) removed.push(prunedOf(entry));
      } else if (inventory.isOrphan(entry)) {
        orphans.push(entry);
      }
    } catch (error) {
      if (!isEntryError(error)) throw error;
      if (inventory.isOrphan(named)) orphans.push(named);
      // Keys are never removed.
      if (named.owner !== 'atmos-auth' || named.item === 'key') continue;
      if (inventory.isCertainlyOwn(key)) failures.push(error);
    }
  }
  return { removed, unclear, orphans, failures };
}

function prunedOf({ key, alias, item, expiresAt }: ReadEntry): PrunedEntry {
  return { key, identity: alias, item, expiresAt };
}

/** Why it is unknown whether an entry with the name of a session or token is one. */
function faultOf({ item, holds, fault }: ReadEntry): string | undefined {
  if (item === 'key') return undefined;
  return fault ?? (holds === item ? undefined : `it does not say that it is a ${item}`);
}
