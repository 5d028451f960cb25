import { keyringStatus as readStatus, type KeyringStatus as StatusData } from '../../app/status.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { countOf } from '../../core/count.ts';
import { unlockKeyring } from '../../core/hint.ts';
import { formatMoment, formatTimestamp } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import type { AgentState, ServerDetails } from '../../keyring/contract.ts';
import type { EntryCounts } from '../../store/inventory.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlanIfAny } from '../plan.ts';
import { exitCodeOf, formatHints, loadWriteHint } from '../report.ts';
import { formatRows } from '../ui/table.ts';

/** The documented form of `-o json`: always every field, null if unknown. */
interface KeyringStatus {
  /** The configured type: `system`, `file`, `memory` or `vault`. */
  type: string;
  /** The setting that chose the type. */
  source: string;
  location: string;
  /** The setting that chose the directory; null unless the type is `file`. */
  location_source: string | null;
  /** The kind of network file system that contains it; null if it is on a local one. */
  network_file_system: string | null;
  /** Whether another process can read what was stored. */
  persistent: boolean;
  state: 'ready' | 'locked' | 'unavailable';
  /** The reason for the state. */
  reason: string | null;
  /**
   * The number of entries including those of other programs; null if it cannot be determined
   * without a prompt.
   */
  entries: number | null;
  /**
   * The number of entries of each program, by its name. This field and the next are null if
   * `entries` is.
   */
  owners: EntryCounts['owners'] | null;
  /** The number of entries of identities and providers of each kind, by its name. */
  items: EntryCounts['items'] | null;
  /** The number of our own entries with weak encryption; null unless the type is `file`. */
  weak_entries: number | null;
  /** The keyring of sessions and tokens; null if they are with the access keys. */
  sessions: { type: string; location: string; persistent: boolean } | null;
  /** The server that it is on; null unless the type is `vault` and the state is `ready`. */
  server: ServerStatus | null;
  /** The agent that keeps it unlocked; null unless the type is `file`. */
  agent: AgentStatus | null;
  /**
   * The type used instead, because the configured one is unavailable and `auth.keyring.fallback` is
   * set.
   */
  fallback: string | null;
}

interface ServerStatus {
  address: string;
  version: string;
  namespace: string | null;
  /** Null if the token may not look itself up; then the next field is null too. */
  policies: readonly string[] | null;
  /** RFC 3339 in UTC; null if the token does not expire. */
  token_expires_at: string | null;
}

interface AgentStatus {
  /** Whether an agent runs and is used. */
  running: boolean;
  /** Null if the system does not report it. */
  process_id: number | null;
  /** RFC 3339 in UTC, also the next field. */
  expires_at: string | null;
  /** The time at which it locks without use. */
  idle_expires_at: string | null;
  /** Why an existing agent is not used. */
  reason: string | null;
}

/**
 * `atmos auth keyring status`: shows the keyring, the settings that chose it, its location, and
 * whether it opens. It never prompts and runs nothing. It fails if the keyring is unavailable, but
 * prints the JSON nevertheless.
 */
export async function keyringStatus(context: Context, { values }: Invocation): Promise<number> {
  const { host, outJson, note } = context;
  const plan = await loadPlanIfAny(context);
  const found = await readStatus(plan, host);
  const status = statusJson(plan, found);
  const { failure } = found;
  if (values['output'] === 'json') {
    await outJson(status);
    return failure === undefined ? 0 : exitCodeOf(failure);
  }
  await note(...formatStatus(status, host).map((line) => abbreviateHome(line, host)));
  if (found.needsTyping) {
    await note(...formatHints([unlockKeyring], await loadWriteHint(context)));
  }
  if (failure !== undefined) throw failure;
  return 0;
}

function statusJson(plan: AuthPlan, status: StatusData): KeyringStatus {
  const { keyring: settings } = plan;
  const { info, state, reason, isFallback, details, entries, counts, server, agent, sessions } =
    status;
  const { type, location, persistent } = info;
  return {
    type: settings.type.value,
    source: settings.type.source,
    location,
    location_source: status.locationSource ?? null,
    network_file_system: details?.networkFileSystem ?? null,
    persistent,
    state,
    reason: reason ?? null,
    entries: entries ?? null,
    owners: counts?.owners ?? null,
    items: counts?.items ?? null,
    weak_entries: details?.weakEntries ?? null,
    sessions: sessions ?? null,
    server: server === undefined ? null : serverStatus(server),
    agent: agent === undefined ? null : agentStatus(agent),
    fallback: isFallback ? type : null,
  };
}

function serverStatus(server: ServerDetails): ServerStatus {
  const { address, version, namespace, policies, tokenExpiresAt } = server;
  return {
    address,
    version,
    namespace: namespace ?? null,
    policies: policies ?? null,
    token_expires_at: tokenExpiresAt === undefined ? null : formatTimestamp(tokenExpiresAt),
  };
}

function agentStatus(agent: AgentState): AgentStatus {
  const none = { process_id: null, expires_at: null, idle_expires_at: null, reason: null };
  switch (agent.kind) {
    case 'unlocked':
      return {
        running: true,
        process_id: agent.processId ?? null,
        expires_at: formatTimestamp(agent.expiresAt),
        idle_expires_at: formatTimestamp(agent.idleExpiresAt),
        reason: null,
      };
    case 'none':
      return { running: false, ...none };
    case 'impossible':
      return { running: false, ...none, reason: 'not supported on this system' };
    case 'off':
      return { running: false, ...none, reason: 'ATMOS_KEYRING_AGENT is off' };
    case 'unusable':
      return {
        running: false,
        ...none,
        process_id: agent.processId ?? null,
        reason: agent.reason,
      };
  }
}

function formatStatus(status: KeyringStatus, host: Host): string[] {
  const { reason, state } = status;
  const from = status.location_source === null ? '' : ` (${status.location_source})`;
  const network = status.network_file_system === null ? '' : `, on ${status.network_file_system}`;
  return formatRows([
    ['Keyring', `${status.type} (${status.source})`],
    [
      'Instead',
      status.fallback === null ? undefined : `${status.fallback} (auth.keyring.fallback)`,
    ],
    ['Where', `${status.location}${from}${network}`],
    // The error that follows has the reason.
    ['State', reason === null || state === 'unavailable' ? state : `${state}: ${reason}`],
    ['Entries', formatEntries(status)],
    ['Sessions', formatSessions(status.sessions)],
    ['Server', status.server === null ? undefined : `version ${status.server.version}`],
    ['Token', formatToken(status.server, host)],
    ['Agent', formatAgent(status.agent, host)],
    ['Persistent', status.persistent ? 'yes' : 'no: entries are deleted when this process exits'],
  ]);
}

function formatSessions(sessions: KeyringStatus['sessions']): string | undefined {
  if (sessions === null) return undefined;
  const { type, location, persistent } = sessions;
  return persistent ? `${type}, ${location}` : `${type}: only until this process exits`;
}

function formatToken(server: ServerStatus | null, host: Host): string | undefined {
  if (server === null || server.policies === null) return undefined;
  const { policies, token_expires_at: end } = server;
  const life = end === null ? 'does not expire' : `expires ${formatMoment(new Date(end), host)}`;
  return `${life}, policies: ${policies.join(', ')}`;
}

function formatEntries(status: KeyringStatus): string | undefined {
  const { entries, owners, items, weak_entries: weak } = status;
  if (entries === null || owners === null || items === null) return undefined;
  const others = entries - owners['atmos-auth'];
  const parts = [
    ...Object.entries(items).map(([item, count]) => (count === 0 ? '' : countOf(count, item))),
    others === 0 ? '' : `${others} of other programs`,
  ].filter((part) => part !== '');
  const all = parts.length === 0 ? String(entries) : `${entries} (${parts.join(', ')})`;
  if (!weak) return all;
  return `${all}, ${weak} weakly encrypted: atmos auth keyring rekey --upgrade`;
}

function formatAgent(agent: AgentStatus | null, host: Host): string | undefined {
  if (agent === null) return undefined;
  const { running, process_id: processId, expires_at, idle_expires_at, reason } = agent;
  if (running && expires_at !== null && idle_expires_at !== null) {
    const [until, idle] = [expires_at, idle_expires_at].map((at) =>
      formatMoment(new Date(at), host),
    );
    const process = processId === null ? '' : `, pid ${processId}`;
    return `unlocked until ${until}, idle limit ${idle}${process}`;
  }
  const process = processId === null ? '' : `process ${processId}: `;
  return reason === null ? 'none' : `not used: ${process}${reason}`;
}
