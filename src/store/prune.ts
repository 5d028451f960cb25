import type { AtmosError } from '../core/errors.ts';
import type { Keyring } from '../keyring/contract.ts';
import { parseEnvelope, type Envelope } from './envelope.ts';
import { parseItemKey, type ItemKind } from './key.ts';

/** An entry that was removed, or would be. */
export interface PrunedEntry {
  readonly key: string;
  readonly identity: string;
  readonly item: ItemKind;
  /** Undefined of one that says no time. */
  readonly expiresAt: Date | undefined;
}

export interface Pruning {
  readonly now: Date;
  /** Removes nothing. */
  readonly isDryRun: boolean;
  readonly currentRealm: string;
  /** Whether an error is of one entry, so that the others are gone on with. */
  isOfEntry(error: unknown): error is AtmosError;
}

export interface PruneResult {
  readonly removed: readonly PrunedEntry[];
  /** Sessions and tokens that do not say whether they have expired: they stay. */
  readonly unclear: readonly { readonly key: string; readonly fault: string }[];
  readonly failures: readonly AtmosError[];
}

/**
 * Removes the sessions and tokens of every realm that have expired, by what they themselves say; one
 * without a time it can be read by has. What does not say that it is a session or token stays: a
 * long-lived key is never removed, whatever its name.
 */
export async function pruneKeyring(keyring: Keyring, pruning: Pruning): Promise<PruneResult> {
  const removed: PrunedEntry[] = [];
  const unclear: { key: string; fault: string }[] = [];
  const failures: AtmosError[] = [];
  for (const key of await keyring.keys()) {
    const named = parseItemKey(key, pruning.currentRealm);
    if (named === undefined || named.item === 'key') continue;
    try {
      const value = await keyring.get(key);
      if (value === null) continue;
      const entry = parseEnvelope(value);
      const fault = 'fault' in entry ? entry.fault : kindFault(entry, named.item);
      if (fault !== undefined) {
        unclear.push({ key, fault });
      } else if (!('fault' in entry) && hasExpired(entry, pruning.now)) {
        if (!pruning.isDryRun && !(await keyring.delete(key))) continue;
        const { alias = named.alias, credentials } = entry;
        removed.push({ key, identity: alias, item: named.item, expiresAt: credentials.expiresAt });
      }
    } catch (error) {
      if (!pruning.isOfEntry(error)) throw error;
      failures.push(error);
    }
  }
  return { removed, unclear, failures };
}

/** Atmos drops our fields when it writes an entry, but a session has a token all the same. */
function kindFault({ item, credentials }: Envelope, named: ItemKind): string | undefined {
  const isSession = item === named || (item === undefined && credentials.sessionToken);
  return isSession ? undefined : `it does not say that it is a ${named}`;
}

/** By the clock of the server that gave it. */
function hasExpired({ credentials, clockOffsetMs = 0 }: Envelope, now: Date): boolean {
  const { expiresAt } = credentials;
  return expiresAt === undefined || expiresAt.getTime() <= now.getTime() + clockOffsetMs;
}
