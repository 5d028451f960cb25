import type { RemovedItem } from '../../auth/logout.ts';
import type { AuthManager } from '../../auth/manager.ts';
import { findIdentity } from '../../config/find-identity.ts';
import { AtmosError, type KeyringError } from '../../core/errors.ts';
import { lowerCase } from '../../core/names.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { itemKey } from '../../store/key.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { isOfEntry, joinErrors } from '../entry-errors.ts';
import { requestedIdentity, resolveIdentityName } from '../identity.ts';
import { openForCommand } from '../open.ts';
import { loadPlanFor, type ProjectPlan } from '../plan.ts';

/**
 * `atmos auth logout`: cached sessions and tokens go; long-lived keys stay unless `--keychain` asks
 * for them too, which a person confirms. What was removed is listed by name.
 *
 * Without a name it is `ATMOS_IDENTITY` or the default identity, as with every other command; Atmos
 * always lets choose, which a bare `-i` does here.
 */
export async function logout(context: Context, invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const plan = await loadPlanFor(context, invocation);
  const { manager, keyring } = await openForCommand(context, plan, { isInteractive: true });
  const aliases = await chooseAliases(context, plan, keyring, invocation);
  const includeKeys = flags['keychain'] ?? false;
  const found = await manager.logout(aliases, { includeKeys, dryRun: true });
  if (flags['dry-run']) return tell(context, invocation, plan, found);
  if (!flags['force'] && !(await confirm(context, found))) {
    await context.note('logout cancelled: nothing was removed\n');
    if (invocation.values['output'] === 'json') await tell(context, invocation, plan, []);
    return;
  }
  const { removed, failures } = await removeAll(manager, aliases, includeKeys);
  const [failure, ...others] = failures;
  if (removed.length > 0 || failure === undefined) await tell(context, invocation, plan, removed);
  if (failure !== undefined) throw joinErrors([failure, ...others]);
}

async function chooseAliases(
  { host, prompt }: Context,
  plan: ProjectPlan,
  keyring: Keyring,
  invocation: Invocation,
): Promise<string[]> {
  const { config } = plan;
  const names = [...config.identities, ...config.providers].map(({ name }) => name);
  if (invocation.flags['all']) {
    if (invocation.operand === undefined && invocation.identity.kind === 'absent') return names;
    throw new AtmosError('ERR_USAGE', '--all is every identity, and one was named as well', {
      hints: ['atmos auth logout --all', 'atmos auth logout NAME'],
    });
  }
  const request = requestedIdentity(invocation, host, config);
  if (request.kind === 'none') {
    throw new AtmosError(
      'ERR_USAGE',
      `authentication is switched off by ${request.source}: there is nothing to log out from`,
      { hints: ['atmos auth logout NAME', 'atmos auth logout --all'] },
    );
  }
  const { value } = await resolveIdentityName(request, config, prompt);
  const known = names.find((name) => lowerCase(name) === lowerCase(value));
  return [known ?? (await checkStored(plan, keyring, value))];
}

/** One that is not configured any more may still have entries to remove. */
async function checkStored(plan: ProjectPlan, keyring: Keyring, alias: string): Promise<string> {
  const owner = { realm: plan.realm.value, alias };
  const items = (['key', 'session', 'token'] as const).map((item) => itemKey(owner, item));
  const keys = await keyring.keys();
  if (!items.some((key) => keys.includes(key))) findIdentity(plan.config, alias);
  return alias;
}

/** Whether to go on. Only what cannot be had again, a key, is worth a question. */
async function confirm({ prompt }: Context, found: readonly RemovedItem[]): Promise<boolean> {
  const keys = found.filter(({ item }) => item === 'key');
  if (keys.length === 0) return true;
  const names = keys.map(({ identity }) => identity).join(', ');
  return prompt.confirm({
    message: `Delete the stored access ${keys.length === 1 ? 'key' : 'keys'} of ${names}?`,
    default: false,
    instead: 'pass --force to delete without being asked',
  });
}

/** An entry that is refused, because it is somebody else's, keeps no other one from going. */
async function removeAll(
  manager: AuthManager,
  aliases: readonly string[],
  includeKeys: boolean,
): Promise<{ removed: RemovedItem[]; failures: KeyringError[] }> {
  const removed: RemovedItem[] = [];
  const failures: KeyringError[] = [];
  for (const alias of aliases) {
    try {
      removed.push(...(await manager.logout([alias], { includeKeys, dryRun: false })));
    } catch (error) {
      if (!isOfEntry(error)) throw error;
      failures.push(error);
    }
  }
  return { removed, failures };
}

/** As JSON `{"removed": [{"key", "identity", "item"}], "dry_run"}`, else a line for each. */
async function tell(
  { out, note }: Context,
  { flags, values }: Invocation,
  { realm }: ProjectPlan,
  removed: readonly RemovedItem[],
): Promise<void> {
  const isDryRun = flags['dry-run'] ?? false;
  if (values['output'] === 'json') {
    await out(`${JSON.stringify({ removed, dry_run: isDryRun }, null, 2)}\n`);
    return;
  }
  if (removed.length === 0) await note(`nothing to remove in realm ${realm.value}\n`);
  const verb = isDryRun ? 'would remove' : 'removed';
  for (const { key, identity, item } of removed) {
    await note(`${verb} the ${item} of ${identity}: ${key}\n`);
  }
}
