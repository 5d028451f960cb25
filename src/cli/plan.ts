import { planAuth, type AuthPlan } from '../auth/plan.ts';
import { strategyOf } from '../auth/registry.ts';
import { findIdentity } from '../config/find-identity.ts';
import { loadConfig, type Config } from '../config/load.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import type { Identity } from '../core/identity.ts';
import { withoutAbsent } from '../core/without-absent.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { requestedIdentity, resolveIdentityName } from './identity.ts';
import { printable } from './report.ts';

/** A plan with the configuration that most commands cannot do without. */
export type ProjectPlan = AuthPlan & { readonly config: Config };

/** What finding an identity needs: a command that asks nobody gives a prompt that refuses. */
type Chooser = Pick<Context, 'host'> & { readonly prompt: Pick<Context['prompt'], 'select'> };

/** Loads atmos.yaml and settles the rest. Its warnings are shown. */
export async function loadPlan(context: Context): Promise<ProjectPlan> {
  const { host, globals } = context;
  const profiles = { value: globals.profile, source: '--profile' };
  const config = loadConfig(
    {
      configFiles: globals.config.map((value) => ({ value, source: '--config' })),
      ...withoutAbsent({ profiles: globals.profile.length > 0 ? profiles : undefined }),
    },
    host,
  );
  for (const warning of config.warnings) {
    await warn(context, warning);
  }
  return { ...planAuth(config, host), config };
}

/** For commands that work without an atmos.yaml: the environment and the defaults then settle all. */
export async function loadPlanIfAny(context: Context): Promise<AuthPlan> {
  try {
    return await loadPlan(context);
  } catch (error) {
    const isNamed = context.globals.config.length > 0 || Boolean(context.host.env['ATMOS_CONFIG']);
    if (isNamed || !isAtmosError(error, 'ERR_CONFIG_NOT_FOUND')) throw error;
    return planAuth(undefined, context.host);
  }
}

/**
 * The identity that is asked for, or undefined when authentication is switched off.
 *
 * @throws ERR_IDENTITY_UNKNOWN, ERR_IDENTITY_REQUIRED, ERR_NO_TERMINAL, ERR_USAGE
 */
export async function chooseIdentity(
  { host, prompt }: Chooser,
  { config }: ProjectPlan,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
): Promise<Identity | undefined> {
  const request = requestedIdentity(invocation, host);
  if (request.kind === 'none') return undefined;
  const { value } = await resolveIdentityName(request, config.identities, prompt);
  const identity = findIdentity(config, value);
  (await strategyOf(identity)).validate(identity);
  return identity;
}

/** {@link chooseIdentity} for commands that make no sense without one. */
export async function requireIdentity(
  chooser: Chooser,
  plan: ProjectPlan,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
): Promise<Identity> {
  const identity = await chooseIdentity(chooser, plan, invocation);
  if (identity !== undefined) return identity;
  throw new AtmosError(
    'ERR_USAGE',
    'authentication is switched off, and this command needs an identity',
    { hints: ['unset ATMOS_IDENTITY', '-i NAME'] },
  );
}

export async function warn(
  { note, paint }: Pick<Context, 'note' | 'paint'>,
  message: string,
): Promise<void> {
  await note(`${paint('yellow', 'warning:')} ${printable(message)}\n`);
}

/** For a command that relies on another one finding what it leaves: on this keyring none does. */
export async function warnOfMemory(
  context: Pick<Context, 'note' | 'paint'>,
  { keyring }: Pick<AuthPlan, 'keyring'>,
  consequence: string,
): Promise<void> {
  if (keyring.type.value !== 'memory') return;
  await warn(context, `the memory keyring keeps nothing: ${consequence}`);
}
