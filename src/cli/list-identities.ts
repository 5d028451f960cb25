import type { AuthManager } from '../app/open.ts';
import type { ProvisionResult } from '../app/provision.ts';
import { countOf } from '../core/count.ts';
import { isAtmosError } from '../core/errors.ts';
import { run } from '../core/hint.ts';
import { quote } from '../core/json.ts';
import type { Provider } from '../core/kind-config.ts';
import type { Context } from './context.ts';
import { warn, warner } from './plan.ts';
import { paint } from './ui/color.ts';
import { createProgress } from './ui/progress.ts';

// What commands show of a provider that lists identities. Loaded only for one.

/** Of the accounts that failed, this many have a line of their own. */
const maxShown = 10;

/**
 * Lists the identities of a provider, with a line of progress at a terminal, and reports the result.
 *
 * @throws as `AuthManager.provision`
 */
export async function listIdentitiesOf(
  context: Context,
  manager: AuthManager,
  provider: Provider,
): Promise<ProvisionResult> {
  const result = await listWithProgress(context, manager, provider);
  await report(context, result);
  return result;
}

/**
 * The same after a sign-in, which has succeeded in any case: a failure is a warning, because the list of
 * before can still be used.
 */
export async function listIdentitiesAfterSignIn(
  context: Context,
  manager: AuthManager,
  provider: Provider,
): Promise<void> {
  try {
    const { ended } = await listIdentitiesOf(context, manager, provider);
    if (ended !== undefined) throw ended;
  } catch (error) {
    if (!isAtmosError(error) || error.code === 'ERR_CANCELLED') throw error;
    const again = run(['atmos', 'auth', 'list', '--refresh'], 'to continue');
    const message = `not all identities of provider ${provider.name} were listed: ${error.message}`;
    await warner(context)(message, [...error.hintValues, again]);
  }
}

async function listWithProgress(
  context: Context,
  manager: AuthManager,
  provider: Provider,
): Promise<ProvisionResult> {
  let shown: ReturnType<typeof createProgress> | undefined;
  try {
    return await manager.provision(provider, {
      onProgress: async (done, total) => {
        shown ??= createProgress(context, { doing: `listing accounts of ${provider.name}`, total });
        await shown.tell(done);
      },
    });
  } finally {
    await shown?.end();
  }
}

async function report(context: Context, result: ProvisionResult): Promise<void> {
  const { provider, accounts, listed, identities, failures, ended } = result;
  for (const { id, label, error } of failures.slice(0, maxShown)) {
    const account = label === undefined ? id : `${id} (${quote(label)})`;
    await warn(
      context,
      `account ${account} of provider ${provider} could not be listed, so it keeps the identities that it had: ${error.message}`,
    );
  }
  const more = failures.length - maxShown;
  if (more > 0) await warn(context, `${more} other accounts could not be listed either`);
  if (ended !== undefined) return;
  const all = countOf(accounts, 'account');
  const where = listed === accounts ? all : `${listed} of ${all}`;
  const what = `${countOf(identities, 'identity', 'identities')} in ${where}`;
  await context.note([paint('green', '✓'), ` Listed ${what} of ${provider}`]);
}
