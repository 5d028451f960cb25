import * as choosing from '../app/choose-identity.ts';
import type { Services } from '../app/export-environment.ts';
import { type Picker, requestedIdentity } from '../app/identity-request.ts';
import type { ChoiceKeeper } from '../app/known-choices.ts';
import { planAuth, type AuthPlan, type ProjectPlan } from '../auth/plan.ts';
import { loadConfig } from '../auth/load-config.ts';
import type { Config, LoadOptions } from '../config/load.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { run, type Hint } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { loadOptions, namesConfig } from './global-options.ts';
import { mayPick } from './pick-known.ts';
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

/** A plan, and the identity that a command uses. */
export interface IdentityPlan<Chosen = Identity> {
  readonly plan: ProjectPlan;
  readonly identity: Chosen;
}

/** {@link loadPlanFor}, and the identity. A picker's choices are kept for the next command. */
export async function planIdentity(
  context: Context,
  invocation: Invocation,
): Promise<IdentityPlan> {
  const { plan, choice } = await planChoice(context, invocation);
  return { plan, identity: await choosing.requireIdentity(choice) };
}

/** {@link planIdentity} for commands that also run when authentication is switched off. */
export async function planAnyIdentity(
  context: Context,
  invocation: Invocation,
): Promise<IdentityPlan<Identity | undefined>> {
  const { plan, choice } = await planChoice(context, invocation);
  return { plan, identity: await choosing.chooseIdentity(choice) };
}

async function planChoice(
  context: Context,
  invocation: Invocation,
): Promise<{ plan: ProjectPlan; choice: choosing.IdentityChoice }> {
  const keeper = await choiceKeeper(context, invocation);
  const plan = await loadPlanFor(context, invocation, keeper);
  const choice = choiceOf(context, plan, await stillPicked(context, plan, invocation));
  return { plan, choice: { ...choice, select: selectAndKeep(choice, plan, keeper) } };
}

/** The user picks again if the configuration has another identity of that name than was shown. */
async function stillPicked(
  context: Context,
  plan: ProjectPlan,
  invocation: Invocation,
): Promise<Invocation> {
  const { identity } = invocation;
  if (identity.kind !== 'picked' || (await choosing.isAsShown(identity, plan))) return invocation;
  const name = JSON.stringify(identity.name);
  await warn(context, `identity ${name} has changed since the choices were recorded: pick again`);
  return { ...invocation, identity: { kind: 'bare' } };
}

function selectAndKeep(
  { select }: choosing.IdentityChoice,
  { config, realm }: ProjectPlan,
  keeper: ChoiceKeeper | undefined,
): Picker['select'] {
  return async (question) => {
    try {
      return await select(question);
    } finally {
      // Afterwards, so that the user need not wait for it.
      keeper?.keep(question, { config, realm: realm.value });
    }
  };
}

async function choiceKeeper(
  { globals, host }: Context,
  invocation: Invocation,
): Promise<ChoiceKeeper | undefined> {
  if (!mayPick(invocation, globals, host)) return undefined;
  const { createChoiceKeeper } = await import('../app/known-choices.ts');
  const request = requestedIdentity(invocation, host, { environment: {} });
  return createChoiceKeeper(request, loadOptions(globals), host);
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

function choiceOf(
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
    async select(question) {
      const { pickRecentFirst } = await import('../app/recent-identities.ts');
      const picking = { realm: realm.value, host, select: prompt.select };
      return pickRecentFirst(question, picking);
    },
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
