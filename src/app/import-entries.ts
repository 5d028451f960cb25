import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { setVariable, typed } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import type { KeyringInfo, KeyringReader } from '../keyring/contract.ts';
import { contentReader, entryCopy, type CopyResult } from '../store/copy.ts';
import { createInventory, ownKeys } from '../store/inventory.ts';
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
 * @throws as `requireTarget`, and the errors of opening the source and of listing its entries
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

/** The usual sources provide one password, but the two keyrings may have different ones. */
function withPasswordHint(
  stopped: CopyResult['stopped'],
  { info }: KeyringReader,
): CopyResult['stopped'] {
  if (!isAtmosError(stopped, 'ERR_KEYRING_PASSWORD_WRONG')) return stopped;
  const hint = setVariable(importPasswordVariable, typed, `for the password of ${info.location}`);
  return new AtmosError(stopped.code, stopped.message, { hints: [...stopped.hintValues, hint] });
}
