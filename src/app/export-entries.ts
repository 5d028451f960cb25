import { AtmosError, isEntryError, joinErrors, KeyringError } from '../core/errors.ts';
import { run } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import { createOutputFile, findNewFile } from '../host/output-file.ts';
import { checkRecipients } from '../keyring/check-recipients.ts';
import type { Keyring, KeyringInfo } from '../keyring/contract.ts';
import { shownKey } from '../keyring/key.ts';
import {
  contentFaultOf,
  createInventory,
  ownKeys,
  type Inventory,
  type OtherEntry,
} from '../store/inventory.ts';
import { sealArchive, type ArchiveLock } from './archive-file.ts';
import type { StartProgress } from './copy-entries.ts';
import type { OpenAuth } from './open.ts';

export interface ExportOptions {
  /** The archive. Its path is absolute. */
  readonly file: Sourced<string>;
  /** Public keys of age. Undefined: the archive gets a passphrase. */
  readonly recipients: Sourced<readonly string[]> | undefined;
  /** Whether entries of other programs are included. */
  readonly includesOthers: boolean;
}

export interface ExportServices {
  readonly host: Host;
  readonly startProgress: StartProgress;
  /** @throws ERR_NO_TERMINAL, ERR_KEYRING_PASSWORD_TOO_SHORT */
  newPassphrase(): Promise<string>;
}

export interface Exported {
  readonly from: Pick<KeyringInfo, 'type' | 'location'>;
  /** The names of the entries in the archive, sorted. */
  readonly keys: readonly string[];
  /** The public keys that can open it. Empty: it has a passphrase. */
  readonly recipients: readonly string[];
  /** Entries of other programs that are not in the archive. */
  readonly left: readonly OtherEntry[];
  /** Own entries that are not in the archive, because they cannot be decrypted or used. */
  readonly failed: readonly FailedEntry[];
}

export interface FailedEntry {
  readonly key: string;
  readonly error: AtmosError;
}

/**
 * Writes every own entry of the keyring that can be used to an encrypted archive. The file must not
 * exist; afterwards it is read back. An entry that cannot be decrypted, or whose content does not belong
 * to its name, is left out and reported: a file in a shared directory must not prevent a backup.
 *
 * @throws ERR_USAGE for a file that exists and for a keyring without entries; ERR_CONFIG_INVALID for
 *   a recipient; ERR_IO; the errors of listing the entries; the error of an entry if none can be used
 */
export async function exportEntries(
  { keyring, plan }: Pick<OpenAuth, 'keyring' | 'plan'>,
  { file, recipients, includesOthers }: ExportOptions,
  services: ExportServices,
): Promise<Exported> {
  const { host } = services;
  const output = findNewFile(file, host);
  const readers = recipients && (await checkRecipients(recipients.value, recipients.source));
  const inventory = createInventory(plan.realm.value, plan.config);
  const { keys, left } = await ownKeys(keyring, inventory);
  const { entries: own, failed } = await readOwn(keyring, keys, inventory, services);
  const others = includesOthers ? await readOthers(keyring, left) : { entries: [], left };
  const entries = new Map([...own, ...others.entries].toSorted(byKey));
  const [first, ...more] = failed.map(({ error }) => error);
  if (entries.size === 0 && first !== undefined) throw joinErrors([first, ...more]);
  if (entries.size === 0) throw nothingToExport(keyring.info, others.left.length > 0);
  const lock: ArchiveLock = readers
    ? { recipients: readers }
    : { passphrase: await services.newPassphrase() };
  const archive = { createdAt: host.now(), keyring: keyring.info, entries };
  createOutputFile(output, await sealArchive(archive, lock), host);
  return {
    from: keyring.info,
    keys: [...entries.keys()],
    recipients: readers ?? [],
    left: others.left,
    failed,
  };
}

type Read = readonly [key: string, value: string];

async function readOwn(
  keyring: Keyring,
  keys: readonly string[],
  inventory: Inventory,
  { startProgress }: ExportServices,
): Promise<{ entries: Read[]; failed: FailedEntry[] }> {
  const entries: Read[] = [];
  const failed: FailedEntry[] = [];
  const progress = startProgress({ doing: 'reading', total: keys.length });
  try {
    for (const [index, key] of keys.entries()) {
      try {
        const value = await keyring.get(key);
        // Null: deleted in the meantime.
        if (value !== null) entries.push([key, checkContent(key, value, inventory)]);
      } catch (error) {
        if (!isEntryError(error) || error.code === 'ERR_KEYRING_IO') throw error;
        failed.push({ key, error });
      }
      await progress.tell(index + 1);
    }
  } finally {
    await progress.end();
  }
  return { entries, failed };
}

/** An archive with such an entry would not be imported. @throws ERR_KEYRING_DAMAGED */
function checkContent(key: string, value: string, inventory: Inventory): string {
  const fault = contentFaultOf(inventory.read(key, value));
  if (fault === undefined) return value;
  throw new KeyringError('ERR_KEYRING_DAMAGED', `the entry ${shownKey(key)} ${fault}`, {
    hints: [run(['atmos', 'auth', 'keyring', 'doctor'])],
  });
}

/** Entries of other programs may have another password. */
async function readOthers(
  keyring: Keyring,
  others: readonly OtherEntry[],
): Promise<{ entries: Read[]; left: OtherEntry[] }> {
  const entries: Read[] = [];
  const left: OtherEntry[] = [];
  for (const other of others) {
    try {
      const value = await keyring.get(other.key);
      if (value !== null) entries.push([other.key, value]);
    } catch (error) {
      if (!isEntryError(error) || error.code === 'ERR_KEYRING_IO') throw error;
      left.push(other);
    }
  }
  return { entries, left };
}

/** By code unit. */
function byKey([one]: Read, [other]: Read): number {
  return one < other ? -1 : 1;
}

function nothingToExport({ type, location }: KeyringInfo, hasOthers: boolean): AtmosError {
  const what = hasOthers ? 'entry of atmos-auth' : 'entry';
  return new AtmosError('ERR_USAGE', `the ${type} keyring (${location}) has no ${what} to export`, {
    hints: [run(['atmos', 'auth', 'keyring', 'list', '--all'])],
  });
}
