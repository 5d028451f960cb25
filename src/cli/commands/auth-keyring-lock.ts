import { abbreviateHome } from '../../host/home.ts';
import type { LockResult } from '../../keyring/contract.ts';
import { agentOf, locationOf, settleCapable } from '../../keyring/registry.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlanIfAny } from '../plan.ts';

/** The documented form of `-o json`: always every field, null if unknown. */
interface LockJson {
  /** The keyring's directory. */
  location: string;
  /** Whether a background process kept it unlocked. */
  was_unlocked: boolean;
  /** Of that process; null without one, and on macOS. */
  process_id: number | null;
}

/**
 * `atmos auth keyring lock`: stops the background process that keeps the file keyring unlocked. It
 * succeeds if there is no such process, because the keyring is locked then.
 */
export async function keyringLock(context: Context, { values }: Invocation): Promise<void> {
  const { host, outJson, note } = context;
  const { keyring } = await loadPlanIfAny(context);
  const settled = settleCapable({ keyring, host }, 'loadAgent');
  const result = await (await agentOf(settled)).lock(settled.context);
  const location = locationOf(settled);
  if (values['output'] === 'json') {
    const json: LockJson = {
      location,
      was_unlocked: result.kind !== 'none',
      process_id: result.kind === 'none' ? null : (result.processId ?? null),
    };
    await outJson(json);
    return;
  }
  await note(describe(result, abbreviateHome(location, host)));
}

function describe(result: LockResult, location: string): string {
  switch (result.kind) {
    case 'locked':
      return `locked the keyring ${location}`;
    case 'terminated':
      return `locked the keyring ${location}: its agent (process ${result.processId}) did not respond and was terminated`;
    case 'none':
      return `the keyring ${location} was not unlocked`;
    case 'cut-off':
      return `locked the keyring ${location}: its agent has another version, can no longer be reached, and exits within seconds`;
  }
}
