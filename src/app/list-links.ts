import { planChain, type Configured } from '../auth/chain.ts';
import type { AuthContext } from '../auth/context.ts';
import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import { isProvider, type LinkConfig } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import { storedSessionsIn, type SessionState, type StoredSessions } from './stored-sessions.ts';

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
   * The stored session. `none`: no session exists, or sessions are never stored; `changed`: a setting has changed
   * since it was opened, so it is not used; `locked`: reading it needs a password; `unknown`: it could not
   * be read.
   */
  readonly session: 'valid' | 'expired' | 'none' | 'changed' | 'locked' | 'unknown';
  /** Of a valid or expired session. */
  readonly expiresAt?: Date;
  /** Why the identity cannot be used, why the session is not used, or why it is not known. */
  readonly reason?: string;
}

/**
 * Lists the providers and identities of the configuration. Never prompts, runs nothing and sends no
 * request. A broken chain is listed with its reason.
 */
export async function listLinks(context: AuthContext): Promise<readonly ListedLink[]> {
  const { configured = { identities: [], providers: [] } } = context;
  const sessions = await storedSessionsIn(context);
  const links: ListedLink[] = [];
  for (const config of [...configured.providers, ...configured.identities]) {
    links.push(await listed(config, configured, sessions, context.host));
  }
  return links;
}

async function listed(
  config: LinkConfig,
  configured: Configured,
  sessions: StoredSessions,
  { env }: Host,
): Promise<ListedLink> {
  const { name, kind } = config;
  const known = isProvider(config)
    ? ({ type: 'provider', name, kind, isDefault: false } as const)
    : ({ type: 'identity', name, kind, isDefault: config.isDefault } as const);
  try {
    const planned = await planChain(config, configured, env);
    const chain = planned.links.map((link) => link.config.name);
    return {
      ...known,
      chain,
      ...describeState(await sessions.of(planned.target, planned), sessions.reason),
    };
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return { ...known, chain: [], session: 'none', reason: error.message };
  }
}

function describeState(
  state: SessionState,
  whyLocked: string | undefined,
): Pick<ListedLink, 'session' | 'expiresAt' | 'reason'> {
  if (state.kind === 'unstored') return { session: 'none' };
  if (state.kind === 'locked') {
    return { session: 'locked', ...withoutAbsent({ reason: whyLocked }) };
  }
  if ('reason' in state) return { session: state.kind, reason: state.reason };
  if (!('session' in state)) return { session: state.kind };
  const { expiresAt } = state.session.credentials;
  return { session: state.kind, ...withoutAbsent({ expiresAt }) };
}
