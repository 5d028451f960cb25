import { planChain, type Configured } from '../auth/chain.ts';
import type { AuthContext } from '../auth/context.ts';
import { remainingMs, storedSession } from '../auth/session.ts';
import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import { isProvider, type LinkConfig } from '../core/kind-config.ts';

/** An identity or provider of the configuration. */
export interface ListedLink {
  readonly type: 'identity' | 'provider';
  /** As written in atmos.yaml. */
  readonly name: string;
  /** `aws/user`. Empty if missing. */
  readonly kind: string;
  readonly isDefault: boolean;
  /** Names from the first link of its chain to its own. Empty if the chain is broken. */
  readonly chain: readonly string[];
  /**
   * The stored session. `none`: there is none, or none is ever stored; `changed`: a setting has changed
   * since it was opened, so it is not used; `locked`: reading it needs a password; `unknown`: it could not
   * be read.
   */
  readonly session: 'valid' | 'expired' | 'none' | 'changed' | 'locked' | 'unknown';
  /** Of a valid or expired session. */
  readonly expiresAt?: Date;
  /** Why the identity cannot be used, why the session is not used, or why it is not known. */
  readonly reason?: string;
}

type SessionState = Pick<ListedLink, 'session' | 'expiresAt' | 'reason'>;

/**
 * Lists the providers and identities of the configuration. Never prompts, runs nothing and sends no
 * request. A broken chain is listed with its reason.
 */
export async function listLinks(context: AuthContext): Promise<readonly ListedLink[]> {
  const { configured = { identities: [], providers: [] } } = context;
  const lock = await lockOf(context);
  const links: ListedLink[] = [];
  for (const config of [...configured.providers, ...configured.identities]) {
    links.push(await listed(context, config, configured, lock));
  }
  return links;
}

/** The state of every session if the keyring cannot be read without a prompt. */
async function lockOf({ keyring }: AuthContext): Promise<SessionState | undefined> {
  try {
    const { state, reason } = await keyring.probe();
    if (state === 'ready') return undefined;
    return { session: state === 'locked' ? 'locked' : 'unknown', ...withoutAbsent({ reason }) };
  } catch (error) {
    return unreadable(error);
  }
}

async function listed(
  context: AuthContext,
  config: LinkConfig,
  configured: Configured,
  lock: SessionState | undefined,
): Promise<ListedLink> {
  const { name, kind } = config;
  if (isProvider(config)) {
    return { type: 'provider', name, kind, isDefault: false, chain: [name], session: 'none' };
  }
  const known = { type: 'identity', name, kind, isDefault: config.isDefault } as const;
  try {
    const { links, target } = await planChain(config, configured, context.host.env);
    const chain = links.map((link) => link.config.name);
    const isStored = target.plan.slot !== 'nothing';
    const state = isStored
      ? (lock ?? (await stateOf(context, target)))
      : { session: 'none' as const };
    return { ...known, chain, ...state };
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return { ...known, chain: [], session: 'none', reason: error.message };
  }
}

async function stateOf(
  { store, host }: AuthContext,
  target: Parameters<typeof storedSession>[1],
): Promise<SessionState> {
  try {
    const { session, changed } = await storedSession(store, target);
    if (changed !== undefined) return { session: 'changed', reason: changed };
    if (session === undefined) return { session: 'none' };
    const isValid = remainingMs(session, host.now()) > 0;
    return {
      session: isValid ? 'valid' : 'expired',
      ...withoutAbsent({ expiresAt: session.credentials.expiresAt }),
    };
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): SessionState {
  if (!isAtmosError(error)) throw error;
  return { session: 'unknown', reason: error.message };
}
