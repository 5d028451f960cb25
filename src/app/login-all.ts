// Logs in to many identities after one sign-in.

import { planChain, type Chain, type Configured } from '../auth/chain.ts';
import type { LinkPlan } from '../clouds/contract.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import type { Identity, Provider } from '../core/kind-config.ts';
import type { CallRate } from '../core/pace.ts';
import { createGate } from '../core/turns.ts';
import type { Host } from '../host/host.ts';

/** A provider at which a person signs in, and how often its service may be called. */
export interface Portal {
  readonly provider: Provider;
  readonly callRate: CallRate;
}

/** The providers at which a person signs in, in the order given. One that is broken is left out. */
export async function portalsOf(
  providers: readonly Provider[],
  configured: Configured,
  { env }: Pick<Host, 'env'>,
): Promise<readonly Portal[]> {
  const portals: Portal[] = [];
  for (const provider of providers) {
    const plan = (await chainIfWhole(provider, configured, env))?.target.plan;
    if (plan?.callRate !== undefined) portals.push({ provider, callRate: plan.callRate });
  }
  return portals;
}

/** Identities that are opened with the token of a provider: first those that others need. */
export async function identitiesAt(
  providers: readonly Provider[],
  configured: Configured,
  { env }: Pick<Host, 'env'>,
): Promise<readonly (readonly Identity[])[]> {
  const names = new Set(providers.map(({ name }) => name));
  const levels: Identity[][] = [];
  for (const identity of configured.identities) {
    const links = (await chainIfWhole(identity, configured, env))?.links ?? [];
    if (!names.has(links[0]?.config.name ?? '') || !isPortal(links[0]?.plan)) continue;
    (levels[links.length] ??= []).push(identity);
  }
  return levels.filter((level) => level !== undefined);
}

function isPortal(plan: LinkPlan | undefined): boolean {
  return plan?.callRate !== undefined;
}

/** `validate` says what is wrong with a broken one. */
async function chainIfWhole(
  link: Identity | Provider,
  configured: Configured,
  env: Host['env'],
): Promise<Chain | undefined> {
  try {
    return await planChain(link, configured, env);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return undefined;
  }
}

export interface LoginAllOptions {
  readonly maxInFlight: number;
  /** Logs in to one identity. Resolves to whether a session was opened. */
  login(identity: Identity): Promise<boolean>;
  /** Called after each identity. */
  onProgress(done: number): Promise<void>;
}

export interface LoginAllResult {
  readonly opened: number;
  /** Those whose stored session is used. */
  readonly found: number;
  readonly failures: readonly { readonly identity: Identity; readonly error: AtmosError }[];
  /** How many were not tried, because the person has to sign in again. */
  readonly notTried: number;
}

/**
 * Logs in to each identity, several at a time. The failure of one does not stop the others, unless the
 * portal no longer accepts the token, or the user cancels.
 *
 * @param levels each is begun when the one before it is done
 * @throws ERR_CANCELLED, and errors that are no `AtmosError`
 */
export async function loginToAll(
  levels: readonly (readonly Identity[])[],
  { maxInFlight, login, onProgress }: LoginAllOptions,
): Promise<LoginAllResult> {
  const gate = createGate(maxInFlight);
  const failures: { identity: Identity; error: AtmosError }[] = [];
  let [opened, found, notTried, isRefused] = [0, 0, 0, false];
  const loginToOne = async (identity: Identity) => {
    if (isRefused) {
      notTried += 1;
      return;
    }
    try {
      if (await login(identity)) opened += 1;
      else found += 1;
    } catch (error) {
      if (!(error instanceof AtmosError) || error.code === 'ERR_CANCELLED') throw error;
      failures.push({ identity, error });
      isRefused ||= refusals.has(error.code);
    }
    await onProgress(opened + found + failures.length);
  };
  for (const level of levels) {
    await Promise.all(level.map((identity) => gate(() => loginToOne(identity))));
  }
  return { opened, found, failures, notTried };
}

/** Every other identity would fail as well. */
const refusals: ReadonlySet<string> = new Set([
  'ERR_AUTH_SIGN_IN_REQUIRED',
  'ERR_AUTH_BASE_REFUSED',
]);
