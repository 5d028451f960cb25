import type { ListedIdentities } from '../app/auth-graph.ts';
import type { SessionState } from '../app/stored-sessions.ts';
import type { SessionSource } from '../auth/session.ts';
import { sourceNames } from '../auth/tool-session.ts';
import { countOf } from '../core/count.ts';
import { formatLength, formatMoment, formatTimestamp, type LocalClock } from '../core/time.ts';

/** The form of a session in JSON and YAML. */
export interface SessionJson {
  /** `valid`, `expired`, `none`, `changed`, `locked`, `unstored` or `unknown`. */
  state: string;
  /** RFC 3339 in UTC; null if it is not known. */
  expires_at: string | null;
  /** `keyring`; else whose plain files have it: `atmos`, `aws-cli`; null without a session. */
  source: string | null;
  /** Why a session cannot be used or is not known; null if that is clear from the state. */
  reason: string | null;
}

export function sessionJson(state: SessionState): SessionJson {
  const session = 'session' in state ? state.session : undefined;
  const expiresAt = session?.credentials.expiresAt;
  return {
    state: state.kind,
    expires_at: expiresAt === undefined ? null : formatTimestamp(expiresAt),
    source: session === undefined ? null : (session.source ?? 'keyring'),
    reason: 'reason' in state ? state.reason : null,
  };
}

/** What a provider has listed, and how old that is: `2100 identities, listed 3h 12m ago`. */
export function formatProvisioned(listed: ListedIdentities, clock: LocalClock): string {
  const { at, isComplete, identities } = listed;
  if (at === undefined) return 'identities not listed yet';
  const ageMs = Math.max(0, clock.now().getTime() - at.getTime());
  const count = countOf(identities, 'identity', 'identities');
  return `${count}, listed ${formatLength(ageMs)} ago${isComplete ? '' : ', not completely'}`;
}

/** Follows the time of a session that another program opened. */
export function describeSource(source: SessionSource): string {
  return `${source === 'atmos' ? 'session' : 'token'} of ${sourceNames[source]}`;
}

/** A session in a few words: `until 20:15 (in 3h 12m)`, `locked`. */
export function formatSession(state: SessionState, clock: LocalClock): string {
  if ('session' in state) {
    const { expiresAt } = state.session.credentials;
    const at = expiresAt === undefined ? 'at an unknown time' : formatMoment(expiresAt, clock);
    const { source } = state.session;
    const by = source === undefined ? '' : `, ${describeSource(source)}`;
    if (state.kind === 'valid') return `until ${at}${by}`;
    return state.session.renewal === undefined ? `expired ${at}` : `expired ${at}, renewable`;
  }
  return texts[state.kind];
}

const texts = {
  none: 'no session',
  locked: 'locked',
  unstored: 'opened for each use',
  changed: 'no session for the current settings',
  unknown: 'unknown',
} as const;
