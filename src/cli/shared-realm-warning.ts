import { sharedRealmWarning, type Stored } from '../app/shared-realm.ts';
import type { AuthPlan } from '../auth/plan.ts';
import type { Context } from './context.ts';
import { warnWithHints } from './plan.ts';

/**
 * Warns about a keyring that several checkouts or machines share without a configured realm name.
 */
export async function warnOfSharedRealm(
  context: Context,
  plan: AuthPlan,
  stored: Stored,
): Promise<void> {
  const warning = sharedRealmWarning(plan, context.host, stored);
  if (warning === undefined) return;
  await warnWithHints(context, warning.message, warning.hints);
}
