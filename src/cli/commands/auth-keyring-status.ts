import { keyringContext } from '../../app/keyring-context.ts';
import { AtmosError, isAtmosError, KeyringError } from '../../core/errors.ts';
import { unlockKeyring } from '../../core/hint.ts';
import { formatTimestamp } from '../../core/time.ts';
import type { Host } from '../../host/host.ts';
import type {
  AgentState,
  Keyring,
  KeyringContext,
  KeyringSettings,
  Probe,
} from '../../keyring/contract.ts';
import { openWithFallback, type OpenedKeyring } from '../../keyring/fallback.ts';
import {
  inspectorOf,
  lookForAgent,
  passwordSourcesOf,
  settleBackend,
  usableBackends,
} from '../../keyring/registry.ts';
import {
  countEntries,
  createInventory,
  type EntryCounts,
  type Inventory,
} from '../../store/inventory.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlanIfAny } from '../plan.ts';
import { exitCodeOf, formatHints, loadWriteHint } from '../report.ts';
import { formatRows } from '../ui/table.ts';

/** The documented form of `-o json`: always every field, null for what is not known. */
interface KeyringStatus {
  /** `system`, `file` or `memory`: the configured one. */
  type: string;
  /** What settled the type. */
  source: string;
  location: string;
  /** What settled the directory; null but for `file`. */
  location_source: string | null;
  /** The kind of network file system it is on; null when it is on none. */
  network_file_system: string | null;
  /** Whether another process finds what was stored. */
  persistent: boolean;
  state: 'ready' | 'locked' | 'unavailable';
  /** What there is to say of the state. */
  reason: string | null;
  /** All there are, those of other programs too; null when that cannot be told without asking. */
  entries: number | null;
  /** How many of them belong to which program, by their names. Null where `entries` is, as the next. */
  owners: EntryCounts['owners'] | null;
  /** How many of those of identities and providers are what, by their names. */
  items: EntryCounts['items'] | null;
  /** How many of our own are weaker than what we write; null but for `file`. */
  weak_entries: number | null;
  /** Who holds it open; null but for `file`. */
  agent: AgentStatus | null;
  /** The type used in its place, because it is unavailable and `auth.keyring.fallback` says so. */
  fallback: string | null;
}

interface AgentStatus {
  /** Whether one runs and is asked. */
  running: boolean;
  /** Null where the system does not tell. */
  process_id: number | null;
  /** RFC 3339 in UTC, as the next. */
  expires_at: string | null;
  /** If it is not used before. */
  idle_expires_at: string | null;
  /** Why one that is there is not asked. */
  reason: string | null;
}

/**
 * `atmos auth keyring status`: which keyring, why, where, and whether it would open. Asks for
 * nothing and runs nothing. Fails when it is unavailable; the JSON is printed all the same.
 */
export async function keyringStatus(context: Context, { values }: Invocation): Promise<number> {
  const { host, outJson, note } = context;
  const plan = await loadPlanIfAny(context);
  // First, and only once: an agent that does not answer is not waited for again.
  const agent = await agentStateOf(keyringContext(plan, host));
  const opened = await openWithFallback(
    keyringContext(plan, agent?.kind === 'unusable' ? withoutAgent(host) : host),
  );
  const { keyring } = opened;
  const probed = await probeOrError(keyring);
  const inventory = createInventory(plan.realm.value, plan.config);
  const status = await statusOf(opened, keyringContext(plan, host), agent, inventory, probed);
  const failure =
    status.state === 'unavailable'
      ? (probed.error ?? (await whyUnavailable(keyring, status)))
      : undefined;
  await keyring.close();
  if (values['output'] === 'json') {
    await outJson(status);
    return failure === undefined ? 0 : exitCodeOf(failure);
  }
  await note(...formatStatus(status));
  if (status.state === 'locked' && agent?.kind === 'none' && isTyped(plan.keyring, host)) {
    await note(...formatHints([unlockKeyring], await loadWriteHint(host)));
  }
  if (failure !== undefined) throw failure;
  return 0;
}

/** One that could not be looked at cannot be used either, and its error says why. */
async function probeOrError(keyring: Keyring): Promise<Probe & { error?: KeyringError }> {
  try {
    return await keyring.probe();
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    return { state: 'unavailable', reason: error.message, error };
  }
}

async function statusOf(
  { keyring, insteadOf }: OpenedKeyring,
  context: KeyringContext,
  agent: AgentState | undefined,
  inventory: Inventory,
  { state, reason }: Probe,
): Promise<KeyringStatus> {
  const { type, location, persistent } = keyring.info;
  const inspector = state === 'unavailable' ? undefined : await inspectorOf(context, type);
  const details = inspector?.describe();
  const used = settleBackend(context, { ...context.keyring.type, value: type });
  const keys = listsUnasked(state, type) ? await keyring.keys() : undefined;
  const counts = keys === undefined ? undefined : countEntries(keys.map(inventory.named));
  return {
    type: context.keyring.type.value,
    source: context.keyring.type.source,
    location,
    location_source: used.backend.location?.(used.context.settings).source ?? null,
    network_file_system: details?.networkFileSystem ?? null,
    persistent,
    state,
    reason: insteadOf?.reason ?? reason ?? null,
    entries: keys === undefined ? null : (details?.entries ?? keys.length),
    owners: counts?.owners ?? null,
    items: counts?.items ?? null,
    weak_entries: details?.weakEntries ?? null,
    agent: used.backend.loadAgent && agent !== undefined ? agentStatus(agent) : null,
    fallback: insteadOf === undefined ? null : type,
  };
}

/** Undefined where no keyring with an agent can be used. */
async function agentStateOf(context: KeyringContext): Promise<AgentState | undefined> {
  const found = usableBackends(context.keyring).find(({ loadAgent }) => loadAgent);
  return found && lookForAgent(context, found.type);
}

function withoutAgent(host: Host): Host {
  return { ...host, env: { ...host.env, ATMOS_KEYRING_AGENT: 'off' } };
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
      return { running: false, ...none, reason: 'there is none on this system' };
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

/** Whether only a user has the password. What another source gives, `keyring unlock` gets as well. */
function isTyped(keyring: KeyringSettings, host: Host): boolean {
  return passwordSourcesOf(keyring, host)?.given.length === 0;
}

/** A system keyring that is locked would ask a person to unlock it before it lists. */
function listsUnasked(state: KeyringStatus['state'], type: string): boolean {
  return state === 'ready' || (state === 'locked' && type !== 'system');
}

/** The error that whoever uses the keyring gets: it says what mends it, which a probe does not. */
async function whyUnavailable(
  keyring: Keyring,
  { type, reason }: KeyringStatus,
): Promise<AtmosError> {
  try {
    await keyring.keys();
  } catch (error) {
    if (isAtmosError(error)) return error;
    throw error;
  }
  const message = `the ${type} keyring cannot be used: ${reason ?? 'it does not say why'}`;
  return new AtmosError('ERR_KEYRING_UNAVAILABLE', message);
}

function formatStatus(status: KeyringStatus): string[] {
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
    // What makes it unavailable follows as the error.
    ['State', reason === null || state === 'unavailable' ? state : `${state}: ${reason}`],
    ['Entries', formatEntries(status)],
    ['Agent', formatAgent(status.agent)],
    [
      'Kept',
      status.persistent ? 'for other processes' : 'by this process alone: gone when it ends',
    ],
  ]);
}

function formatEntries(status: KeyringStatus): string | undefined {
  const { entries, owners, items, weak_entries: weak } = status;
  if (entries === null || owners === null || items === null) return undefined;
  const others = entries - owners['atmos-auth'];
  const parts = [
    ...Object.entries(items).map(([item, count]) => countOf(count, item)),
    others === 0 ? '' : `${others} of other programs`,
  ].filter((part) => part !== '');
  const all = parts.length === 0 ? String(entries) : `${entries} (${parts.join(', ')})`;
  if (!weak) return all;
  return `${all}, of which ${weak} weaker than ours: atmos auth keyring rekey --upgrade`;
}

/** `2 keys`, or nothing for none. */
function countOf(count: number, item: string): string {
  return count === 0 ? '' : `${count} ${item}${count === 1 ? '' : 's'}`;
}

function formatAgent(agent: AgentStatus | null): string | undefined {
  if (agent === null) return undefined;
  const { running, process_id, expires_at, idle_expires_at, reason } = agent;
  const process = process_id === null ? '' : ` by process ${process_id}`;
  if (!running && process_id !== null) return `not used: process ${process_id}: ${reason}`;
  if (!running) return reason === null ? 'none' : `not used: ${reason}`;
  return `unlocked${process} until ${expires_at}, without use until ${idle_expires_at}`;
}
