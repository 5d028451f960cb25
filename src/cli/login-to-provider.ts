import {
  identitiesAt,
  loginToAll,
  portalsOf,
  type LoginAllResult,
  type Portal,
} from '../app/login-all.ts';
import { warnOfMemory } from '../app/notices.ts';
import type { OpenAuth } from '../app/open.ts';
import { providerNamed } from '../app/provider-named.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import { countOf } from '../core/count.ts';
import { AtmosError } from '../core/errors.ts';
import { run, say } from '../core/hint.ts';
import type { Identity, Provider } from '../core/kind-config.ts';
import { createPace } from '../core/pace.ts';
import { provisionedSourceOf } from '../core/provisioned.ts';
import { formatMoment } from '../core/time.ts';
import { changedHost } from '../host/host.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { listIdentitiesAfterSignIn } from './list-identities.ts';
import { askingOptions, openForCommand } from './open.ts';
import { loadPlan, reloadPlan, warner } from './plan.ts';
import { formatError, loadWriteHint } from './report.ts';
import { describeSource } from './session-text.ts';
import { paint } from './ui/color.ts';
import { createProgress } from './ui/progress.ts';

/** Signs in to a provider, for all identities that use it. */
export async function loginToProvider(
  context: Context,
  invocation: Invocation,
  name: string,
): Promise<void> {
  const plan = await loadPlan(context);
  const provider = providerNamed(plan.config, name);
  const { manager } = await openForCommand(context, plan, askingOptions(invocation));
  await signIn(context, invocation, { plan, manager, provider });
  await warnOfMemory(plan, 'this sign-in ends with this command', { warn: warner(context) });
}

interface SignIn extends Pick<OpenAuth, 'manager'> {
  readonly plan: ProjectPlan;
  readonly provider: Provider;
}

/** Signs in, and lists the identities of the provider if they are not known, or it is a new sign-in. */
async function signIn(
  context: Context,
  { flags }: Invocation,
  { plan, manager, provider }: SignIn,
): Promise<void> {
  const { host, note } = context;
  const result = await manager.signIn(provider, { force: flags['force'] ?? false });
  if (result.storeFailure !== undefined) throw result.storeFailure;
  const { wasOpened, expiresAt, changed, source: program } = result;
  const by = program === undefined ? '' : `, ${describeSource(program)}`;
  const until = expiresAt === undefined ? '' : ` until ${formatMoment(expiresAt, host)}`;
  await note(
    ...(wasOpened
      ? [[paint('green', '✓'), ` Signed in to ${provider.name}${until}`]]
      : [`Already signed in to ${provider.name}${until}${by}`]),
  );
  if (changed !== undefined) await note(`note: ${changed}`);
  const source = provisionedSourceOf(plan.config.provisioned, provider.name);
  if (source !== undefined && (wasOpened || source.list?.isComplete !== true)) {
    await listIdentitiesAfterSignIn(context, manager, provider);
  }
}

/**
 * Signs in once for each portal, then logs in to all identities that are opened with it.
 *
 * @returns the exit code: 1 if a login failed
 */
export async function loginToPortals(context: Context, invocation: Invocation): Promise<number> {
  const { host } = context;
  const plan = await loadPlan(context);
  const portals = await choosePortals(context, plan, invocation.values['provider']);
  const { manager, keyring } = await openForCommand(context, plan, askingOptions(invocation));
  for (const { provider } of portals) {
    await signIn(context, invocation, { plan, manager, provider });
  }
  const providers = portals.map(({ provider }) => provider);
  const listed = await reloadPlan(context, plan);
  const levels = await identitiesAt(providers, listed.config, host);
  const failed = await loginToLevels(context, invocation, {
    plan: listed,
    portals,
    levels,
    keyring,
  });
  await warnOfMemory(plan, 'these sessions end with this command', { warn: warner(context) });
  return failed ? 1 : 0;
}

async function choosePortals(
  { host }: Context,
  { config }: ProjectPlan,
  name: string | undefined,
): Promise<readonly Portal[]> {
  const wanted = name === undefined ? config.providers : [providerNamed(config, name)];
  const portals = await portalsOf(wanted, config, host);
  if (portals.length > 0) return portals;
  const what = name === undefined ? 'no provider is' : `provider ${wanted[0]?.name ?? name} is not`;
  throw new AtmosError(
    'ERR_USAGE',
    `--all logs in to the identities of a portal, and ${what} one at which a person signs in`,
    { hints: [say('use --identity or --tags'), run(['atmos', 'auth', 'validate'])] },
  );
}

interface Logins extends Pick<OpenAuth, 'keyring'> {
  readonly plan: ProjectPlan;
  readonly portals: readonly Portal[];
  readonly levels: Awaited<ReturnType<typeof identitiesAt>>;
}

/** Returns whether a login failed. No one is asked: a refused token must not open a page for each. */
async function loginToLevels(
  context: Context,
  { flags }: Invocation,
  { plan, portals, levels, keyring }: Logins,
): Promise<boolean> {
  const { note } = context;
  // The progress shows what is waited for.
  const host = changedHost(context.host, { waiting: () => () => {} });
  const [first] = portals;
  if (first === undefined) throw new TypeError('there is a portal');
  const { callRate } = first;
  const total = levels.reduce((count, level) => count + level.length, 0);
  const { manager } = await openForCommand({ ...context, host }, plan, {
    isInteractive: true,
    keyring,
    pace: createPace(callRate, host),
  });
  const progress = createProgress(context, { doing: 'logging in', total });
  const force = flags['force'] ?? false;
  const options = {
    maxInFlight: callRate.maxInFlight,
    async login(identity: Identity) {
      const { storeFailure, wasOpened } = await manager.login(identity, { force });
      if (storeFailure !== undefined) throw storeFailure;
      if (flags['verbose'] === true) await note(`Logged in as ${identity.name}`);
      return wasOpened;
    },
    onProgress: (done: number) => progress.tell(done),
  };
  let result: LoginAllResult;
  try {
    result = await loginToAll(levels, options);
  } finally {
    await progress.end();
  }
  const { opened, found, failures, notTried } = result;
  const writeHint = await loadWriteHint(context);
  for (const { error } of failures) await note(...formatError(error, writeHint));
  if (notTried > 0) await note(`${countOf(notTried, 'identity was', 'identities were')} not tried`);
  const known = found === 0 ? '' : `; ${found} of them before this command`;
  const count = countOf(total, 'identity', 'identities');
  await note([
    ...(failures.length === 0 ? [paint('green', '✓'), ' '] : []),
    `Logged in to ${opened + found} of ${count}${known}`,
  ]);
  return failures.length > 0;
}
