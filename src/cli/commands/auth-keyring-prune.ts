import type { AuthPlan } from '../../auth/plan.ts';
import { logoutCommand } from '../../core/hint.ts';
import { foldName } from '../../core/names.ts';
import { formatTimestamp } from '../../core/time.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { parseItemKey, type ItemKind } from '../../store/key.ts';
import { pruneKeyring, type PrunedEntry } from '../../store/prune.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { isOfEntry, joinErrors } from '../entry-errors.ts';
import { openForCommand } from '../open.ts';
import { loadPlanIfAny, warn } from '../plan.ts';
import { loadWriteHint } from '../report.ts';

/** An entry of the realm whose identity or provider is not configured. */
interface Orphan {
  readonly key: string;
  readonly identity: string;
  readonly item: ItemKind;
}

/**
 * `atmos auth keyring prune`: removes the sessions and tokens that have expired, whosever. Long-lived
 * keys stay, and so does what is left of identities that are not configured (another profile or
 * checkout may have them): it is only named, with the command that removes it.
 */
export async function keyringPrune(context: Context, { flags, values }: Invocation): Promise<void> {
  const { host } = context;
  const plan = await loadPlanIfAny(context);
  const { keyring } = await openForCommand(context, plan, { isInteractive: true });
  const isDryRun = flags['dry-run'] ?? false;
  const { removed, unclear, failures } = await pruneKeyring(keyring, {
    now: host.now(),
    isDryRun,
    currentRealm: plan.realm.value,
    isOfEntry,
  });
  const gone = new Set(removed.map(({ key }) => key));
  const orphans = (await findOrphans(plan, keyring)).filter(({ key }) => !gone.has(key));
  for (const { key, fault } of unclear) await warn(context, `${key} stays: ${fault}`);
  if (values['output'] === 'json') {
    await context.outJson(jsonOf(removed, orphans, isDryRun));
  } else {
    await tell(context, removed, orphans, isDryRun);
  }
  const [failure, ...others] = failures;
  if (failure !== undefined) throw joinErrors([failure, ...others]);
}

/** None without a configuration: nothing says then who is configured. */
async function findOrphans({ config, realm }: AuthPlan, keyring: Keyring): Promise<Orphan[]> {
  if (config === undefined) return [];
  const configured = new Set(
    [...config.identities, ...config.providers].map(({ name }) => foldName(name)),
  );
  return (await keyring.keys()).flatMap((key) => {
    const named = parseItemKey(key, realm.value);
    if (named?.realm !== realm.value || configured.has(foldName(named.alias))) return [];
    return [{ key, identity: named.alias, item: named.item }];
  });
}

/** The documented form of `-o json`. `expires_at` is null of what says no time. */
function jsonOf(removed: readonly PrunedEntry[], orphans: readonly Orphan[], isDryRun: boolean) {
  return {
    removed: removed.map(({ key, identity, item, expiresAt }) => ({
      key,
      identity,
      item,
      expires_at: expiresAt === undefined ? null : formatTimestamp(expiresAt),
    })),
    orphans,
    dry_run: isDryRun,
  };
}

async function tell(
  { host, note }: Context,
  removed: readonly PrunedEntry[],
  orphans: readonly Orphan[],
  isDryRun: boolean,
): Promise<void> {
  if (removed.length === 0) await note('nothing has expired');
  const verb = isDryRun ? 'would remove' : 'removed';
  for (const { key, identity, item } of removed) {
    await note(`${verb} the expired ${item} of ${identity}: ${key}`);
  }
  const writeHint = orphans.length === 0 ? String : await loadWriteHint(host);
  for (const { key, identity, item } of orphans) {
    await note(
      `the ${item} of ${identity} stays, which is not configured here: ${key}`,
      `  ${writeHint(logoutCommand(identity, item === 'key'))}   # removes it`,
    );
  }
}
