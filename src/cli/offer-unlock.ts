import { keyringContext } from '../app/keyring-context.ts';
import type { AuthPlan } from '../auth/plan.ts';
import { keyringNeeds } from '../auth/trust-needs.ts';
import { requireTrust } from '../config/trust.ts';
import { isAtmosError } from '../core/errors.ts';
import { unlockKeyring, type Hint } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { formatMoment, parseDuration } from '../core/time.ts';
import { abbreviateHome } from '../host/home.ts';
import { agentOf } from '../keyring/agents.ts';
import { locationOf, settleCapable, type SettledBackend } from '../keyring/registry.ts';
import { defaultTerms } from '../keyring/unlock-time.ts';
import type { Context } from './context.ts';
import type { Line } from './printer.ts';
import { formatHints, labelled, loadWriteHint } from './report.ts';
import { paint } from './ui/color.ts';

/**
 * Avoids further prompts for the password of the keyring: unlocks it for the time in its settings, or
 * suggests the command that does so. If the agent cannot start, it warns, and the command that needed
 * the password continues.
 *
 * @param copyPassword what was typed, and opened the keyring
 */
export async function offerUnlock(
  context: Context,
  plan: AuthPlan,
  copyPassword: () => Buffer,
): Promise<void> {
  const keyring = settleCapable(keyringContext(plan, context.host), 'autoUnlockMs');
  const autoUnlockMs = keyring.backend.autoUnlockMs?.(keyring.context.settings);
  const lines =
    autoUnlockMs === undefined
      ? await hintLines(context, [unlockKeyring])
      : await unlock(context, plan, keyring, copyPassword, autoUnlockMs);
  // A failure to show the hint is ignored.
  await context.note(...lines).catch(() => {});
}

/** @returns the lines to show */
async function unlock(
  context: Context,
  plan: AuthPlan,
  keyring: SettledBackend,
  copyPassword: () => Buffer,
  autoUnlockMs: Sourced<number>,
): Promise<Line[]> {
  const { host } = context;
  const location = locationOf(keyring);
  try {
    for (const need of keyringNeeds(plan, host, 'unlocking', [keyring.backend])) {
      requireTrust(plan.config, need, host);
    }
    const agent = await agentOf(keyring);
    const terms = {
      ttlMs: autoUnlockMs.value,
      idleMs: parseDuration(defaultTerms.idle) * 1000,
    };
    const { expiresAt } = await agent.unlock(
      { ...keyring.context, heldPassword: copyPassword },
      terms,
    );
    const until = formatMoment(expiresAt, host);
    const unlocked = `unlocked the keyring ${location} until ${until} (set by ${autoUnlockMs.source})`;
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

async function hintLines(context: Context, hints: readonly Hint[]): Promise<Line[]> {
  return formatHints(hints, await loadWriteHint(context));
}
