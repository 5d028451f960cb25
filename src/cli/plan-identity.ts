import * as choosing from '../app/choose-identity.ts';
import type { Picker } from '../app/identity-request.ts';
import { createChoiceKeeper, type ChoiceKeeper } from '../app/known-choices.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { loadOptions } from './global-options.ts';
import { choiceRequest } from './pick-known.ts';
import { choiceOf, loadPlanFor, warn, type ProjectPlan } from './plan.ts';

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
  const keeper = choiceKeeper(context, invocation);
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

function choiceKeeper(context: Context, invocation: Invocation): ChoiceKeeper | undefined {
  const { globals, host } = context;
  const request = choiceRequest(context, invocation);
  return request && createChoiceKeeper(request, loadOptions(globals), host);
}
