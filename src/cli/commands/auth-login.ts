import { warnOfIntegrations, warnOfMemory } from '../../app/notices.ts';
import { describeIdentity } from '../../app/whoami.ts';
import { remainingMs } from '../../auth/session.ts';
import { formatRemaining, formatTimestamp } from '../../core/time.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanFor, requireIdentity, warner } from '../plan.ts';
import { paint } from '../ui/color.ts';
import { formatRows } from '../ui/table.ts';

/**
 * `atmos auth login`: opens a session and keeps it. Standard output stays empty. Of Atmos's rows the
 * account is left out: opening a session does not tell it, and `whoami` does.
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
  const { wasOpened, session, region, changed, storeFailure } = result;
  const remaining = formatRemaining(remainingMs(session, host.now()));
  await note(
    [paint('green', '✓'), wasOpened ? ' Authentication successful!' : ' Already authenticated.'],
    ...formatRows([
      ['Realm', `${plan.realm.value} (${plan.realm.source})`],
      ['Provider', (await describeIdentity(identity)).provider],
      ['Identity', identity.name],
      ['Region', region],
      ['Session', wasOpened ? 'opened now' : 'read from the keyring'],
      ['Expires', `${formatTimestamp(session.credentials.expiresAt)} (${remaining})`],
    ]),
  );
  if (changed !== undefined) await note(`note: ${changed}`);
  for (const limit of session.limits) await note(`note: ${limit}`);
  const services = { warn: warner(context) };
  await warnOfIntegrations(plan, identity, services);
  // Storing the session is the purpose of a login.
  if (storeFailure !== undefined) throw storeFailure;
  await warnOfMemory(plan, 'this session ends with this command', services);
}
