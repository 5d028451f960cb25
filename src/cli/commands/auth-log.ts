import { listUses, type UseFilter } from '../../app/list-uses.ts';
import type { AuditRecord } from '../../auth/audit-record.ts';
import { countOf } from '../../core/count.ts';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { addOptions, placeholder, say } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import { formatDateTime, parseDuration, parseTimestamp, type LocalClock } from '../../core/time.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlan, warn } from '../plan.ts';
import { formatTable } from '../ui/table.ts';

/**
 * `atmos auth log`: lists the recorded uses of identities, the oldest first. `-o json` prints the
 * records as they are in the file.
 */
export async function log(context: Context, invocation: Invocation): Promise<void> {
  const { host, print, note, outJson } = context;
  const filter = filterOf(invocation, host);
  const { uses, damaged } = await listUses(await loadPlan(context), filter, host);
  if (damaged > 0) {
    await warn(context, `skipped ${countOf(damaged, 'damaged line')} of the audit file`);
  }
  if (invocation.values['output'] === 'json') return outJson(uses satisfies readonly AuditRecord[]);
  if (uses.length === 0) return note(describeNone(filter, host));
  await print(...formatUses(uses, host));
}

function filterOf({ identity, values }: Invocation, clock: LocalClock): UseFilter {
  if (identity.kind === 'bare') {
    throw new AtmosError('ERR_USAGE', '-i needs the name of an identity here', {
      hints: [addOptions(['-i', placeholder('name')])],
    });
  }
  const since = values['since'];
  return withoutAbsent({
    identity: identity.kind === 'named' ? identity.name : undefined,
    since: since === undefined ? undefined : startOf(since, clock),
  });
}

function describeNone({ identity, since }: UseFilter, clock: LocalClock): string {
  const of = identity === undefined ? '' : ` of identity ${identity}`;
  const from = since === undefined ? '' : ` since ${formatDateTime(since, clock)}`;
  return `no uses${of}${from} are recorded`;
}

/** @throws ERR_USAGE for a text that is neither a time nor a duration with a unit */
function startOf(text: string, clock: LocalClock): Date {
  const time = parseTimestamp(text) ?? startOfDay(text, clock);
  if (time !== undefined) return time;
  // A number alone would be seconds, which no one means here.
  if (/^\s*\d+\s*$/.test(text)) throw invalidStart(text, 'has no unit');
  try {
    return new Date(clock.now().getTime() - parseDuration(text) * 1000);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    throw invalidStart(text, 'is neither a duration nor a time');
  }
}

/** The local midnight at which a day such as `2026-01-31` begins. */
function startOfDay(text: string, clock: LocalClock): Date | undefined {
  const inUtc = parseTimestamp(`${text}T00:00:00Z`);
  if (inUtc === undefined) return undefined;
  const offsetMs = (at: Date) => clock.utcOffsetMinutes(at) * 60_000;
  const guess = new Date(inUtc.getTime() - offsetMs(inUtc));
  return new Date(inUtc.getTime() - offsetMs(guess));
}

function invalidStart(text: string, why: string): AtmosError {
  return new AtmosError('ERR_USAGE', `--since ${JSON.stringify(text)} ${why}`, {
    hints: [say('write it like 7d, 12h, 2026-01-31 or 2026-01-31T08:00:00Z')],
  });
}

function formatUses(uses: readonly AuditRecord[], clock: LocalClock): string[] {
  const rows = uses.map(({ time, identity, command, principal, account, outcome, ...use }) => [
    formatDateTime(new Date(time), clock),
    identity,
    command,
    principal ?? account ?? '-',
    use.access_key_id ?? '-',
    outcome,
    `pid ${use.pid}`,
  ]);
  const head = ['TIME', 'IDENTITY', 'COMMAND', 'PRINCIPAL', 'ACCESS KEY', 'OUTCOME', 'CALLER'];
  return formatTable([head, ...rows]);
}
