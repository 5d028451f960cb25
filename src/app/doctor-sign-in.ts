import { planChain, type Chain } from '../auth/chain.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import { findBrowser } from '../host/browser.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { openStoredSessions, type SessionState } from './stored-sessions.ts';

/** Who is signed in where, and how a person would sign in on this machine. */
export interface ExaminedSignIn {
  readonly portals: readonly ExaminedPortal[];
  /** Why no browser is opened here: `this is an SSH session`. Absent: one is opened. */
  readonly whyNoBrowser?: string;
}

export interface ExaminedPortal {
  readonly provider: string;
  /** The start URL. */
  readonly issuer: string;
  readonly session: SessionState;
}

/**
 * Examines the providers at which a person signs in. Prompts for nothing and sends no request.
 *
 * @param keyring the keyring in use, if it is open. The caller closes it
 * @returns undefined if there is no such provider; one that is broken is left out, because `auth
 *   validate` reports it
 */
export async function examineSignIn(
  plan: ProjectPlan,
  host: Host,
  keyring?: Keyring,
): Promise<ExaminedSignIn | undefined> {
  const chains: Chain[] = [];
  for (const provider of plan.config.providers) {
    try {
      chains.push(await planChain(provider, plan.config, host.env));
    } catch (error) {
      if (!isAtmosError(error)) throw error;
    }
  }
  const portals = await portalsOf(plan, chains, { host, keyring });
  if (portals.length === 0) return undefined;
  const { whyNot } = await findBrowser(host);
  return { portals, ...withoutAbsent({ whyNoBrowser: whyNot }) };
}

async function portalsOf(
  plan: ProjectPlan,
  chains: readonly Chain[],
  { host, keyring }: { readonly host: Host; readonly keyring: Keyring | undefined },
): Promise<ExaminedPortal[]> {
  if (chains.every(({ target }) => typeof target.plan.slot === 'string')) return [];
  const sessions = await openStoredSessions(plan, host, keyring);
  try {
    const portals: ExaminedPortal[] = [];
    for (const chain of chains) {
      const { slot, name } = chain.target.plan;
      if (typeof slot === 'string') continue;
      const session = await sessions.of(chain.target, chain);
      portals.push({ provider: name, issuer: slot.issuer, session });
    }
    return portals;
  } finally {
    if (keyring === undefined) await sessions.close();
  }
}
