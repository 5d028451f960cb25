import { keyringContext } from '../../app/keyring-context.ts';
import { revealKeyringPassword } from '../../app/recipients.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { keyringNeeds } from '../../auth/trust-needs.ts';
import { requireTrust } from '../../config/trust.ts';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { run, setVariable } from '../../core/hint.ts';
import { formatLength, formatMoment, formatTimestamp } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Backend, PasswordRequest, UnlockResult } from '../../keyring/contract.ts';
import { agentOf, locationOf, settleCapable, usableTypes } from '../../keyring/registry.ts';
import { defaultTerms, parseUnlockTime } from '../../keyring/unlock-time.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { lingerWarning } from '../linger-warning.ts';
import { askPassword } from '../open.ts';
import { keyringWarner, loadPlanIfAny, warnWithHints } from '../plan.ts';

const command = ['atmos', 'auth', 'keyring', 'unlock'];

/** The documented form of `-o json`: always every field, null if unknown. */
interface UnlockJson {
  /** The keyring's directory. */
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
 * `atmos auth keyring unlock`: starts a background process that keeps the file keyring unlocked for
 * a limited time, for every command. If one runs already, only its time limits are renewed. With
 * `--print-password --reveal` it prints the password instead, for programs that need it.
 */
export async function keyringUnlock(context: Context, invocation: Invocation): Promise<void> {
  const { host, outJson } = context;
  const { values } = invocation;
  if (isPrinting(invocation)) return printPassword(context);
  const terms = { ttlMs: limitOf('ttl', values), idleMs: limitOf('idle', values) };
  const plan = await loadPlanIfAny(context);
  const settled = settleCapable(keyringContext(plan, host), 'loadAgent');
  requireUse(plan, settled.backend);
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
  const location = locationOf(settled);
  const lingering = lingerWarning(result.socket, host);
  if (lingering !== undefined) await warnWithHints(context, lingering.message, lingering.hints);
  if (values['output'] === 'json') {
    const json = unlockJson(result, location);
    await outJson(json);
    return;
  }
  await tell(context, result, location);
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

function requireUse({ keyring }: AuthPlan, { type }: Backend): void {
  if (usableTypes(keyring).includes(type)) return;
  const { value: chosen, source } = keyring.type;
  throw new AtmosError(
    'ERR_USAGE',
    `the keyring type is ${chosen} (from ${source}), but only a ${type} keyring can be unlocked`,
    { hints: [setVariable('ATMOS_KEYRING_TYPE', type)] },
  );
}

function unlockJson(result: UnlockResult, location: string): UnlockJson {
  return {
    location,
    process_id: result.processId ?? null,
    expires_at: formatTimestamp(result.expiresAt),
    idle_expires_at: formatTimestamp(result.idleExpiresAt),
    renewed: result.isRenewed,
    new_keyring: result.isNew,
  };
}

async function tell({ host, note }: Context, result: UnlockResult, location: string) {
  const { expiresAt, idleExpiresAt, isRenewed, isNew } = result;
  const idleMs = idleExpiresAt.getTime() - host.now().getTime();
  const idle =
    idleExpiresAt < expiresAt ? `, or until it has been idle for ${formatLength(idleMs)}` : '';
  const verb = isRenewed ? 'renewed: unlocked' : 'unlocked';
  const named = abbreviateHome(location, host);
  await note(`${verb} the keyring ${named} until ${formatMoment(expiresAt, host)}${idle}`);
  if (isNew) await note('the first stored entry creates it with this password');
}
