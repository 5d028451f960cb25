import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError, KeyringError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type {
  AgentState,
  BackendContext,
  Keyring,
  KeyringInfo,
  KeyringSettings,
  Probe,
} from '../keyring/contract.ts';
import { openWithFallback } from '../keyring/fallback.ts';
import type { KeyringDetails } from '../keyring/inspection.ts';
import { inspectorOf, loadAgentControl } from '../keyring/registry.ts';
import { countEntries, createInventory, type EntryCounts } from '../store/inventory.ts';
import { keyringContext } from './keyring-context.ts';

/** The keyring in use, and whether it would open. */
export interface KeyringStatus {
  readonly info: KeyringInfo;
  readonly state: Probe['state'];
  /** What there is to say of the state. */
  readonly reason: string | undefined;
  /** Whether it is used in place of the configured one, which is unavailable. */
  readonly isFallback: boolean;
  /** What only a look into the keyring tells. Undefined where it is unavailable. */
  readonly details: KeyringDetails | undefined;
  /** The number of all entries. Undefined where that cannot be told without asking. */
  readonly entries: number | undefined;
  /** By their names. Undefined where `entries` is. */
  readonly counts: EntryCounts | undefined;
  /** What holds a file keyring open. Undefined where no file keyring is in use. */
  readonly agent: AgentState | undefined;
  /** Whether only a person can open it, and `keyring unlock` would spare typing. */
  readonly needsTyping: boolean;
  /** Why it cannot be used, with what fixes it. */
  readonly failure: AtmosError | undefined;
}

/**
 * Which keyring is in use, and whether it would open. Prompts for nothing and runs nothing.
 *
 * @throws ERR_KEYRING_UNKNOWN_TYPE, and what listing a keyring that is ready gives
 */
export async function keyringStatus(plan: AuthPlan, host: Host): Promise<KeyringStatus> {
  const { keyring: settings } = plan;
  // First, and only once: an agent that does not answer is not waited for again.
  const agent = await lookForAgent({ settings, host });
  const { keyring, insteadOf } = await openWithFallback(
    keyringContext(plan, agent?.kind === 'unusable' ? withoutAgent(host) : host),
  );
  const { state, reason, error } = await probeOrError(keyring);
  const { info } = keyring;
  const inspector = state === 'unavailable' ? undefined : await inspectorOf(info.type);
  const details = inspector?.describe(keyringContext(plan, host));
  const keys = listsUnasked(state, info.type) ? await keyring.keys() : undefined;
  const inventory = createInventory(plan.realm.value, plan.config);
  const why = insteadOf?.reason ?? reason;
  const failure =
    state === 'unavailable' ? (error ?? (await whyUnavailable(keyring, why))) : undefined;
  await keyring.close();
  return {
    info,
    state,
    reason: why,
    isFallback: insteadOf !== undefined,
    details,
    entries: keys && (details?.entries ?? keys.length),
    counts: keys && countEntries(keys.map(inventory.named)),
    agent: info.type === 'file' ? agent : undefined,
    needsTyping: state === 'locked' && agent?.kind === 'none' && isTyped(settings, host),
    failure,
  };
}

/** Undefined where no file keyring can be used. */
async function lookForAgent(context: BackendContext): Promise<AgentState | undefined> {
  const { type, fallback } = context.settings;
  if (type.value !== 'file' && fallback === undefined) return undefined;
  return (await loadAgentControl()).look(context);
}

function withoutAgent(host: Host): Host {
  return { ...host, env: { ...host.env, ATMOS_KEYRING_AGENT: 'off' } };
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

/** Whether only a user has the password. What another source gives, `keyring unlock` gets as well. */
function isTyped(
  { passwordEnv, passwordFile, passwordCommand }: KeyringSettings,
  { env }: Host,
): boolean {
  return env[passwordEnv.value] === undefined && !passwordFile && !passwordCommand;
}

/** A system keyring that is locked would ask a person to unlock it before it lists. */
function listsUnasked(state: Probe['state'], type: string): boolean {
  return state === 'ready' || (state === 'locked' && type !== 'system');
}

/** The error that a user of the keyring gets: it says what fixes it, which a probe does not. */
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
