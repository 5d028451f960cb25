import { migrateEntries } from '../../app/migrate.ts';
import { run } from '../../core/hint.ts';
import type { Sourced } from '../../core/json.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { reportCopies } from '../copy-report.ts';
import { openForCommand } from '../open.ts';
import { loadPlanIfAny } from '../plan.ts';
import { createProgress } from '../ui/progress.ts';

/**
 * `atmos auth keyring migrate`: copies each of our own entries unchanged from one keyring to
 * another, and reads each copy back. A second run continues after an interruption. The source is
 * not changed, unless `--delete-source` is given: then each copied entry is deleted.
 */
export async function keyringMigrate(
  context: Context,
  { flags, values }: Invocation,
): Promise<void> {
  const plan = await loadPlanIfAny(context);
  const isDryRun = flags['dry-run'] ?? false;
  const deletesSource = flags['delete-source'] ?? false;
  const migrated = await migrateEntries(
    plan,
    {
      from: optionOf('from', values),
      to: optionOf('to', values),
      overwrite: flags['force'] ?? false,
      isDryRun,
      deletesSource,
    },
    {
      host: context.host,
      open: (typed) =>
        openForCommand(context, typed, {
          isInteractive: true,
          isForeign: typed.keyring.type.value !== plan.keyring.type.value,
        }),
      startProgress: (work) => createProgress(context, work),
    },
  );
  const { from, to } = migrated.types;
  const deleting = deletesSource ? ['--delete-source'] : [];
  const again = ['atmos', 'auth', 'keyring', 'migrate', '--from', from, '--to', to, ...deleting];
  const conflictHints = [run([...again, '--force'], 'to overwrite existing entries')];
  await reportCopies(context, { ...migrated, isDryRun, conflictHints }, values['output']);
  const { type } = plan.keyring;
  if (type.value === to || isDryRun || values['output'] === 'json') return;
  await context.note(
    `Next: set auth.keyring.type to ${to}; it is ${type.value} now (${abbreviateHome(type.source, context.host)})`,
  );
}

function optionOf(name: string, values: Invocation['values']): Sourced<string> | undefined {
  const value = values[name];
  return value === undefined ? undefined : { value, source: `--${name}` };
}
