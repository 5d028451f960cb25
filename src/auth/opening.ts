import type { OpenContext, Turn } from '../clouds/contract.ts';
import type { ErrorCode } from '../core/errors.ts';
import { titleOf } from '../core/kind-config.ts';
import { foldName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import type { Chain, ChainLink } from './chain.ts';
import type { AuthContext } from './context.ts';
import { singleFlight } from './single-flight.ts';

// What is asked for when a chain is opened, and how processes that open the same links take turns.

export interface LoginOptions {
  /** Open a session even when a stored one would do. */
  readonly force?: boolean;
  /** Let a person sign in, whatever else could open the session. */
  readonly bySignIn?: boolean;
  /** How long the session must last at least. Default: see `isReusable`. */
  readonly minValidityMs?: number;
  /**
   * How long to wait, in total, for other processes that are opening the same sessions. Default: 2
   * minutes, and 11 minutes where this process could also ask a person to sign in.
   */
  readonly waitMs?: number;
}

/** A chain that is opened for one caller. */
export interface Opening {
  readonly context: AuthContext;
  readonly chain: Chain;
  /** Of the target: links before it are reused while they last. */
  readonly options: LoginOptions;
  /** How long it has waited for other processes until now. */
  readonly waited: { ms: number };
}

// Other failures depend on the process: its terminal, its password, its disk.
const isSameForAll = (code: ErrorCode) =>
  /^ERR_(AUTH_|AWS|NETWORK|CLOCK_SKEW|CANCELLED)/.test(code) &&
  code !== 'ERR_AUTH_MFA_REQUIRED' &&
  code !== 'ERR_AUTH_SIGN_IN_REQUIRED';

const defaultWaitMs = 120_000;
/** A person has ten minutes to sign in on a page. */
const signInWaitMs = 660_000;

/** Runs tasks while no other process runs them. What was waited for counts for the whole chain. */
export function aloneFor(opening: Opening): OpenContext['alone'] {
  const { context, options, waited } = opening;
  const { host, keyring, warn } = context;
  const limitMs = options.waitMs ?? (canSignIn(opening) ? signInWaitMs : defaultWaitMs);
  return (turn, task) => {
    const startMs = host.monotonicMs();
    const timeoutMs = Math.max(limitMs - waited.ms, 0);
    return singleFlight(
      { ...turn, timeoutMs, host, warn, isLockNeeded: keyring.info.persistent },
      () => {
        waited.ms += host.monotonicMs() - startMs;
        return task();
      },
    );
  };
}

export function turnOf({ context }: Opening, { plan, config }: ChainLink): Turn {
  const { store, keyring, host } = context;
  const where = whereKept(keyring, host);
  const isShared = isSameForAll;
  if (typeof plan.slot === 'string') {
    const subject = ['identity', store.realm, foldName(plan.name), where] as const;
    return { subject, named: titleOf(config), isShared };
  }
  const { id, issuer } = plan.slot;
  return { subject: ['token', id, where], named: `${titleOf(config)} (${issuer})`, isShared };
}

/** Whether a person can be asked to sign in for a link of the chain. */
function canSignIn({ context, chain, options }: Opening): boolean {
  const isAsked =
    options.bySignIn || chain.links.some(({ plan }) => plan.mayAsk?.includes('browser'));
  return isAsked && context.ask.signIn !== undefined;
}

/** The same for all processes that would find each other's session. */
function whereKept({ info }: Keyring, { processId }: Host): string {
  if (!info.persistent) return `process ${processId}`;
  // A system has one keyring, and tells its location only once it was looked at.
  return info.type === 'system' ? info.type : info.location;
}
