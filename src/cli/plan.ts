import { requestedIdentity, resolveIdentityName, sourceHints } from '../app/choose-identity.ts';
import { planAuth, type AuthPlan } from '../auth/plan.ts';
import { kindOf } from '../clouds/registry.ts';
import { findIdentity } from '../config/find-identity.ts';
import { loadConfig, type Config, type LoadOptions } from '../config/load.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { addOptions, placeholder, type Hint } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import { isSameName } from '../core/names.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { loadOptions, namesConfig } from './global-options.ts';
import { suggestProfile, withPickedProfiles } from './profile-choice.ts';
import { followedLog } from './project-log.ts';
import { formatHints, labelled, loadWriteHint } from './report.ts';
import { paint } from './ui/color.ts';
import type { Prompt } from './ui/prompt.ts';

/** A plan with the configuration that most commands cannot do without. */
export type ProjectPlan = AuthPlan & { readonly config: Config };

/** What loading needs. */
type LoadingContext = Omit<Context, 'prompt'> & { readonly prompt: Pick<Prompt, 'selectMany'> };

/** What finding an identity needs: a command that asks nobody gives a prompt that refuses. */
type Chooser = Pick<Context, 'host'> & { readonly prompt: Pick<Context['prompt'], 'select'> };

/** `isStatic` for a command that runs nothing. */
type PlanOptions = Pick<LoadOptions, 'isStatic'>;

/** Loads atmos.yaml, as the command line says it, and settles the rest. Its warnings are shown. */
export async function loadPlan(
  context: LoadingContext,
  options: PlanOptions = {},
): Promise<ProjectPlan> {
  const globals = await withPickedProfiles(context);
  const config = await loadConfig({ ...loadOptions(globals), ...options }, context.host);
  return planOf(context, config, options);
}

/** {@link loadPlan} for a command that uses an identity: a profile that has it is suggested. */
export async function loadPlanFor(
  context: Context,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
): Promise<ProjectPlan> {
  const globals = await withPickedProfiles(context);
  const config = await loadConfig(loadOptions(globals), context.host);
  const profile = await suggestProfile(context, config, invocation);
  // Atmos starts itself again. So far we have only read, and keep nothing of it: loading again is all.
  const taken =
    profile === undefined
      ? config
      : await loadConfig(loadOptions({ ...globals, profile: [profile] }), context.host);
  return planOf(context, taken);
}

async function planOf(
  context: LoadingContext,
  config: Config,
  options: PlanOptions = {},
): Promise<ProjectPlan> {
  const refused = (message: string) => warn(context, message);
  await context.startLog(await followedLog(context, config, options, refused));
  for (const warning of config.warnings) await warn(context, warning);
  return { ...planAuth(config, context.host), config };
}

/**
 * For commands that run nothing and work without an atmos.yaml: the environment and the defaults then
 * settle all.
 */
export async function loadPlanIfAny(context: Context): Promise<AuthPlan> {
  try {
    return await loadPlan(context, { isStatic: true });
  } catch (error) {
    const { globals, host } = context;
    if (namesConfig(globals, host) || !isAtmosError(error, 'ERR_CONFIG_NOT_FOUND')) throw error;
    await context.startLog();
    return planAuth(undefined, host);
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
  const request = requestedIdentity(invocation, host, config);
  if (request.kind === 'none') return undefined;
  const chosen = await resolveIdentityName(request, config, prompt);
  const identity = findIdentity(config, chosen, sourceHints(chosen.source, host));
  const { name, kind } = identity;
  const { plan } = await kindOf(identity);
  host.log('identity.chosen', { identity: name, kind, source: chosen });
  plan(identity);
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
  const request = requestedIdentity(invocation, chooser.host, plan.config);
  const source = request.kind === 'none' ? request.source : '--identity';
  const by = source === '--identity' ? '' : ` by ${source}`;
  throw new AtmosError(
    'ERR_USAGE',
    `authentication is switched off${by}, and this command needs an identity`,
    { hints: [...sourceHints(source, chooser.host), addOptions(['-i', placeholder('name')])] },
  );
}

/** @param lines of one warning */
export async function warn(
  { note }: Pick<Context, 'note'>,
  ...lines: readonly string[]
): Promise<void> {
  await note(...labelled(paint('yellow', 'warning:'), lines));
}

/** A warning with what to do about it. */
export async function warnWithHints(
  { host, note }: Pick<Context, 'note' | 'host'>,
  message: string,
  hints: readonly Hint[],
): Promise<void> {
  const hintLines = formatHints(hints, await loadWriteHint(host));
  await note(...labelled(paint('yellow', 'warning:'), [message]), ...hintLines);
}

/** Shows the warnings of a keyring. That they cannot be shown is no reason to fail. */
export function keyringWarner(context: Pick<Context, 'note' | 'host'>) {
  return (message: string, hints: readonly Hint[] = []): void => {
    void warnWithHints(context, message, hints).catch(() => {});
  };
}

/** For a command that relies on another one finding what it leaves: on this keyring none does. */
export async function warnOfMemory(
  context: Pick<Context, 'note'>,
  { keyring }: Pick<AuthPlan, 'keyring'>,
  consequence: string,
): Promise<void> {
  if (keyring.type.value !== 'memory') return;
  await warn(context, `the memory keyring keeps nothing: ${consequence}`);
}

/** Atmos would run them with the session, and programs would get what they set. */
export async function warnOfIntegrations(
  context: Pick<Context, 'note'>,
  { config }: Pick<ProjectPlan, 'config'>,
  { name, via }: Pick<Identity, 'name' | 'via'>,
): Promise<void> {
  const isSame = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && isSameName(one, other);
  const bound = config.integrations.filter(
    (one) => isSame(one.via.identity, name) || isSame(one.via.provider, via?.provider),
  );
  if (bound.length === 0) return;
  const list = bound.map((one) => `${one.name} (${one.locate()})`).join(', ');
  await warn(context, `this version does not run the integrations of identity ${name}: ${list}`);
}
