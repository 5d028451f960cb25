import { sharedRealmWarning, type Stored } from '../app/shared-realm.ts';
import type { AuthPlan } from '../auth/plan.ts';
import type { Context } from './context.ts';
import { warn } from './plan.ts';
import { formatHints, loadWriteHint } from './report.ts';

/** Warns about a keyring that several checkouts or machines share without a name of the realm. */
export async function warnOfSharedRealm(
  context: Context,
  plan: AuthPlan,
  stored: Stored,
): Promise<void> {
  const warning = sharedRealmWarning(plan, context.host, stored);
  if (warning === undefined) return;
  await warn(context, warning.message);
  await context.note(...formatHints(warning.hints, await loadWriteHint(context.host)));
}
