import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError, KeyringError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type {
  AgentState,
  Keyring,
  KeyringDetails,
  KeyringInfo,
  Probe,
  ServerDetails,
} from '../keyring/contract.ts';
import { lookForAgent, settleWithAgent } from '../keyring/agents.ts';
import { inspectorOf, settleBackend, type SettledBackend } from '../keyring/registry.ts';
import { countEntries, createInventory, type EntryCounts } from '../store/inventory.ts';
import { openKeyrings } from '../store/sessions-keyring.ts';
import { findContactRefusal, keyringContext } from './keyring-context.ts';

/** The keyring in use, and whether it would open. */
export interface KeyringStatus {
  readonly info: KeyringInfo;
  readonly state: Probe['state'];
  /** Explains the state. */
  readonly reason: string | undefined;
  /** Whether it is used in place of the configured one, which is unavailable. */
  readonly isFallback: boolean;
  /** Where sessions and tokens are. Undefined: with the access keys. */
  readonly sessions: KeyringInfo | undefined;
  /** Data from inside the keyring. Undefined if it is unavailable. */
  readonly details: KeyringDetails | undefined;
  /** The number of all entries. Undefined if that needs a prompt. */
  readonly entries: number | undefined;
  /** Counted by name. Undefined if `entries` is. */
  readonly counts: EntryCounts | undefined;
  /** What configured its location. Undefined where no setting does. */
  readonly locationSource: string | undefined;
  /** The server that it is on. Undefined if it is not ready, or not on a server. */
  readonly server: ServerDetails | undefined;
  /** What holds it open. Undefined for a keyring that has no agent. */
  readonly agent: AgentState | undefined;
  /** Whether the password must be typed and `keyring unlock` would help. */
  readonly needsTyping: boolean;
  /** Why it cannot be used, with hints. */
  readonly failure: AtmosError | undefined;
}

/**
 * Which keyring is in use, and whether it would open. Prompts for nothing and runs nothing.
 *
 * @throws ERR_KEYRING_UNKNOWN_TYPE, ERR_CONFIG_UNTRUSTED (a server that is not trusted)
 */
export async function keyringStatus(plan: AuthPlan, host: Host): Promise<KeyringStatus> {
  const refusal = findContactRefusal(plan, host);
  if (refusal !== undefined) throw refusal;
  const context = keyringContext(plan, host);
  // First and only once, so that an agent that does not answer delays only once.
  const [first] = settleWithAgent(context).map(({ backend }) => backend.type);
  const firstAgent = first === undefined ? undefined : await lookForAgent(context, first);
  const { keyring, insteadOf, sessions } = await openKeyrings(
    keyringContext(plan, firstAgent?.kind === 'unusable' ? withoutAgent(host) : host),
  );
  const { type } = keyring.info;
  const agent = type === first ? firstAgent : await lookForAgent(context, type);
  const { keys, state, reason, error } = await look(keyring);
  // Some keyrings know only then where they are.
  const { info } = keyring;
  const inspector = state === 'unavailable' ? undefined : await inspectorOf(context, info.type);
  const details = inspector?.describe();
  const server = state === 'ready' ? await inspector?.askServer() : undefined;
  const used = settleBackend(context, { ...plan.keyring.type, value: info.type });
  const inventory = createInventory(plan.realm.value, plan.config);
  const why = insteadOf?.reason ?? reason;
  const failure =
    state === 'unavailable' ? (error ?? (await whyUnavailable(keyring, why))) : undefined;
  const whereSessions = await sessions?.();
  await keyring.close();
  return {
    info,
    state,
    reason: why,
    isFallback: insteadOf !== undefined,
    sessions: whereSessions,
    details,
    entries: keys && (details?.entries ?? keys.length),
    counts: keys && countEntries(keys.map(inventory.named)),
    locationSource: used.backend.location?.(used.context.settings).source,
    server,
    agent,
    needsTyping: state === 'locked' && agent?.kind === 'none' && isTyped(used),
    failure,
  };
}

function withoutAgent(host: Host): Host {
  return { ...host, env: { ...host.env, ATMOS_KEYRING_AGENT: 'off' } };
}

interface Looked extends Probe {
  /** Undefined if listing them needs a prompt. */
  readonly keys?: readonly string[];
  /** Why it cannot be used, if that is known. */
  readonly error?: KeyringError;
}

/** A keyring whose probe or list fails cannot be used; the error says why. */
async function look(keyring: Keyring): Promise<Looked> {
  try {
    const probe = await keyring.probe();
    if (!listsUnasked(probe.state, keyring.info.type)) return probe;
    return { ...probe, ...(await listKeys(keyring)) };
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    return { state: 'unavailable', reason: error.message, error };
  }
}

/** Who may not list entries may be able to read them: a server has a permission for each. */
async function listKeys(keyring: Keyring): Promise<Pick<Looked, 'keys' | 'reason'>> {
  try {
    return { keys: await keyring.keys() };
  } catch (error) {
    if (!isAtmosError(error, 'ERR_KEYRING_PERMISSIONS')) throw error;
    return { reason: error.message };
  }
}

/** Whether only a user has the password. `keyring unlock` also uses the other sources. */
function isTyped({ backend, context }: SettledBackend): boolean {
  return backend.passwordSources?.(context.settings, context.host).isTyped === true;
}

/** Only a file keyring lists entries while it is locked: others would prompt, or fail. */
function listsUnasked(state: Probe['state'], type: string): boolean {
  return state === 'ready' || (state === 'locked' && type === 'file');
}

/** The error that a user of the keyring gets: unlike a probe, it has hints. */
async function whyUnavailable(keyring: Keyring, reason: string | undefined): Promise<AtmosError> {
  try {
    await keyring.keys();
  } catch (error) {
    if (isAtmosError(error)) return error;
    throw error;
  }
  const { type } = keyring.info;
  const message = `the ${type} keyring cannot be used: ${reason ?? 'the reason is unknown'}`;
  return new AtmosError('ERR_KEYRING_UNAVAILABLE', message);
}
