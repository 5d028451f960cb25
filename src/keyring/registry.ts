import { KeyringError } from '../core/errors.ts';
import { didYouMean, say } from '../core/hint.ts';
import { quoteValue, type Sourced } from '../core/json.ts';
import { nearestName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type {
  AgentControl,
  BackendContext,
  Keyring,
  KeyringReader,
  OpenBackend,
} from './contract.ts';
import type { rekeyKeyring } from './file/rekey.ts';
import type { Inspector } from './inspection.ts';

export type { NewPasswordSource } from './file/password.ts';
export type { RekeyResult } from './file/rekey.ts';

// The only place that names the backends. Each is imported when it is chosen.
const backends: Readonly<Record<string, () => Promise<OpenBackend>>> = {
  system: async () => (await import('./system/backend.ts')).openSystemKeyring,
  // With its unlock agent in front.
  file: async () =>
    (await import('./agent/client-keyring.ts')).createAgentClientKeyring(loadFileKeyring),
  memory: async () => (await import('./memory.ts')).openMemoryKeyring,
};

const loadFileKeyring = async () => (await import('./file/backend.ts')).openFileKeyring;
const loadAgentBackend = async () => (await import('./file/agent-backend.ts')).agentFileKeyring;

// What looks at each from outside, for `keyring status` and `doctor`. In memory there is nothing to see.
const inspectors: Readonly<Record<string, () => Promise<Inspector>>> = {
  system: async () => (await import('./system/inspect.ts')).systemInspector,
  file: async () => (await import('./file/inspect.ts')).fileInspector,
};

/** The types that can be configured, as a person would list them. */
export const keyringTypes: readonly string[] = Object.keys(backends);

/** @throws ERR_KEYRING_UNKNOWN_TYPE naming where the type was configured, and the nearest known one */
export function checkKeyringType(chosen: Sourced<string>): void {
  const type = chosen.value;
  if (Object.hasOwn(backends, type)) return;
  const nearest = nearestName(type, keyringTypes);
  throw new KeyringError(
    'ERR_KEYRING_UNKNOWN_TYPE',
    `unknown keyring type ${quoteValue(chosen)} (from ${chosen.source}): it is one of ${keyringTypes.join(', ')}`,
    {
      hints:
        nearest === undefined
          ? [say('set auth.keyring.type to system, file or memory')]
          : didYouMean(nearest),
    },
  );
}

/** @throws ERR_KEYRING_UNKNOWN_TYPE */
export async function openBackend(context: BackendContext): Promise<Keyring> {
  const { type } = context.settings;
  checkKeyringType(type);
  const load = backends[type.value];
  if (load === undefined) throw new TypeError('a type that was checked has a backend');
  return (await load())(context);
}

/** As openSystemCollection: what another program has in the system's keyring. */
export async function openCollection(
  context: BackendContext,
  name: string,
): Promise<KeyringReader | undefined> {
  return (await import('./system/backend.ts')).openSystemCollection(context, name);
}

/** What gives the `file` keyring another password. */
export async function loadRekey(): Promise<typeof rekeyKeyring> {
  return (await import('./file/rekey.ts')).rekeyKeyring;
}

/** Undefined for a type that has none. */
export async function inspectorOf(type: string): Promise<Inspector | undefined> {
  return inspectors[type]?.();
}

/** What a person does with the unlock agent of the file keyring. */
export async function loadAgentControl(): Promise<AgentControl> {
  return (await import('./agent/control.ts')).createAgentControl(loadAgentBackend);
}

/** Is the agent, until it has a reason to end. */
export async function runAgent(host: Host): Promise<void> {
  await (await import('./agent/daemon.ts')).runAgent(host, await loadAgentBackend());
}
