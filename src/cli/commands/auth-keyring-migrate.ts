import { copyForCommand } from '../../app/copy-entries.ts';
import type { OpenAuth } from '../../app/open.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { AtmosError } from '../../core/errors.ts';
import { run, placeholder } from '../../core/hint.ts';
import type { Sourced } from '../../core/json.ts';
import { checkKeyringType } from '../../keyring/registry.ts';
import { contentReader, entryCopy } from '../../store/copy.ts';
import { createInventory, ownKeys } from '../../store/inventory.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { reportCopies } from '../copy-report.ts';
import { openForCommand } from '../open.ts';
import { loadPlanIfAny } from '../plan.ts';

const command = ['atmos', 'auth', 'keyring', 'migrate'];

/**
 * `atmos auth keyring migrate`: copies every entry of ours from one keyring to another as it is, each
 * read back before it counts. Run again it goes on where it was. The source stays as it was, unless
 * `--delete-source`: then what was copied goes, one by one.
 */
export async function keyringMigrate(
  context: Context,
  { flags, values }: Invocation,
): Promise<void> {
  const plan = await loadPlanIfAny(context);
  const { from, to } = chooseTypes(plan, values);
  const isDryRun = flags['dry-run'] ?? false;
  const { keyring: source } = await openType(context, plan, from);
  const { keyring: target, requireStorable } = await openType(context, plan, to);
  if (!isDryRun) requireStorable();
  const inventory = createInventory(plan.realm.value, plan.config);
  const { keys, left } = await ownKeys(source, inventory);
  // One that cannot be reached is told of before anything is read.
  await target.keys();
  const between = { source, target };
  const { entries, stopped } = await copyForCommand(
    context,
    keys.map((key) => entryCopy(key, between, contentReader(inventory))),
    {
      overwrite: flags['force'] ?? false,
      isDryRun,
      target,
      deletesSource: flags['delete-source'] ?? false,
    },
  );
  const report = {
    from: source.info,
    to: target.info,
    inventory,
    isDryRun,
    outcomes: entries,
    stopped,
    left,
    conflictHints: [
      run(
        [
          ...command,
          '--from',
          from.value,
          '--to',
          to.value,
          ...(flags['delete-source'] ? ['--delete-source'] : []),
          '--force',
        ],
        'to overwrite what is there',
      ),
    ],
  };
  await reportCopies(context, report, values['output']);
  const { type } = plan.keyring;
  if (type.value === to.value || isDryRun || values['output'] === 'json') return;
  await context.note(
    `Next: set auth.keyring.type to ${to.value}; it is ${type.value} now (${type.source})`,
  );
}

/** @throws ERR_USAGE, ERR_KEYRING_UNKNOWN_TYPE */
function chooseTypes(
  { keyring }: AuthPlan,
  values: Invocation['values'],
): { from: Sourced<string>; to: Sourced<string> } {
  const to = optionOf('to', values);
  if (to === undefined) {
    throw new AtmosError('ERR_USAGE', '--to is missing: the type of the keyring to copy to', {
      hints: [run([...command, '--to', 'file']), run([...command, '--to', 'system'])],
    });
  }
  const from = optionOf('from', values) ?? keyring.type;
  for (const type of [to, from]) checkKeyringType(type);
  if (from.value !== to.value) return { from, to };
  throw new AtmosError(
    'ERR_USAGE',
    `the entries would be copied from the ${from.value} keyring (${from.source}) to itself`,
    {
      hints: [
        run([...command, '--from', placeholder('type'), '--to', to.value]),
        run(
          [
            'atmos',
            'auth',
            'keyring',
            'import',
            '--from',
            'atmos-file',
            '--path',
            placeholder('dir'),
          ],
          'to copy from another directory',
        ),
      ],
    },
  );
}

function optionOf(name: string, values: Invocation['values']): Sourced<string> | undefined {
  const value = values[name];
  return value === undefined ? undefined : { value, source: `--${name}` };
}

/** That one, and none in its place. */
async function openType(
  context: Context,
  plan: AuthPlan,
  type: Sourced<string>,
): Promise<OpenAuth> {
  const { fallback: _, ...settings } = plan.keyring;
  const keyringPlan = { ...plan, keyring: { ...settings, type } };
  const opened = await openForCommand(context, keyringPlan, { isInteractive: true });
  if (opened.keyring.info.persistent) return opened;
  throw new AtmosError(
    'ERR_USAGE',
    `the ${type.value} keyring (${type.source}) keeps nothing, so nothing can be copied from or to it`,
    { hints: [run([...command, '--from', 'system', '--to', 'file'])] },
  );
}
