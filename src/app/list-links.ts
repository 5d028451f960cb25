import type { AuthContext } from '../auth/context.ts';
import { withoutAbsent } from '../core/json.ts';
import { graphOf, type AuthGraph } from './auth-graph.ts';
import { storedSessionsIn, type SessionState } from './stored-sessions.ts';

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
 * Lists the providers and identities of the configuration, as {@link graphOf} knows them. Never prompts,
 * runs nothing and sends no request. A broken chain is listed with its reason.
 */
export async function listLinks(context: AuthContext): Promise<readonly ListedLink[]> {
  const { configured = { identities: [], providers: [] }, host } = context;
  const sessions = await storedSessionsIn(context);
  const graph = await graphOf(configured, { config: configured, sessions, host });
  return [...graph.providers, ...graph.identities].map((link) => viewOf(link, sessions.reason));
}

function viewOf(
  link: AuthGraph['providers'][number] | AuthGraph['identities'][number],
  whyLocked: string | undefined,
): ListedLink {
  const { type, name, kind, problem, session } = link;
  const own = problem === undefined ? [name] : [];
  return {
    type,
    name,
    kind,
    isDefault: type === 'identity' && link.isDefault,
    chain: type === 'identity' ? link.chain.map((one) => one.name) : own,
    ...(problem === undefined
      ? describeState(session, whyLocked)
      : { session: 'none', reason: problem }),
  };
}

function describeState(
  state: SessionState | undefined,
  whyLocked: string | undefined,
): Pick<ListedLink, 'session' | 'expiresAt' | 'reason'> {
  if (state === undefined || state.kind === 'unstored') return { session: 'none' };
  if (state.kind === 'locked') {
    return { session: 'locked', ...withoutAbsent({ reason: whyLocked }) };
  }
  if ('reason' in state) return { session: state.kind, reason: state.reason };
  if (!('session' in state)) return { session: state.kind };
  const { expiresAt } = state.session.credentials;
  return { session: state.kind, ...withoutAbsent({ expiresAt }) };
}
