import { listUses, type UseFilter } from '../../app/list-uses.ts';
import type { AuditRecord } from '../../auth/audit-record.ts';
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
    const lines = damaged === 1 ? '1 damaged line' : `${damaged} damaged lines`;
    await warn(context, `skipped ${lines} of the audit file`);
  }
  if (invocation.values['output'] === 'json') return outJson(uses satisfies readonly AuditRecord[]);
  if (uses.length === 0) return note('no uses are recorded');
  await print(...formatUses(uses, host));
}

function filterOf({ identity, values }: Invocation, { now }: LocalClock): UseFilter {
  if (identity.kind === 'bare') {
    throw new AtmosError('ERR_USAGE', '-i needs the name of an identity here', {
      hints: [addOptions(['-i', placeholder('name')])],
    });
  }
  const since = values['since'];
  return withoutAbsent({
    identity: identity.kind === 'named' ? identity.name : undefined,
    since: since === undefined ? undefined : startOf(since, now()),
  });
}

/** @throws ERR_USAGE for a text that is neither a time nor a duration */
function startOf(text: string, now: Date): Date {
  const time = parseTimestamp(text);
  if (time !== undefined) return time;
  try {
    return new Date(now.getTime() - parseDuration(text) * 1000);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    const message = `--since ${JSON.stringify(text)} is neither a duration nor a time`;
    throw new AtmosError('ERR_USAGE', message, {
      hints: [say('write it like 7d, 12h, or 2026-01-31T08:00:00Z')],
    });
  }
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
