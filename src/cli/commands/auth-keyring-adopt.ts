import {
  adoptedCopy,
  adoptedNames,
  chooseRealm,
  findAdoptable,
  type Adoptable,
} from '../../app/adopt.ts';
import { copyForCommand } from '../../app/copy-entries.ts';
import { isRealmNamed } from '../../config/realm.ts';
import { AtmosError } from '../../core/errors.ts';
import { logOut, run, type Hint } from '../../core/hint.ts';
import { abbreviateHome } from '../../host/home.ts';
import { createInventory } from '../../store/inventory.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { reportCopies } from '../copy-report.ts';
import { openForCommand } from '../open.ts';
import { loadPlan, type ProjectPlan } from '../plan.ts';

/**
 * `atmos auth keyring adopt`: copies what another realm has of the identities that are configured here
 * to the current realm, for a checkout that was moved and a keyring that several checkouts or machines
 * share. What is there already with another value stays. The old entries stay, unless `--delete-source`:
 * then each goes once all were copied and read back.
 */
export async function keyringAdopt(
  context: Context,
  { flags, values, operands }: Invocation,
): Promise<void> {
  const { host } = context;
  const plan = await loadPlan(context);
  const realm = plan.realm.value;
  const fromRealm = values['from-realm'];
  if (fromRealm === realm) {
    throw new AtmosError(
      'ERR_USAGE',
      `realm ${realm} is the current one (${plan.realm.source}): its entries would be copied to themselves`,
      {
        hints: [
          run(['atmos', 'auth', 'keyring', 'adopt']),
          run(['atmos', 'auth', 'keyring', 'list']),
        ],
      },
    );
  }
  const names = adoptedNames(plan.config, operands);
  const isDryRun = flags['dry-run'] ?? false;
  const { keyring, requireStorable } = await openForCommand(context, plan, { isInteractive: true });
  if (!isDryRun) requireStorable();
  const inventory = createInventory(realm, plan.config);
  const adopting = { keyring, inventory, realm, config: plan.config, host };
  const entries = await findAdoptable(adopting, names, fromRealm);
  const source = fromRealm ?? chooseRealm(entries, operands);
  const copies = entries.map((entry) => adoptedCopy(entry, adopting));
  const { entries: outcomes, stopped } = await copyForCommand(context, copies, {
    overwrite: false,
    isDryRun,
    target: keyring,
    deletesSource: flags['delete-source'] ?? false,
  });
  const { info } = keyring;
  await reportCopies(
    context,
    {
      from: { ...info, realm: source ?? null },
      to: { ...info, realm },
      inventory,
      isDryRun,
      outcomes,
      stopped,
      left: [],
      conflictHints: conflictHints(entries, outcomes),
    },
    values['output'],
  );
  if (entries.length > 0 && !isDryRun && values['output'] !== 'json')
    await noteRealm(context, plan);
}

/** One of both has to go, which only a person can decide. */
function conflictHints(
  entries: readonly Adoptable[],
  outcomes: readonly { readonly key: string; readonly state: string }[],
): Hint[] {
  const aliases = entries
    .filter((_, index) => outcomes[index]?.state === 'conflict')
    .map(({ alias }) => alias);
  return [
    run(['atmos', 'auth', 'keyring', 'list', '--long'], 'to show both'),
    ...[...new Set(aliases)].map((alias) =>
      logOut(alias, true, 'to remove that of the current realm'),
    ),
  ];
}

/** The next move of the checkout would bring the next realm. */
async function noteRealm({ host, note }: Context, { config, realm }: ProjectPlan): Promise<void> {
  if (isRealmNamed(config, host)) return;
  await note(
    `Next: set auth.realm to a name, such as my-project; the realm is made from ${abbreviateHome(realm.source, host)} now`,
  );
}
