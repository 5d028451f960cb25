import { abbreviateHome } from '../../host/home.ts';
import type { KeyringContext, LockResult } from '../../keyring/contract.ts';
import { agentOf, settleAnyWithAgent, settleWithAgent, whyNoAgent } from '../../keyring/agents.ts';
import { settleBackend, type SettledBackend } from '../../keyring/registry.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlanIfAny, warner } from '../plan.ts';

/** The documented form of `-o json`: always every field, null if unknown. */
interface LockJson extends LockedJson {
  /** The other keyrings that may be used and can be unlocked, such as that of sessions. */
  others: LockedJson[];
}

interface LockedJson {
  /** The directory of a file keyring, the server and path of a vault keyring. */
  location: string;
  /** Whether a background process kept it unlocked. */
  was_unlocked: boolean;
  /** Of that process; null without one, and on macOS. */
  process_id: number | null;
}

/**
 * `atmos auth keyring lock`: stops the background processes that keep the keyrings in use unlocked. It
 * succeeds if no agent is running, because the keyrings are locked then.
 */
export async function keyringLock(context: Context, { values }: Invocation): Promise<void> {
  const { host, outJson, note } = context;
  const { keyring } = await loadPlanIfAny(context);
  const inUse = settleWithAgent({ keyring, host });
  const [first = settleWithout({ keyring, host }), ...others] = inUse;
  const locked = [await lock(first)];
  for (const other of others) locked.push(await lock(other));
  const warn = warner(context);
  for (const { result, location } of locked) {
    if (result.kind !== 'locked' || result.warning === undefined) continue;
    await warn(`the keyring ${abbreviateHome(location, host)}: ${result.warning}`);
  }
  if (values['output'] === 'json') {
    const [json, ...more] = locked.map(lockedJson);
    if (json !== undefined) await outJson({ ...json, others: more } satisfies LockJson);
    return;
  }
  const stopped = locked.filter(({ result }) => result.kind !== 'none');
  const lines = stopped.length === 0 ? locked.slice(0, 1) : stopped;
  await note(...lines.map((one) => describe(one, abbreviateHome(one.location, host))));
}

/** The keyring to name if none in use can be unlocked: the chosen one, else the one that could be. */
function settleWithout(context: KeyringContext): SettledBackend {
  const chosen = settleBackend(context);
  return chosen.backend.loadAgent === undefined ? settleAnyWithAgent(context) : chosen;
}

interface Locked {
  readonly location: string;
  readonly result: LockResult;
  /** Why it is never unlocked. */
  readonly whyNever?: string;
}

async function lock(settled: SettledBackend): Promise<Locked> {
  const agent = await agentOf(settled);
  const location = agent.locationOf(settled.context.settings);
  const whyNever = whyNoAgent(settled);
  if (whyNever !== undefined) return { location, result: { kind: 'none' }, whyNever };
  return { location, result: await agent.lock(settled.context) };
}

function lockedJson({ location, result }: Locked): LockedJson {
  return {
    location,
    was_unlocked: result.kind !== 'none',
    process_id: result.kind === 'none' ? null : (result.processId ?? null),
  };
}

function describe({ result, whyNever }: Locked, location: string): string {
  switch (result.kind) {
    case 'locked':
      return `locked the keyring ${location}`;
    case 'terminated':
      return `locked the keyring ${location}: its agent (process ${result.processId}) did not respond and was terminated`;
    case 'none':
      return `the keyring ${location} was not unlocked${whyNever === undefined ? '' : `: ${whyNever}`}`;
    case 'cut-off':
      return `locked the keyring ${location}: its agent has another version, can no longer be reached, and exits within seconds`;
  }
}
