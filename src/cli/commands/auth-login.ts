import { identitiesWithTags } from '../../app/auth-graph.ts';
import { warnOfIntegrations, warnOfMemory } from '../../app/notices.ts';
import { foreseen } from '../../app/export-environment.ts';
import type { OpenAuth } from '../../app/open.ts';
import type { LoginResult } from '../../auth/login.ts';
import type { ProjectPlan } from '../../auth/plan.ts';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { addOptions, say } from '../../core/hint.ts';
import type { Identity } from '../../core/kind-config.ts';
import { formatMoment } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { tagsOf } from '../list-option.ts';
import { askingOptions, openForCommand } from '../open.ts';
import { loadPlan, warner } from '../plan.ts';
import { planIdentity } from '../plan-identity.ts';
import { exitCodeOf, formatError, loadWriteHint } from '../report.ts';
import { paint } from '../ui/color.ts';
import { formatRows } from '../ui/table.ts';

/**
 * `atmos auth login`: opens a session and stores it. Standard output stays empty, except with
 * `--plan`, which opens nothing. The account is shown only after a sign-in of a user in a
 * browser, because opening a session otherwise does not report it; `whoami` does.
 */
export async function login(context: Context, invocation: Invocation): Promise<number | void> {
  checkOptions(invocation);
  const provider = invocation.values['provider'];
  if (invocation.flags['all']) {
    return (await import('../login-to-provider.ts')).loginToPortals(context, invocation);
  }
  if (provider !== undefined) {
    return (await import('../login-to-provider.ts')).loginToProvider(context, invocation, provider);
  }
  const tags = tagsOf(invocation.values['tags']);
  if (tags !== undefined) {
    const plan = await loadPlan(context);
    const identities = identitiesWithTags(plan.config, tags);
    return loginToEach(context, loginOf(context, invocation, plan), identities);
  }
  const { plan, identity } = await planIdentity(context, invocation);
  return loginOf(context, invocation, plan)(identity);
}

function checkOptions({ values, flags, identity }: Invocation): void {
  const { tags, output, provider } = values;
  const all = flags['all'] ?? false;
  const hasProviders = all || provider !== undefined;
  // Together they limit each other.
  const ofProviders = all ? '--all' : '--provider';
  const selections = Object.entries({
    '--tags': tags !== undefined,
    [ofProviders]: hasProviders,
    '--identity': identity.kind !== 'absent',
  }).flatMap(([option, isGiven]) => (isGiven ? [option] : []));
  if (selections.length > 1) {
    throw new AtmosError('ERR_USAGE', `${selections.join(' and ')} cannot be combined`, {
      hints: [say('use one of them')],
    });
  }
  const unsuitable = ['webflow', 'plan'].find((option) => flags[option]);
  if (hasProviders && unsuitable !== undefined) {
    throw new AtmosError(
      'ERR_USAGE',
      `--${unsuitable} is only for identities, not for ${ofProviders}`,
      {
        hints: [say(`leave out --${unsuitable}`)],
      },
    );
  }
  if (flags['webflow'] && values['mfa-token'] !== undefined) {
    throw new AtmosError('ERR_USAGE', '--webflow and --mfa-token cannot be combined', {
      hints: [say('leave out --mfa-token: the page of AWS asks for the code')],
    });
  }
  if (output !== undefined && !flags['plan']) {
    throw new AtmosError('ERR_USAGE', '--output is only for --plan', {
      hints: [addOptions(['--plan'])],
    });
  }
  if (output !== undefined && tags !== undefined) {
    throw new AtmosError('ERR_USAGE', '--output is only for one identity, not for --tags', {
      hints: [say('leave out --output')],
    });
  }
}

type LoginTo = (identity: Identity) => Promise<void>;

/**
 * Logs in to one identity after the other. The failure of one is reported and does not stop the
 * others, unless the user cancels.
 *
 * @returns the highest exit code
 */
async function loginToEach(
  { host, globals, note }: Context,
  loginTo: LoginTo,
  identities: readonly Identity[],
): Promise<number> {
  const writeHint = await loadWriteHint({ host, globals });
  let highest = 0;
  for (const identity of identities) {
    try {
      await loginTo(identity);
    } catch (error) {
      if (!isAtmosError(error) || isAtmosError(error, 'ERR_CANCELLED')) throw error;
      await note(...formatError(error, writeHint));
      highest = Math.max(highest, exitCodeOf(error));
    }
  }
  return highest;
}

/** What the command does with each identity. */
function loginOf(context: Context, invocation: Invocation, plan: ProjectPlan): LoginTo {
  const { host, note } = context;
  const { flags, values } = invocation;
  const isVerbose = flags['verbose'] ?? false;
  const bySignIn = flags['webflow'] ?? false;
  const force = flags['force'] ?? bySignIn;
  if (flags['plan']) {
    const isJson = values['output'] === 'json';
    return async (identity) => {
      const { showLoginPlan } = await import('../login-plan.ts');
      await showLoginPlan(context, plan, identity, { force, bySignIn, isJson });
    };
  }
  // Once, so that its password is asked for once.
  let opening: Promise<OpenAuth> | undefined;
  const openOnce = () => (opening ??= openForCommand(context, plan, askingOptions(invocation)));

  return async (identity) => {
    if ((await foreseen(plan.config, identity, host)).isAmbient) {
      await note(
        `Nothing to do: programs use the credentials of their environment as ${identity.name}`,
      );
      return;
    }
    const { manager } = await openOnce();
    const result = await manager.login(identity, { force, bySignIn });
    // Storing the session is the purpose of a login.
    if (result.storeFailure !== undefined) throw result.storeFailure;
    await showResult(context, plan, identity, { result, manager, isVerbose });
    await warnOfIntegrations(plan, identity, { warn: warner(context) });
    if (result.session.credentials.expiresAt === undefined) return;
    await warnOfMemory(plan, 'this session ends with this command', { warn: warner(context) });
  };
}

function placeOf({ source }: LoginResult['session']): string {
  return source === 'atmos' ? 'opened by Atmos' : 'read from the keyring';
}

async function showResult(
  { host, note }: Context,
  { realm }: ProjectPlan,
  identity: Identity,
  shown: { result: LoginResult; manager: OpenAuth['manager']; isVerbose: boolean },
): Promise<void> {
  const { isVerbose, manager } = shown;
  const { wasOpened, session, region, changed } = shown.result;
  const { expiresAt } = session.credentials;
  const until = expiresAt === undefined ? 'without an expiry' : formatMoment(expiresAt, host);
  if (expiresAt === undefined) {
    await note(
      `The credentials of ${identity.name} have no expiry: they are not stored, and requested again for each use`,
    );
  } else if (wasOpened) {
    const { signedInAs } = session;
    const who = signedInAs === undefined ? '' : ` (${signedInAs})`;
    await note([paint('green', '✓'), ` Logged in as ${identity.name}${who} until ${until}`]);
  } else {
    await note(`Already logged in as ${identity.name} until ${until}`);
  }
  if (isVerbose) {
    await note(
      ...formatRows([
        ['Realm', `${realm.value} (${abbreviateHome(realm.source, host)})`],
        ['Provider', (await manager.describe(identity)).provider],
        ['Identity', identity.name],
        ['Region', region ?? 'from the environment'],
        ['Session', wasOpened ? 'opened now' : placeOf(session)],
        ['Expires', until],
      ]),
    );
  }
  if (changed !== undefined) await note(`note: ${changed}`);
  if (wasOpened || isVerbose) for (const limit of session.limits) await note(`note: ${limit}`);
}
