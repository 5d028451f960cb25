import { requestedIdentity, resolveIdentityName, sourceHints } from '../../app/choose-identity.ts';
import type { RemovedItem } from '../../app/logout.ts';
import { findItems, removeItems, type LeftItem, type OwnedItem } from '../../app/logout-realms.ts';
import {
  findSessionFiles,
  removeSessionFiles,
  scopeOf,
  type FilesResult,
  type LeftFile,
  type RemovedFile,
} from '../../app/session-files.ts';
import { findIdentity } from '../../config/find-identity.ts';
import { AtmosError, joinErrors } from '../../core/errors.ts';
import { addOptions, placeholder, run } from '../../core/hint.ts';
import type { Sourced } from '../../core/json.ts';
import { foldName, isSameName } from '../../core/names.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { createInventory } from '../../store/inventory.ts';
import { itemKeys, type ItemKind } from '../../store/key.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanFor, loadPlanIfAny, warn, type ProjectPlan } from '../plan.ts';

/** The documented form of `-o json`: always every field. */
interface LogoutJson {
  /** With `--dry-run`: what would be. */
  removed: readonly Removed[];
  /** Of `--all-realms`: what may be of ours, and does not say so. */
  left: readonly { key: string; reason: string }[];
  /** Sessions and tokens that Atmos had written to plain files. Realm and identity null: not known. */
  removed_files: readonly RemovedFile[];
  /** Plain files that are not ours alone. */
  left_files: readonly LeftFile[];
  dry_run: boolean;
}

interface Removed {
  key: string;
  realm: string;
  identity: string;
  item: ItemKind;
}

/**
 * `atmos auth logout`: cached sessions and tokens go; long-lived keys stay unless `--keychain` asks
 * for them too, which a person confirms. The sessions and tokens that Atmos keeps in plain files go as
 * well. What was removed is listed by name.
 *
 * Without a name it is `ATMOS_IDENTITY` or the default identity, as with every other command; Atmos
 * always lets choose, which a bare `-i` does here.
 */
export async function logout(context: Context, invocation: Invocation): Promise<void> {
  if (invocation.flags['all-realms']) return logoutOfRealms(context, invocation);
  const { flags } = invocation;
  const plan = await loadPlanFor(context, invocation);
  const { manager, keyring } = await openForCommand(context, plan, { isInteractive: true });
  const aliases = await chooseAliases(context, plan, keyring, invocation);
  const includeKeys = flags['keychain'] ?? false;
  const inRealm = (items: readonly RemovedItem[]) =>
    items.map(({ key, identity, item }) => ({ key, realm: plan.realm.value, identity, item }));
  const scope = scopeOf(plan.config, flags['all'] ? 'all' : aliases);
  const plainFiles = await findSessionFiles(plan, scope, context.host);
  const planned = await manager.logout(aliases, { includeKeys, isDryRun: true });
  const found = inRealm(planned.removed);
  const where = `in realm ${plan.realm.value}`;
  if (flags['dry-run']) {
    const files = await removeSessionFiles(plainFiles, true);
    return tell(context, invocation, where, { removed: found, files });
  }
  if (!(await mayRemove(context, invocation, where, found))) return;
  const { removed, failures } = await manager.logout(aliases, { includeKeys, isDryRun: false });
  const files = await removeSessionFiles(plainFiles, false);
  const [failure, ...others] = [...failures, ...files.failures];
  if (removed.length > 0 || files.removed.length > 0 || failure === undefined)
    await tell(context, invocation, where, { removed: inRealm(removed), files });
  if (failure !== undefined) throw joinErrors([failure, ...others]);
}

/** By what the entries say, so they are opened, with `--dry-run` too. */
async function logoutOfRealms(context: Context, invocation: Invocation): Promise<void> {
  const { flags, operand, identity } = invocation;
  if (flags['all'] || operand !== undefined || identity.kind !== 'absent') {
    throw new AtmosError('ERR_USAGE', '--all-realms is everybody, and somebody was named as well', {
      hints: [
        run(['atmos', 'auth', 'logout', '--all-realms']),
        run(['atmos', 'auth', 'logout', '--all']),
      ],
    });
  }
  const { host } = context;
  const plan = await loadPlanIfAny(context);
  const { keyring } = await openForCommand(context, plan, { isInteractive: true });
  const inventory = createInventory(plan.realm.value, plan.config);
  const realms = { keyring, inventory, host };
  const { items, left } = await findItems(realms, flags['keychain'] ?? false);
  const plainFiles = await findSessionFiles(plan, 'all-realms', host);
  const found = items.map(removedOf);
  const where = 'in any realm';
  const isDryRun = flags['dry-run'] ?? false;
  if (!isDryRun && !(await mayRemove(context, invocation, where, found))) return;
  const { removed, failures } = isDryRun
    ? { removed: items, failures: [] }
    : await removeItems(realms, items);
  const files = await removeSessionFiles(plainFiles, isDryRun);
  await tell(context, invocation, where, { removed: removed.map(removedOf), left, files });
  const unread = left.flatMap(({ error }) => error ?? []);
  const [failure, ...others] = [...failures, ...unread, ...files.failures];
  if (failure !== undefined) throw joinErrors([failure, ...others]);
}

function removedOf({ key, realm, alias, item }: OwnedItem): Removed {
  return { key, realm, identity: alias, item };
}

async function chooseAliases(
  { host, prompt }: Context,
  plan: ProjectPlan,
  keyring: Keyring,
  invocation: Invocation,
): Promise<string[]> {
  const { config } = plan;
  const names = namesOnce([...config.identities, ...config.providers]);
  if (invocation.flags['all']) {
    if (invocation.operand === undefined && invocation.identity.kind === 'absent') return names;
    throw new AtmosError('ERR_USAGE', '--all is every identity, and one was named as well', {
      hints: [
        run(['atmos', 'auth', 'logout', '--all']),
        run(['atmos', 'auth', 'logout', placeholder('name')]),
      ],
    });
  }
  const request = requestedIdentity(invocation, host, config);
  if (request.kind === 'none') {
    throw new AtmosError(
      'ERR_USAGE',
      `authentication is switched off by ${request.source}: there is nothing to log out from`,
      {
        hints: [
          run(['atmos', 'auth', 'logout', placeholder('name')]),
          run(['atmos', 'auth', 'logout', '--all']),
        ],
      },
    );
  }
  const chosen = await resolveIdentityName(request, config, prompt);
  const known = names.find((name) => isSameName(name, chosen.value));
  return [known ?? (await checkStored(host, plan, keyring, chosen))];
}

/** A provider and an identity may have the same name. */
function namesOnce(entries: readonly { readonly name: string }[]): string[] {
  const byName = new Map(entries.toReversed().map(({ name }) => [foldName(name), name]));
  return [...byName.values()].toReversed();
}

/** One that is not configured any more may still have entries or plain files to remove. */
async function checkStored(
  host: Context['host'],
  plan: ProjectPlan,
  keyring: Keyring,
  chosen: Sourced<string>,
): Promise<string> {
  const alias = chosen.value;
  const owner = { realm: plan.realm.value, alias };
  const items = (['key', 'session', 'token'] as const).flatMap((item) => itemKeys(owner, item));
  const keys = await keyring.keys();
  if (items.some((key) => keys.includes(key))) return alias;
  const files = await findSessionFiles(plan, scopeOf(plan.config, [alias]), host);
  if (!files.some(({ identity }) => identity !== null)) {
    findIdentity(plan.config, chosen, sourceHints(chosen.source, host));
  }
  return alias;
}

/** Whether to go on. Only what cannot be had again, a key, is worth a question. */
async function mayRemove(
  context: Context,
  invocation: Invocation,
  where: string,
  found: readonly Removed[],
): Promise<boolean> {
  const keys = found.filter(({ item }) => item === 'key');
  if (invocation.flags['force'] || keys.length === 0) return true;
  const isAgreed = await context.prompt.confirm({
    message: `Delete the stored access ${keys.length === 1 ? 'key' : 'keys'} of ${namesOf(keys)}?`,
    default: false,
    instead: addOptions(['--force'], 'to delete without a prompt'),
  });
  if (isAgreed) return true;
  await context.note('logout cancelled: nothing was removed');
  if (invocation.values['output'] === 'json')
    await tell(context, invocation, where, { removed: [], files: noFiles });
  return false;
}

const noFiles: FilesResult = { removed: [], left: [], failures: [] };

/** The realm is said where there is more than one. */
function namesOf(keys: readonly Removed[]): string {
  const isOne = new Set(keys.map(({ realm }) => realm)).size === 1;
  return keys
    .map(({ identity, realm }) => (isOne ? identity : `${identity} (realm ${realm})`))
    .join(', ');
}

interface Told {
  readonly removed: readonly Removed[];
  readonly left?: readonly LeftItem[];
  readonly files: FilesResult;
}

/** As JSON, else a line for each. */
async function tell(
  context: Context,
  { flags, values }: Invocation,
  where: string,
  { removed, left = [], files }: Told,
): Promise<void> {
  const { outJson, note } = context;
  const isDryRun = flags['dry-run'] ?? false;
  if (values['output'] === 'json') {
    const kept = left.map(({ key, reason }) => ({ key, reason }));
    const json = {
      removed,
      left: kept,
      removed_files: files.removed,
      left_files: files.left,
      dry_run: isDryRun,
    } satisfies LogoutJson;
    await outJson(json);
    return;
  }
  if (removed.length === 0 && files.removed.length === 0) await note(`nothing to remove ${where}`);
  const verb = isDryRun ? 'would remove' : 'removed';
  for (const { key, identity, item } of removed) {
    await note(`${verb} the ${item} of ${identity}: ${key}`);
  }
  for (const { path, identity, item } of files.removed) {
    await note(`${verb} the ${item} of ${identity ?? 'an unknown identity'}: ${path}`);
  }
  for (const { path, reason } of files.left) await warn(context, `${path} stays: it ${reason}`);
  for (const { key, reason, error } of left) {
    if (error === undefined) await warn(context, `${key} stays: ${reason}`);
  }
}
