import { strategyOf } from '../../clouds/registry.ts';
import { formatMoment } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanFor, requireIdentity, warnOfIntegrations, warnOfMemory } from '../plan.ts';
import { paint } from '../ui/color.ts';
import { formatRows } from '../ui/table.ts';

/**
 * `atmos auth login`: opens a session and keeps it. Standard output stays empty. The account is not
 * shown, because opening a session does not tell it: `whoami` does.
 */
export async function login(context: Context, invocation: Invocation): Promise<void> {
  const { host, note } = context;
  const plan = await loadPlanFor(context, invocation);
  const identity = await requireIdentity(context, plan, invocation);
  const { manager } = await openForCommand(context, plan, {
    isInteractive: true,
    mfaToken: invocation.values['mfa-token'],
  });
  const result = await manager.login(identity, { force: invocation.flags['force'] ?? false });
  const { wasOpened, session, region, limits, changed, storeFailure } = result;
  const until = formatMoment(session.credentials.expiresAt, host);
  await note(
    wasOpened
      ? [paint('green', '✓'), ` Logged in as ${identity.name} until ${until}`]
      : `Already logged in as ${identity.name} until ${until}`,
  );
  if (invocation.flags['verbose']) {
    await note(
      ...formatRows([
        ['Realm', `${plan.realm.value} (${abbreviateHome(plan.realm.source, host)})`],
        ['Provider', (await strategyOf(identity)).providerName],
        ['Identity', identity.name],
        ['Region', region],
        ['Session', wasOpened ? 'opened now' : 'taken from the keyring'],
        ['Expires', until],
        ['Changed', changed],
        ['Limits', limits],
      ]),
    );
  }
  await warnOfIntegrations(context, plan, identity);
  // To keep the session is what a login is for.
  if (storeFailure !== undefined) throw storeFailure;
  await warnOfMemory(context, plan, 'this session ends with this command');
}
