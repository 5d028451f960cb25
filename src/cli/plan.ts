import * as choosing from '../app/choose-identity.ts';
import type { Services } from '../app/export-environment.ts';
import { requestedIdentity, type Picker } from '../app/identity-request.ts';
import type { ChoiceKeeper } from '../app/known-choices.ts';
import { pickRecentFirst } from '../app/recent-identities.ts';
import { planAuth, type AuthPlan, type ProjectPlan } from '../auth/plan.ts';
import { loadConfig } from '../auth/load-config.ts';
import type { Config, LoadOptions } from '../config/load.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { run, type Hint } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { loadOptions, namesConfig } from './global-options.ts';
import { suggestProfile, withPickedProfiles } from './profile-choice.ts';
import { followedLog } from './project-log.ts';
import { formatHints, labelled, loadWriteHint } from './report.ts';
import { paint } from './ui/color.ts';
import type { Prompt } from './ui/prompt.ts';

export type { ProjectPlan };

/** What loading needs. */
type LoadingContext = Omit<Context, 'prompt'> & { readonly prompt: Pick<Prompt, 'selectMany'> };

/** What choosing an identity needs. A command that never prompts passes a prompt that refuses. */
type Chooser = Pick<Context, 'host'> & { readonly prompt: Pick<Context['prompt'], 'select'> };

/** `isStatic` for a command that runs nothing. */
type PlanOptions = Pick<LoadOptions, 'isStatic'>;

/** Loads atmos.yaml as the command line selects it, and resolves the plan. Shows the warnings. */
export async function loadPlan(
  context: LoadingContext,
  options: PlanOptions = {},
): Promise<ProjectPlan> {
  const globals = await withPickedProfiles(context);
  const config = await load(context, { ...loadOptions(globals), ...options });
  return planOf(context, config, options);
}

/** If there is no configuration, the error names `auth init` and what it would find. */
async function load(
  { globals, host }: Pick<Context, 'globals' | 'host'>,
  options: LoadOptions,
): Promise<Config> {
  try {
    return await loadConfig(options, host);
  } catch (error) {
    if (!isAtmosError(error, 'ERR_CONFIG_NOT_FOUND') || namesConfig(globals, host)) throw error;
    const { describeImportable } = await import('../app/init.ts');
    const found = await describeImportable(host);
    if (found === undefined) throw error;
    const hint = run(['atmos', 'auth', 'init'], `to create one from ${found}`);
    throw new AtmosError(error.code, error.lines, { hints: [hint], cause: error });
  }
}

/** {@link loadPlan} for a command that uses an identity. Suggests a profile that contains it. */
export async function loadPlanFor(
  context: Context,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
  keeper?: Pick<ChoiceKeeper, 'load'>,
): Promise<ProjectPlan> {
  const globals = await withPickedProfiles(context);
  const loading = () => load(context, loadOptions(globals));
  const config = await (keeper === undefined ? loading() : keeper.load(loading));
  const profile = await suggestProfile(context, config, invocation);
  // Atmos would start itself again. Nothing has been changed yet, so loading again is enough.
  const taken =
    profile === undefined
      ? config
      : await loadConfig(loadOptions({ ...globals, profile: [profile] }), context.host);
  return planOf(context, taken);
}

/**
 * The plan again, after something was written that the configuration is read from. Shows no warnings,
 * which were shown before.
 */
export async function reloadPlan(
  { globals, host }: Pick<Context, 'globals' | 'host'>,
  { config: { profiles } }: ProjectPlan,
  options: PlanOptions = {},
): Promise<ProjectPlan> {
  // What was picked is not asked for again.
  const picked = globals.picksProfile ? { ...globals, profile: [...profiles] } : globals;
  const config = await loadConfig({ ...loadOptions(picked), ...options }, host);
  return { ...planAuth(config, host), config };
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
 * For commands that run nothing and work without an atmos.yaml: then the environment and the
 * defaults apply.
 */
export async function loadPlanIfAny(context: Context): Promise<AuthPlan> {
  const options = { isStatic: true };
  try {
    const globals = await withPickedProfiles(context);
    const config = await loadConfig({ ...loadOptions(globals), ...options }, context.host);
    return await planOf(context, config, options);
  } catch (error) {
    const { globals, host } = context;
    if (namesConfig(globals, host) || !isAtmosError(error, 'ERR_CONFIG_NOT_FOUND')) throw error;
    await context.startLog();
    return planAuth(undefined, host);
  }
}

/** {@link choosing.requireIdentity} with the options of the command line and a prompt. */
export function requireIdentity(
  chooser: Chooser,
  plan: ProjectPlan,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
): Promise<Identity> {
  return choosing.requireIdentity(choiceOf(chooser, plan, invocation));
}

/** What an identity is chosen by: the options of the command line and a prompt. */
export function choiceOf(
  chooser: Chooser,
  plan: ProjectPlan,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
): choosing.IdentityChoice {
  const { host } = chooser;
  const { config } = plan;
  const requested = requestedIdentity(invocation, host, config);
  return { requested, config, host, ...identityPicker(chooser, plan) };
}

/** A picker of identities, with those first that were picked last. */
export function identityPicker(
  { host, prompt }: Chooser,
  { realm }: Pick<ProjectPlan, 'realm'>,
): Picker {
  return {
    select: (question) =>
      pickRecentFirst(question, { realm: realm.value, host, select: prompt.select }),
  };
}

/** @param lines of one warning */
export async function warn(
  { note }: Pick<Context, 'note'>,
  ...lines: readonly string[]
): Promise<void> {
  await note(...labelled(paint('yellow', 'warning:'), lines));
}

/** A warning with its hints. */
export async function warnWithHints(
  context: Pick<Context, 'note' | 'host' | 'globals'>,
  message: string,
  hints: readonly Hint[],
): Promise<void> {
  const hintLines = formatHints(hints, await loadWriteHint(context));
  await context.note(...labelled(paint('yellow', 'warning:'), [message]), ...hintLines);
}

/** Shows the warnings of a use case. */
export function warner(context: Pick<Context, 'note' | 'host' | 'globals'>): Services['warn'] {
  return (message, hints = []) => warnWithHints(context, message, hints);
}

/** Shows the warnings of a keyring. A failure to show them is ignored. */
export function keyringWarner(context: Pick<Context, 'note' | 'host' | 'globals'>) {
  const show = warner(context);
  return (message: string, hints?: readonly Hint[]): void => {
    void show(message, hints).catch(() => {});
  };
}
