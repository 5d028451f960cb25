import type { RemovedItem } from '../../auth/logout.ts';
import { findIdentity } from '../../config/find-identity.ts';
import { AtmosError } from '../../core/errors.ts';
import { lowerCase } from '../../core/names.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { itemKey } from '../../store/key.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlan, type ProjectPlan } from '../plan.ts';
import { requestedIdentity, resolveIdentityName } from '../identity.ts';

/**
 * `atmos auth logout`: cached sessions and tokens go; long-lived keys stay unless `--keychain` asks
 * for them too. What was removed is listed by name.
 */
export async function logout(context: Context, invocation: Invocation): Promise<void> {
  const { flags, values } = invocation;
  const plan = await loadPlan(context);
  const { manager, keyring } = await openForCommand(context, plan, { isInteractive: true });
  const aliases = await chooseAliases(context, plan, keyring, invocation);
  const options = { includeKeys: flags['keychain'] ?? false, dryRun: flags['dry-run'] ?? false };
  if (options.includeKeys && !options.dryRun && !flags['force'] && !(await confirm(context, aliases))) {
    await context.note('logout cancelled: nothing was removed\n');
    return;
  }
  const removed = await manager.logout(aliases, options);
  if (values['output'] === 'json') {
    await context.out(`${JSON.stringify({ removed, dry_run: options.dryRun }, null, 2)}\n`);
  } else {
    await context.note(formatRemoved(removed, options.dryRun, plan));
  }
}

async function chooseAliases(
  context: Context,
  plan: ProjectPlan,
  keyring: Keyring,
  invocation: Invocation,
): Promise<string[]> {
  const { config } = plan;
  const names = [...config.identities, ...config.providers].map(({ name }) => name);
  if (invocation.flags['all']) {
    if (invocation.operand !== undefined || invocation.identity.kind !== 'absent') {
      throw new AtmosError('ERR_USAGE', 'give either --all or one identity');
    }
    return names;
  }
  const request = requestedIdentity(invocation, context.host);
  if (request.kind === 'none') {
    throw new AtmosError('ERR_USAGE', `authentication is switched off by ${request.source}: there is nothing to log out from`, {
      hints: ['atmos auth logout NAME', 'atmos auth logout --all'],
    });
  }
  const { value } = await resolveIdentityName(request, config.identities, context.prompt);
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

function confirm({ prompt }: Context, aliases: readonly string[]): Promise<boolean> {
  return prompt.confirm({
    message: `Delete the stored access keys of ${aliases.join(', ')}?`,
    default: false,
    instead: 'pass --force to delete them without being asked',
  });
}

function formatRemoved(removed: readonly RemovedItem[], dryRun: boolean, { realm }: ProjectPlan): string {
  if (removed.length === 0) return `nothing to remove in realm ${realm.value}\n`;
  const verb = dryRun ? 'would remove' : 'removed';
  return removed.map(({ key, identity, item }) => `${verb} the ${item} of ${identity}: ${key}\n`).join('');
}
