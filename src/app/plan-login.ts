import { keyLinkOf, planChain, type Chain, type ChainLink } from '../auth/chain.ts';
import { requireSignIn, type LoginOptions } from '../auth/login.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import { isReusable, isUsableAsBase } from '../auth/session.ts';
import type { Foreseen, LinkPlan, Question, StoredMeans } from '../clouds/contract.ts';
import { withoutAbsent } from '../core/json.ts';
import { isProvider, type Identity } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import { openStoredSessions, type SessionState, type StoredSessions } from './stored-sessions.ts';

/** Why `login` would open a session. */
export type OpeningReason = 'absent' | 'expired' | 'short' | 'changed' | 'forced' | 'unstored';

/** One link of a chain, and what `login` would do with it. */
export interface PlannedLink extends Pick<
  LinkPlan,
  'name' | 'kind' | 'gives' | 'maxDurationSeconds' | 'isAmbient'
> {
  readonly type: 'provider' | 'identity';
  readonly session: SessionState;
  /**
   * `open`: login opens a new session; `use`: it uses the stored one; `skip`: it does not need one;
   * `unknown`: the keyring was not read.
   */
  readonly action: 'open' | 'use' | 'skip' | 'unknown';
  /** Only if it would be opened. */
  readonly because?: OpeningReason;
  /** What its credentials cannot do, one line each. */
  readonly limits: readonly string[];
  /** Why it cannot be opened. Only if it would be. */
  readonly problem?: string;
  /** What a person may be asked for. Empty if it would not be opened. */
  readonly mayAsk: readonly Question[];
}

export interface LoginPlan {
  readonly identity: string;
  /** From the first link to the identity. */
  readonly links: readonly PlannedLink[];
  readonly keyring: Pick<StoredSessions, 'state' | 'reason'>;
}

/**
 * Explains what `login` would do. Sends no request, except to the server of a vault keyring, and reads
 * the keyring only if that prompts for nothing.
 *
 * @throws as `planChain`; ERR_KEYRING_UNKNOWN_TYPE
 */
export async function planLogin(
  plan: ProjectPlan,
  identity: Identity,
  options: Pick<LoginOptions, 'force' | 'bySignIn'>,
  host: Host,
): Promise<LoginPlan> {
  const chain = await planChain(identity, plan.config, host.env);
  const { bySignIn = false, force = bySignIn } = options;
  requireSignIn(chain, identity, bySignIn);
  const sessions = await openStoredSessions(plan, host);
  try {
    const states = new Map<ChainLink, SessionState>();
    const told = new Map<ChainLink, Foreseen>();
    for (const [at, link] of chain.links.entries()) {
      states.set(link, await sessions.of(link, chain));
      const mustSignIn = bySignIn && link === chain.target;
      told.set(link, await foresee(sessions, link, keyLinkOf(chain, at), { mustSignIn, host }));
    }
    const { state, reason } = sessions;
    return {
      identity: identity.name,
      links: planLinks(chain, { states, told }, force, host.now()),
      keyring: { state, ...withoutAbsent({ reason }) },
    };
  } finally {
    await sessions.close();
  }
}

/** What is stored for a link tells about opening it. */
async function foresee(
  sessions: StoredSessions,
  link: ChainLink,
  keyLink: ChainLink,
  { mustSignIn, host }: Pick<StoredMeans, 'mustSignIn' | 'host'>,
): Promise<Foreseen> {
  const key = await sessions.keyOf(keyLink);
  const signIn = key === undefined ? await sessions.signInOf(link) : undefined;
  if (key === undefined && signIn === undefined && !mustSignIn && sessions.state !== 'ready') {
    return {};
  }
  return (await link.plan.foresee?.({ key, signIn, mustSignIn, host })) ?? {};
}

/** What the keyring has for each link: its session, and what its key tells. */
interface Stored {
  readonly states: ReadonlyMap<ChainLink, SessionState>;
  readonly told: ReadonlyMap<ChainLink, Foreseen>;
}

/**
 * From the target back: a link is opened only if the link after it is, and with its session. Login opens
 * no ambient target.
 */
function planLinks(
  { links, target }: Chain,
  { states, told }: Stored,
  force: boolean,
  now: Date,
): PlannedLink[] {
  let next: PlannedLink['action'] = target.plan.isAmbient ? 'skip' : 'open';
  return links
    .toReversed()
    .map((link) => {
      const session = states.get(link) ?? { kind: 'none' };
      const isTarget = link === target;
      const reason = isTarget && force ? 'forced' : reasonToOpen(session, isTarget, now);
      const action = next === 'open' || next === 'unknown' ? actionFor(reason, next) : 'skip';
      next = link.plan.opensWithKey ? 'skip' : action;
      return plannedLink({ ...link.plan, ...told.get(link) }, link, { session, action, reason });
    })
    .toReversed();
}

/** @param next what happens with the link after it */
function actionFor(
  reason: ReturnType<typeof reasonToOpen>,
  next: 'open' | 'unknown',
): PlannedLink['action'] {
  if (reason === 'unknown') return 'unknown';
  if (reason !== undefined) return next;
  return next === 'open' ? 'use' : 'unknown';
}

function reasonToOpen(
  state: SessionState,
  isTarget: boolean,
  now: Date,
): OpeningReason | 'unknown' | undefined {
  switch (state.kind) {
    case 'valid':
      return (isTarget ? isReusable : isUsableAsBase)(state.session, now) ? undefined : 'short';
    case 'none':
      return 'absent';
    case 'locked':
      return 'unknown';
    case 'expired':
    case 'changed':
    case 'unstored':
    case 'unknown':
      return state.kind;
  }
}

function plannedLink(
  plan: LinkPlan & Pick<Foreseen, 'problem'>,
  { config }: Pick<ChainLink, 'config'>,
  {
    session,
    action,
    reason,
  }: Pick<PlannedLink, 'session' | 'action'> & { readonly reason: ReturnType<typeof reasonToOpen> },
): PlannedLink {
  const { name, kind, gives, isAmbient, limits = [], mayAsk = [] } = plan;
  const problem = action === 'open' ? plan.problem : undefined;
  const maxDurationSeconds = problem === undefined ? plan.maxDurationSeconds : undefined;
  const isStored = action !== 'open' && session.kind === 'valid';
  return {
    type: isProvider(config) ? 'provider' : 'identity',
    name,
    kind,
    gives,
    session,
    action,
    limits: [...new Set([...limits, ...(isStored ? session.session.limits : [])])],
    mayAsk: action === 'open' || action === 'unknown' ? mayAsk : [],
    ...withoutAbsent({
      maxDurationSeconds,
      isAmbient,
      problem,
      because: action !== 'open' || reason === 'unknown' ? undefined : reason,
    }),
  };
}
