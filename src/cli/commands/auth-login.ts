import { remainingMs } from '../../auth/session.ts';
import { strategyOf } from '../../auth/registry.ts';
import { formatRemaining, formatTimestamp } from '../../core/time.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlan, requireIdentity, warn } from '../plan.ts';
import { formatRows } from '../rows.ts';

/** `atmos auth login`: opens a session and keeps it. Standard output stays empty. */
export async function login(context: Context, invocation: Invocation): Promise<void> {
  const { host, note, paint } = context;
  const plan = await loadPlan(context);
  const identity = await requireIdentity(context, plan, invocation);
  const { manager, keyring } = await openForCommand(context, plan, {
    isInteractive: true,
    mfaToken: invocation.values['mfa-token'],
  });
  const result = await manager.login(identity, { force: invocation.flags['force'] ?? false });
  const { expiresAt } = result.session.credentials;
  const remaining = formatRemaining(remainingMs(result.session, host.now()));
  const what = result.wasOpened ? 'Authentication successful!' : 'Already authenticated.';
  await note(`${paint('green', '✓')} ${what}\n`);
  await note(
    formatRows([
      ['Realm', `${plan.realm.value} (${plan.realm.source})`],
      ['Provider', (await strategyOf(identity)).providerName],
      ['Identity', identity.name],
      ['Region', result.region],
      ['Expires', `${formatTimestamp(expiresAt)} (${remaining})`],
    ]),
  );
  if (result.limits !== undefined) await note(`note: ${result.limits}\n`);
  if (result.storeFailure !== undefined) throw result.storeFailure;
  if (!keyring.info.persistent) {
    await warn(context, 'the memory keyring keeps nothing: this session ends with this command');
  }
}
