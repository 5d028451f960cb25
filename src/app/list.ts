import type { AuthPlan } from '../auth/plan.ts';
import { isEntryError, joinErrors, type AtmosError } from '../core/errors.ts';
import { readEach } from '../keyring/bulk.ts';
import type { Keyring } from '../keyring/contract.ts';
import { createInventory, type Entry, type ReadEntry } from '../store/inventory.ts';

/** An entry with the data from its name, or from its content if it was opened. */
export interface ListedEntry {
  readonly entry: Entry | ReadEntry;
  /** Size of the value, not of the file. Undefined if it was not opened. */
  readonly sizeBytes?: number;
}

export interface Listed {
  /** Also those of other programs. */
  readonly entries: readonly ListedEntry[];
  /** Why own entries cannot be opened, all reasons in one error. */
  readonly failure: AtmosError | undefined;
}

/** Lists entries by name. Needs no password. */
export async function listNames(plan: AuthPlan, keyring: Keyring): Promise<Listed> {
  const inventory = createInventory(plan.realm.value, plan.config);
  const entries = (await keyring.keys()).map((key) => ({ entry: inventory.named(key) }));
  return { entries, failure: undefined };
}

/**
 * Opens every own entry, or all entries, to list data that only their content has. An entry of
 * another program may have another password.
 *
 * @throws the keyring's errors, except those about a single entry
 */
export async function listContents(
  plan: AuthPlan,
  keyring: Keyring,
  { isAll, warn }: { readonly isAll: boolean; warn(message: string): Promise<void> },
): Promise<Listed> {
  const inventory = createInventory(plan.realm.value, plan.config);
  const entries: ListedEntry[] = [];
  const failures: AtmosError[] = [];
  for await (const { key, read } of readEach(keyring)) {
    const named = inventory.named(key);
    const isOpened = isAll || inventory.mayBeOwn(key);
    try {
      const value = isOpened ? await read() : null;
      if (value === null) {
        entries.push({ entry: named });
        continue;
      }
      const entry = inventory.read(key, value);
      entries.push({ entry, sizeBytes: Buffer.byteLength(value) });
      if (entry.owner === 'atmos-auth' && entry.fault !== undefined)
        await warn(`only the size of ${key} is known: ${entry.fault}`);
    } catch (error) {
      if (!isEntryError(error)) throw error;
      entries.push({ entry: named });
      if (inventory.isCertainlyOwn(key)) failures.push(error);
      else await warn(`${key} is not readable with this password`);
    }
  }
  const [first, ...others] = failures;
  return { entries, failure: first && joinErrors([first, ...others]) };
}
