import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError, KeyringError } from '../core/errors.ts';
import { placeholder, run, say } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import { checkKeyringType } from '../keyring/registry.ts';
import { contentReader, entryCopy } from '../store/copy.ts';
import { createInventory, ownKeys } from '../store/inventory.ts';
import { isSessionKey } from '../store/key.ts';
import { keepsSessionsApart } from '../store/sessions-keyring.ts';
import { copyEntries, type Copied, type CopyFlags, type CopyServices } from './copy-entries.ts';
import type { OpenAuth } from './open.ts';

const command = ['atmos', 'auth', 'keyring', 'migrate'];

export interface MigrateOptions extends CopyFlags {
  /** The types of the keyrings. Default: from the configured one. */
  readonly from: Sourced<string> | undefined;
  readonly to: Sourced<string> | undefined;
}

export interface MigrateServices extends CopyServices {
  readonly host: Host;
  open(plan: AuthPlan): Promise<OpenAuth>;
}

export interface Migrated extends Copied {
  readonly types: { readonly from: string; readonly to: string };
}

/**
 * Copies every own entry unchanged from one keyring to another and reads each one back. A second
 * run continues after an interruption. The source is not changed unless it is to be deleted: then
 * the copied entries are deleted one by one. Sessions and tokens are not copied to a keyring that keeps
 * them apart: they stay where they are.
 *
 * @throws ERR_USAGE, ERR_KEYRING_UNKNOWN_TYPE, ERR_CONFIG_UNTRUSTED; the errors of opening both
 *   keyrings and of listing their entries
 */
export async function migrateEntries(
  plan: AuthPlan,
  options: MigrateOptions,
  services: MigrateServices,
): Promise<Migrated> {
  const { from, to } = chooseTypes(plan, options);
  const { keyring: source } = await openType(plan, from, services);
  const { keyring: target, requireStorable } = await openType(plan, to, services);
  if (!options.isDryRun) requireStorable();
  const isSharedTarget = keepsSessionsApart({
    keyring: { ...plan.keyring, type: to },
    host: services.host,
  });
  const inventory = createInventory(plan.realm.value, plan.config);
  const { keys: all, left } = await ownKeys(source, inventory);
  const keys = isSharedTarget ? all.filter((key) => !isSessionKey(key)) : all;
  // Reports an unavailable target before anything is read.
  await target.keys().catch((error: unknown) => {
    throw withHintsOf(from, error);
  });
  const readContent = contentReader(inventory);
  const copies = keys.map((key) => entryCopy(key, { source, target }, readContent));
  const { entries, stopped } = await copyEntries(copies, target, options, services);
  return {
    types: { from: from.value, to: to.value },
    from: source.info,
    to: target.info,
    inventory,
    outcomes: entries,
    stopped,
    left,
  };
}

function chooseTypes(
  { keyring }: AuthPlan,
  { to, from = keyring.type }: MigrateOptions,
): { from: Sourced<string>; to: Sourced<string> } {
  if (to === undefined) {
    throw new AtmosError('ERR_USAGE', '--to is missing: the type of the keyring to copy to', {
      hints: [run([...command, '--to', 'file']), run([...command, '--to', 'system'])],
    });
  }
  for (const type of [to, from]) checkKeyringType(type);
  if (from.value !== to.value) return { from, to };
  const otherDirectory = ['--from', 'atmos-file', '--path', placeholder('dir')];
  throw new AtmosError(
    'ERR_USAGE',
    `the entries would be copied from the ${from.value} keyring (${from.source}) to itself`,
    {
      hints: [
        run([...command, '--from', placeholder('type'), '--to', to.value]),
        run(
          ['atmos', 'auth', 'keyring', 'import', ...otherDirectory],
          'to copy from another directory',
        ),
      ],
    },
  );
}

/** Variables, which other commands follow, do not change the target of a migration. */
function withHintsOf(from: Sourced<string>, error: unknown): unknown {
  if (!isAtmosError(error, 'ERR_KEYRING_UNAVAILABLE')) return error;
  const others = error.hintValues.filter(
    (hint) => hint.kind !== 'set' || !hint.variable.startsWith('ATMOS_KEYRING_'),
  );
  return new KeyringError('ERR_KEYRING_UNAVAILABLE', error.message, {
    hints: [...others, say(`keep using the ${from.value} keyring`)],
    cause: error.cause,
  });
}

/** Opens this type itself: without a fallback, and without the keyring of its sessions. */
async function openType(
  plan: AuthPlan,
  type: Sourced<string>,
  { open }: MigrateServices,
): Promise<OpenAuth> {
  const { fallback: _, ...settings } = plan.keyring;
  const { sessions_keyring: __, ...rest } = settings.spec;
  const spec = { ...rest, sessions: { value: 'shared', source: 'keyring migrate' } };
  const opened = await open({ ...plan, keyring: { ...settings, spec, type } });
  if (opened.keyring.info.persistent) return opened;
  throw new AtmosError(
    'ERR_USAGE',
    `the ${type.value} keyring (${type.source}) keeps entries only until the process exits, so nothing can be copied from or to it`,
    { hints: [run([...command, '--from', 'system', '--to', 'file'])] },
  );
}
