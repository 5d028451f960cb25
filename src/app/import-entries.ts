import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError, KeyringError } from '../core/errors.ts';
import { say, setVariable, typed } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import type { KeyringInfo, KeyringReader } from '../keyring/contract.ts';
import { shownKey } from '../keyring/key.ts';
import { contentReader, entryCopy, type CopyResult } from '../store/copy.ts';
import { contentFaultOf, createInventory, ownKeys, type Inventory } from '../store/inventory.ts';
import {
  copyEntries,
  requireTarget,
  type Copied,
  type CopyFlags,
  type CopyServices,
} from './copy-entries.ts';
import { isSessionKey } from '../store/key.ts';
import type { OpenAuth } from './open.ts';

/** The password of Atmos's source keyring, if it differs from that of the target. */
export const importPasswordVariable = 'ATMOS_KEYRING_IMPORT_PASSWORD';

/** Maximum number of entries that a message names. */
const maxFaults = 10;

export interface ImportEntriesServices extends CopyServices {
  readonly host: Host;
  /** Opens the keyring of Atmos, or the archive, to read from. */
  openSource(target: KeyringInfo): Promise<KeyringReader>;
}

export interface ImportEntriesOptions extends CopyFlags {
  readonly from: 'atmos-file' | 'archive';
}

/**
 * Copies the entries of a keyring of Atmos or of an archive under their names. Expired sessions and
 * tokens are not copied. Of a keyring, entries of other programs are not copied either; the export of an
 * archive has decided that. Sessions and tokens are also left out if their keyring is in memory.
 *
 * @throws as `requireTarget`, and the errors of opening the source and of listing its entries;
 *   ERR_KEYRING_DAMAGED for an archive with an entry whose content does not belong to its name
 */
export async function importEntries(
  plan: AuthPlan,
  opened: OpenAuth,
  { from, ...flags }: ImportEntriesOptions,
  services: ImportEntriesServices,
): Promise<Copied> {
  const target = opened.keyring;
  requireTarget(opened, flags.isDryRun);
  const source = await services.openSource(target.info);
  const inventory = createInventory(plan.realm.value, plan.config);
  if (from === 'archive') await requireContents(source, inventory);
  const { keys: found, left: others } =
    from === 'archive' ? { keys: await source.keys(), left: [] } : await ownKeys(source, inventory);
  // Sessions in memory would be lost when this process exits.
  const isLost = (await opened.sessions?.())?.persistent === false ? isSessionKey : () => false;
  const keys = found.filter((key) => !isLost(key));
  const left = [...others, ...found.filter(isLost).map(inventory.named)];
  const readContent = contentReader(inventory, services.host.now());
  const copies = keys.map((key) => entryCopy(key, { source, target }, readContent));
  const { entries, stopped } = await copyEntries(copies, target, flags, services);
  return {
    from: { type: from, location: source.info.location },
    to: target.info,
    inventory,
    outcomes: entries,
    stopped: withPasswordHint(stopped, source),
    left,
  };
}

/**
 * Checks every entry of an archive before the first is imported: anyone who knows a recipient's public
 * key can write an archive. Entries of other programs can have any content.
 *
 * @throws ERR_KEYRING_DAMAGED with the entries whose content does not belong to their names
 */
async function requireContents(source: KeyringReader, inventory: Inventory): Promise<void> {
  const faults: string[] = [];
  for (const key of await source.keys()) {
    const fault = contentFaultOf(inventory.read(key, (await source.get(key)) ?? ''));
    if (fault !== undefined) faults.push(`the entry ${shownKey(key)} ${fault}`);
  }
  if (faults.length === 0) return;
  const more = faults.length - maxFaults;
  const shown = [...faults.slice(0, maxFaults), ...(more > 0 ? [`${more} more`] : [])];
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `nothing was imported from the archive ${source.info.location}: ${shown.join('; ')}`,
    { hints: [say('import only an archive that keyring export has written')] },
  );
}

/** The usual sources provide one password, but the two keyrings may have different ones. */
function withPasswordHint(
  stopped: CopyResult['stopped'],
  { info }: KeyringReader,
): CopyResult['stopped'] {
  if (!isAtmosError(stopped, 'ERR_KEYRING_PASSWORD_WRONG')) return stopped;
  const hint = setVariable(importPasswordVariable, typed, `for the password of ${info.location}`);
  return new AtmosError(stopped.code, stopped.message, { hints: [...stopped.hintValues, hint] });
}
