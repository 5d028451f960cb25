import { openBackend } from '../../keyring/registry.ts';
import type { Keyring, Probe } from '../../keyring/contract.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlanIfAny } from '../plan.ts';
import { formatRows } from '../rows.ts';

const exitUnavailable = 3;

/**
 * `atmos auth keyring status`: which keyring, why, where, and whether it would open. Asks for
 * nothing and runs nothing. Exits 3 when it is unavailable.
 */
export async function keyringStatus(context: Context, { values }: Invocation): Promise<number> {
  const { host, out, note } = context;
  const { keyring: settings } = await loadPlanIfAny(context);
  const keyring = await openBackend({ settings, host });
  const probe = await keyring.probe();
  const status = {
    type: settings.type.value,
    source: settings.type.source,
    location: keyring.info.location,
    location_source: settings.type.value === 'file' ? settings.directory.source : null,
    persistent: keyring.info.persistent,
    state: probe.state,
    reason: probe.reason ?? null,
    entries: await countEntries(keyring, probe),
  };
  if (values['output'] === 'json') await out(`${JSON.stringify(status, null, 2)}\n`);
  else {
    const from = status.location_source === null ? '' : ` (${status.location_source})`;
    await note(
      formatRows([
        ['Keyring', `${status.type} (${status.source})`],
        ['Where', `${status.location}${from}`],
        ['State', status.reason === null ? status.state : `${status.state}: ${status.reason}`],
        ['Entries', status.entries === null ? undefined : String(status.entries)],
        ['Kept', status.persistent ? 'on disk or by the system' : 'by this process alone: gone when it ends'],
      ]),
    );
  }
  return probe.state === 'unavailable' ? exitUnavailable : 0;
}

async function countEntries(keyring: Keyring, { state }: Probe): Promise<number | null> {
  return state === 'unavailable' ? null : (await keyring.keys()).length;
}
