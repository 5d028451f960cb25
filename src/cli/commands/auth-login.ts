import { warnOfIntegrations, warnOfMemory } from '../../app/notices.ts';
import { foreseen } from '../../app/export-environment.ts';
import { formatMoment } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanFor, requireIdentity, warner } from '../plan.ts';
import { paint } from '../ui/color.ts';
import { formatRows } from '../ui/table.ts';

/**
 * `atmos auth login`: opens a session and stores it. Standard output stays empty. The account is
 * not shown, because opening a session does not report it; `whoami` does.
 */
export async function login(context: Context, invocation: Invocation): Promise<void> {
  const { host, note } = context;
  const isVerbose = invocation.flags['verbose'] ?? false;
  const plan = await loadPlanFor(context, invocation);
  const identity = await requireIdentity(context, plan, invocation);
  if ((await foreseen(plan.config, identity, host)).isAmbient) {
    await note(
      `Nothing to do: programs use the credentials of their environment as ${identity.name}`,
    );
    return;
  }
  const { manager } = await openForCommand(context, plan, {
    isInteractive: true,
    mfaToken: invocation.values['mfa-token'],
  });
  const result = await manager.login(identity, { force: invocation.flags['force'] ?? false });
  const { wasOpened, session, region, changed, storeFailure } = result;
  const { expiresAt } = session.credentials;
  const until = expiresAt === undefined ? 'without an expiry' : formatMoment(expiresAt, host);
  const ends = expiresAt === undefined ? '' : ` until ${until}`;
  await note(
    wasOpened
      ? [paint('green', '✓'), ` Logged in as ${identity.name}${ends}`]
      : `Already logged in as ${identity.name}${ends}`,
  );
  if (isVerbose) {
    await note(
      ...formatRows([
        ['Realm', `${plan.realm.value} (${abbreviateHome(plan.realm.source, host)})`],
        ['Provider', (await manager.describe(identity)).provider],
        ['Identity', identity.name],
        ['Region', region ?? 'from the environment'],
        ['Session', wasOpened ? 'opened now' : 'read from the keyring'],
        ['Expires', until],
      ]),
    );
  }
  if (changed !== undefined) await note(`note: ${changed}`);
  if (wasOpened || isVerbose) for (const limit of session.limits) await note(`note: ${limit}`);
  const services = { warn: warner(context) };
  await warnOfIntegrations(plan, identity, services);
  // Storing the session is the purpose of a login.
  if (storeFailure !== undefined) throw storeFailure;
  await warnOfMemory(plan, 'this session ends with this command', services);
}
