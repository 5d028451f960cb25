import type { AgentControl, AgentState, KeyringContext } from './contract.ts';
import { allBackends, settleBackend, usableBackends, type SettledBackend } from './registry.ts';

// The agents of the keyrings in use, for the commands that start, show and stop them.

/**
 * The keyrings that may be used and that an agent can keep unlocked, the chosen one first.
 *
 * @throws as {@link settleBackend}
 */
export function settleWithAgent(context: KeyringContext): SettledBackend[] {
  const { keyring } = context;
  return usableBackends(keyring)
    .filter(({ loadAgent }) => loadAgent)
    .map(({ type }) => settleBackend(context, { ...keyring.type, value: type }))
    .filter((settled) => whyNoAgent(settled) === undefined);
}

/** As {@link Backend.whyNoAgent}. */
export function whyNoAgent({ backend, context }: SettledBackend): string | undefined {
  return backend.whyNoAgent?.(context.settings);
}

/** The first backend with an agent, for a configuration that uses none. */
export function settleAnyWithAgent(context: KeyringContext): SettledBackend {
  const { type } = context.keyring;
  const value = allBackends().find(({ loadAgent }) => loadAgent)?.type ?? type.value;
  return settleBackend(context, { ...type, value });
}

/** What a person does with the agent of a backend that has one. */
export async function agentOf({ backend }: SettledBackend): Promise<AgentControl> {
  const agent = await backend.loadAgent?.();
  if (agent === undefined) throw new TypeError(`the ${backend.type} keyring has no agent`);
  return agent;
}

/** What there is to say of the agent of a type; undefined for one that can have none. */
export async function lookForAgent(
  context: KeyringContext,
  type: string,
): Promise<AgentState | undefined> {
  const settled = settleBackend(context, { ...context.keyring.type, value: type });
  if (whyNoAgent(settled) !== undefined) return undefined;
  return (await settled.backend.loadAgent?.())?.look(settled.context);
}
