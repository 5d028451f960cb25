import { joinErrors } from '../../core/errors.ts';
import { logOut } from '../../core/hint.ts';
import { formatTimestamp } from '../../core/time.ts';
import { createInventory, type OwnEntry } from '../../store/inventory.ts';
import { pruneKeyring, type PrunedEntry } from '../../store/prune.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanIfAny, warn } from '../plan.ts';
import { loadWriteHint } from '../report.ts';

/**
 * `atmos auth keyring prune`: removes the expired sessions and tokens of all identities. Access
 * keys are kept. Entries of identities that are not configured are also kept, because another
 * profile or checkout may use them: the command lists them with the command that removes them.
 */
export async function keyringPrune(context: Context, { flags, values }: Invocation): Promise<void> {
  const { host } = context;
  const plan = await loadPlanIfAny(context);
  const { keyring } = await openForCommand(context, plan, { isInteractive: true });
  const isDryRun = flags['dry-run'] ?? false;
  const { removed, unclear, orphans, failures } = await pruneKeyring(keyring, {
    now: host.now(),
    isDryRun,
    inventory: createInventory(plan.realm.value, plan.config),
  });
  for (const { key, fault } of unclear) await warn(context, `${key} was not removed: ${fault}`);
  if (values['output'] === 'json') {
    await context.outJson(jsonOf(removed, orphans, isDryRun));
  } else {
    await tell(context, removed, orphans, isDryRun);
  }
  const [failure, ...others] = failures;
  if (failure !== undefined) throw joinErrors([failure, ...others]);
}

/** The documented form of `-o json`. `expires_at` is null for an entry without a time. */
function jsonOf(removed: readonly PrunedEntry[], orphans: readonly OwnEntry[], isDryRun: boolean) {
  return {
    removed: removed.map(({ key, identity, item, expiresAt }) => ({
      key,
      identity,
      item,
      expires_at: expiresAt === undefined ? null : formatTimestamp(expiresAt),
    })),
    orphans: orphans.map(({ key, alias, item }) => ({ key, identity: alias, item })),
    dry_run: isDryRun,
  };
}

async function tell(
  { host, globals, note }: Context,
  removed: readonly PrunedEntry[],
  orphans: readonly OwnEntry[],
  isDryRun: boolean,
): Promise<void> {
  if (removed.length === 0) await note('no entry has expired');
  const verb = isDryRun ? 'would remove' : 'removed';
  for (const { key, identity, item } of removed) {
    await note(`${verb} the expired ${item} of ${identity}: ${key}`);
  }
  const writeHint = await loadWriteHint({ host, globals });
  for (const { key, alias: identity, item } of orphans) {
    await note(
      `the ${item} of ${identity} was not removed, because ${identity} is not configured here: ${key}`,
      `  ${writeHint(logOut(identity, item === 'key', 'to remove it'))}`,
    );
  }
}
