import { keyringContext } from '../../app/keyring-context.ts';
import { revealKeyringPassword } from '../../app/recipients.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { keyringNeeds } from '../../auth/trust-needs.ts';
import { requireTrust } from '../../config/trust.ts';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { run, say, setVariable } from '../../core/hint.ts';
import { formatLength, formatMoment, formatTimestamp } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import type { PasswordRequest, Terms, UnlockResult } from '../../keyring/contract.ts';
import { agentOf, settleAnyWithAgent, settleWithAgent, whyNoAgent } from '../../keyring/agents.ts';
import { settleBackend, usableTypes, type SettledBackend } from '../../keyring/registry.ts';
import { defaultTerms, parseUnlockTime } from '../../keyring/unlock-time.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { lingerWarning } from '../linger-warning.ts';
import { askPassword } from '../open.ts';
import { keyringWarner, loadPlanIfAny, warnWithHints } from '../plan.ts';

const command = ['atmos', 'auth', 'keyring', 'unlock'];

/** The documented form of `-o json`: always every field, null if unknown. */
interface UnlockJson extends UnlockedJson {
  /** The other keyrings that were unlocked, such as that of sessions. */
  others: UnlockedJson[];
}

interface UnlockedJson {
  /** The directory of a file keyring, the server and path of a vault keyring. */
  location: string;
  /** Of the background process; null on macOS. */
  process_id: number | null;
  /** RFC 3339 in UTC. */
  expires_at: string;
  /** The time at which it locks without use. */
  idle_expires_at: string;
  /** Whether it was unlocked before. */
  renewed: boolean;
  /** Whether the keyring does not exist yet, and the first stored entry will create it. */
  new_keyring: boolean;
}

/**
 * `atmos auth keyring unlock`: starts a background process that keeps the keyring unlocked for a
 * limited time, for every command: a file keyring by its password, a vault keyring by the token of a
 * login. If one runs already, only its time limits are renewed. With `--print-password --reveal` it prints the password instead, for programs that need it.
 */
export async function keyringUnlock(context: Context, invocation: Invocation): Promise<void> {
  const { host, outJson } = context;
  const { values } = invocation;
  if (isPrinting(invocation)) return printPassword(context);
  const terms = { ttlMs: limitOf('ttl', values), idleMs: limitOf('idle', values) };
  const plan = await loadPlanIfAny(context);
  const unlocked: Unlocking[] = [];
  for (const settled of unlockable(plan, host)) {
    const one = await unlock(context, plan, settled, terms);
    unlocked.push(one);
    if (values['output'] !== 'json') await tell(context, one);
  }
  if (values['output'] !== 'json') return;
  const [json, ...others] = unlocked.map(unlockedJson);
  if (json !== undefined) await outJson({ ...json, others } satisfies UnlockJson);
}

/**
 * The keyrings to unlock: the chosen one and that of sessions. A keyring that is only to be used instead
 * of another is included if no other one can be unlocked.
 *
 * @throws ERR_USAGE if no keyring can be unlocked
 */
function unlockable(plan: AuthPlan, host: Host): SettledBackend[] {
  const context = keyringContext(plan, host);
  const { type, spec } = plan.keyring;
  const all = settleWithAgent(context);
  const first = usableTypes({ type, spec });
  const chosen = all.filter(({ backend }) => first.includes(backend.type));
  const found = chosen.length > 0 ? chosen : all.slice(0, 1);
  if (found.length > 0) return found;
  const reason = whyNoAgent(settleBackend(context));
  const other = settleAnyWithAgent(context).backend.type;
  throw new AtmosError(
    'ERR_USAGE',
    `the keyring type is ${type.value} (from ${type.source}), but ${reason ?? `only a ${other} keyring can be unlocked`}`,
    {
      hints: [
        reason === undefined
          ? setVariable('ATMOS_KEYRING_TYPE', other)
          : say('continue without unlock: the other commands do not need it'),
      ],
    },
  );
}

interface Unlocking {
  readonly location: string;
  readonly result: UnlockResult;
}

async function unlock(
  context: Context,
  plan: AuthPlan,
  settled: SettledBackend,
  terms: Terms,
): Promise<Unlocking> {
  const { host } = context;
  for (const occasion of [undefined, 'storing'] as const) {
    const needs = keyringNeeds(plan, host, occasion, [settled.backend]);
    for (const need of needs) requireTrust(plan.config, need, host);
  }
  const agent = await agentOf(settled);
  const backend = {
    ...settled.context,
    promptPassword: (request: PasswordRequest) => askPassword(context, plan, request),
    warn: keyringWarner(context),
  };
  const result = await agent.unlock(backend, terms);
  const lingering = lingerWarning(result.socket, host);
  if (lingering !== undefined) await warnWithHints(context, lingering.message, lingering.hints);
  return { result, location: agent.locationOf(settled.context.settings) };
}

/**
 * Whether the password is to be printed instead.
 *
 * @throws ERR_USAGE for one of the two options alone, and for options of the agent beside them
 */
function isPrinting({ flags, values }: Invocation): boolean {
  const prints = flags['print-password'] ?? false;
  if (prints !== (flags['reveal'] ?? false)) {
    throw new AtmosError(
      'ERR_USAGE',
      prints
        ? '--print-password shows the password of the keyring, which --reveal must confirm'
        : '--reveal needs --print-password',
      { hints: [run([...command, '--print-password', '--reveal'])] },
    );
  }
  const other = ['ttl', 'idle', 'output'].find((name) => values[name] !== undefined);
  if (prints && other !== undefined) {
    throw new AtmosError('ERR_USAGE', `--print-password and --${other} cannot be combined`, {
      hints: [run([...command, '--print-password', '--reveal'])],
    });
  }
  return prints;
}

async function printPassword(context: Context): Promise<void> {
  const plan = await loadPlanIfAny(context);
  const password = await revealKeyringPassword(plan, {
    host: context.host,
    promptPassword: (request) => askPassword(context, plan, request),
    warn: keyringWarner(context),
  });
  await context.print(password);
}

function limitOf(name: keyof typeof defaultTerms, values: Invocation['values']): number {
  try {
    return parseUnlockTime(values[name] ?? defaultTerms[name], `--${name}`);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    throw new AtmosError('ERR_USAGE', error.message, { hints: error.hintValues });
  }
}

function unlockedJson({ result, location }: Unlocking): UnlockedJson {
  return {
    location,
    process_id: result.processId ?? null,
    expires_at: formatTimestamp(result.expiresAt),
    idle_expires_at: formatTimestamp(result.idleExpiresAt),
    renewed: result.isRenewed,
    new_keyring: result.isNew,
  };
}

async function tell({ host, note }: Context, { result, location }: Unlocking) {
  const { expiresAt, idleExpiresAt, isRenewed, isNew } = result;
  const idleMs = idleExpiresAt.getTime() - host.now().getTime();
  const idle =
    idleExpiresAt < expiresAt ? `, or until it has been idle for ${formatLength(idleMs)}` : '';
  const verb = isRenewed ? 'renewed: unlocked' : 'unlocked';
  const named = abbreviateHome(location, host);
  await note(`${verb} the keyring ${named} until ${formatMoment(expiresAt, host)}${idle}`);
  if (isNew) await note('the first stored entry creates it with this password');
}
