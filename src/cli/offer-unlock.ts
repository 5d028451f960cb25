import { keyringContext } from '../app/keyring-context.ts';
import type { AuthPlan } from '../auth/plan.ts';
import { autoUnlockNeed } from '../auth/trust-needs.ts';
import { requireTrust } from '../config/trust.ts';
import { isAtmosError } from '../core/errors.ts';
import { unlockKeyring, type Hint } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { formatMoment, parseDuration } from '../core/time.ts';
import { abbreviateHome } from '../host/home.ts';
import { defaultTerms } from '../keyring/contract.ts';
import { loadAgentControl } from '../keyring/registry.ts';
import type { Context } from './context.ts';
import type { Line } from './printer.ts';
import { formatHints, labelled, loadWriteHint } from './report.ts';
import { paint } from './ui/color.ts';

/**
 * Spares the user from typing the password of the file keyring again: unlocks it for as long as
 * `spec.auto_unlock` says, else names the command that does. What keeps the agent from starting is a
 * warning: the command that needed the password goes on without one.
 *
 * @param copyPassword what was typed, and opened the keyring
 */
export async function offerUnlock(
  context: Context,
  plan: AuthPlan,
  copyPassword: () => Buffer,
): Promise<void> {
  const { autoUnlockMs } = plan.keyring;
  const lines =
    autoUnlockMs === undefined
      ? await hintLines(context, [unlockKeyring])
      : await unlock(context, plan, copyPassword, autoUnlockMs);
  // That nobody can be told is no reason to fail.
  await context.note(...lines).catch(() => {});
}

/** @returns what to show */
async function unlock(
  context: Context,
  plan: AuthPlan,
  copyPassword: () => Buffer,
  autoUnlockMs: Sourced<number>,
): Promise<Line[]> {
  const { host } = context;
  const { config, keyring } = plan;
  const { value: location } = keyring.directory;
  try {
    requireTrust(config, autoUnlockNeed(autoUnlockMs), host);
    const agent = await loadAgentControl();
    const terms = {
      ttlMs: autoUnlockMs.value,
      idleMs: parseDuration(defaultTerms.idle) * 1000,
    };
    const { expiresAt } = await agent.unlock(
      { ...keyringContext(plan, host), heldPassword: copyPassword },
      terms,
    );
    const until = formatMoment(expiresAt, host);
    const unlocked = `unlocked the keyring ${location} until ${until}, as ${autoUnlockMs.source} says`;
    return [abbreviateHome(unlocked, host)];
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    const why = `the keyring ${location} is not unlocked for other commands: ${error.message}`;
    return [
      ...labelled(paint('yellow', 'warning:'), [why]),
      ...(await hintLines(context, error.hintValues)),
    ];
  }
}

async function hintLines({ host }: Context, hints: readonly Hint[]): Promise<Line[]> {
  return formatHints(hints, await loadWriteHint(host));
}
