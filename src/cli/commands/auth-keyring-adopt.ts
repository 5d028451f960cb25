import { adoptEntries } from '../../app/adopt.ts';
import { isRealmNamed } from '../../config/realm.ts';
import { logOut, run, type Hint } from '../../core/hint.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { reportCopies } from '../copy-report.ts';
import { openForCommand } from '../open.ts';
import { loadPlan, type ProjectPlan } from '../plan.ts';
import { createProgress } from '../ui/progress.ts';

/**
 * `atmos auth keyring adopt`: copies the entries of the configured identities from another realm to
 * the current one, for a checkout that was moved or a keyring that several checkouts or machines
 * share. An existing entry with another value is not changed. The old entries are kept, unless
 * `--delete-source` is given: then each is deleted after all were copied and read back.
 */
export async function keyringAdopt(
  context: Context,
  { flags, values, operands }: Invocation,
): Promise<void> {
  const plan = await loadPlan(context);
  const isDryRun = flags['dry-run'] ?? false;
  const adopted = await adoptEntries(
    plan,
    {
      names: operands,
      fromRealm: values['from-realm'],
      isDryRun,
      deletesSource: flags['delete-source'] ?? false,
    },
    {
      host: context.host,
      open: () => openForCommand(context, plan, { isInteractive: true }),
      startProgress: (work) => createProgress(context, work),
    },
  );
  const conflictHints = hintsFor(adopted.conflicts);
  await reportCopies(context, { ...adopted, isDryRun, conflictHints }, values['output']);
  if (adopted.outcomes.length > 0 && !isDryRun && values['output'] !== 'json')
    await noteRealm(context, plan);
}

/** One of the two entries must be removed, and only the user can decide which. */
function hintsFor(conflicts: readonly string[]): Hint[] {
  return [
    run(['atmos', 'auth', 'keyring', 'list', '--long'], 'to show both'),
    ...conflicts.map((alias) => logOut(alias, true, 'to remove that of the current realm')),
  ];
}

/** Without a name, the next move of the checkout would change the realm again. */
async function noteRealm({ host, note }: Context, { config, realm }: ProjectPlan): Promise<void> {
  if (isRealmNamed(config, host)) return;
  await note(
    `Next: set auth.realm to a name, such as my-project; the realm is derived from ${abbreviateHome(realm.source, host)} now`,
  );
}
