import { planLogin, type LoginPlan, type PlannedLink } from '../app/plan-login.ts';
import type { LoginOptions } from '../auth/login.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import type { Identity } from '../core/kind-config.ts';
import { formatLength, type LocalClock } from '../core/time.ts';
import type { Context } from './context.ts';
import { formatSession, sessionJson, type SessionJson } from './session-text.ts';
import { formatRows } from './ui/table.ts';

/** The documented form of `login --plan -o json`: always every field, null if unknown. */
interface LoginPlanJson {
  identity: string;
  keyring: {
    /** `ready`, `locked` or `unavailable`. */
    state: string;
    /** Why it was not read. */
    reason: string | null;
  };
  /** From the first link to the identity. */
  links: readonly {
    /** `provider` or `identity`. */
    type: string;
    name: string;
    kind: string;
    /** The type of its credentials. */
    gives: string;
    session: SessionJson;
    /** `open`, `use`, `skip` (not needed) or `unknown` (the keyring was not read). */
    action: string;
    /** `absent`, `expired`, `short`, `changed`, `forced` or `unstored`. */
    because: string | null;
    /** Of a new session, in seconds. */
    max_duration: number | null;
    limits: readonly string[];
    /** Why it cannot be opened. */
    problem: string | null;
    /** `mfa-code`, `browser`. */
    may_ask: readonly string[];
  }[];
}

/** `atmos auth login --plan`: explains the chain, and what login would open now. Opens nothing. */
export async function showLoginPlan(
  { host, print, note, outJson }: Context,
  plan: ProjectPlan,
  identity: Identity,
  { isJson, ...options }: Pick<LoginOptions, 'force' | 'bySignIn'> & { readonly isJson: boolean },
): Promise<void> {
  const planned = await planLogin(plan, identity, options, host);
  if (isJson) return outJson(planJson(planned));
  const links = planned.links.flatMap((link, at) =>
    formatLink(link, at === planned.links.length - 1, host),
  );
  await print(...links, formatSummary(planned));
  const { reason } = planned.keyring;
  if (reason !== undefined) await note(`note: sessions are not known: ${reason}`);
}

function planJson({ identity, keyring, links }: LoginPlan): LoginPlanJson {
  return {
    identity,
    keyring: { state: keyring.state, reason: keyring.reason ?? null },
    links: links.map((link) => ({
      type: link.type,
      name: link.name,
      kind: link.kind,
      gives: link.gives,
      session: sessionJson(link.session),
      action: link.action,
      because: link.because ?? null,
      max_duration: link.maxDurationSeconds ?? null,
      limits: link.limits,
      problem: link.problem ?? null,
      may_ask: link.mayAsk,
    })),
  };
}

function formatLink(link: PlannedLink, isTarget: boolean, clock: LocalClock): string[] {
  const { type, name, kind, gives, session, limits, mayAsk } = link;
  return [
    `${type} ${name} (${kind})`,
    ...formatRows([
      [
        'Gives',
        gives === 'none' ? 'nothing: programs use their environment' : `${gives} credentials`,
      ],
      ['Session', formatSession(session, clock)],
      ['Login', formatAction(link, isTarget)],
      ['May ask', mayAsk.map((what) => questions[what]).join(', ')],
      ...limits.map((limit) => ['Limit', limit] as const),
    ]),
  ];
}

const questions = {
  'mfa-code': 'the code of an MFA device',
  browser: 'to sign in on a page',
} as const;

function formatAction(link: PlannedLink, isTarget: boolean): string {
  const { action, because, session, maxDurationSeconds, isAmbient, problem } = link;
  if (isAmbient && isTarget) {
    return 'nothing to do: programs use the credentials of their environment';
  }
  if (action !== 'open') return actions[action];
  if (problem !== undefined) return `cannot open a session: ${problem}`;
  if (isAmbient) return 'reads the credentials of the environment';
  const duration =
    maxDurationSeconds === undefined ? '' : ` for up to ${formatLength(maxDurationSeconds * 1000)}`;
  const why =
    'reason' in session && because !== 'forced' ? session.reason : reasons[because ?? 'absent'];
  return `opens a session${duration}: ${why}`;
}

const actions = {
  use: 'uses the session',
  skip: 'does not need it',
  unknown: 'depends on the keyring, which was not read',
} as const;

const reasons = {
  absent: 'there is no session',
  expired: 'it has expired',
  short: 'it ends too soon',
  changed: 'the settings have changed',
  forced: 'it is forced',
  unstored: 'it is never stored',
} as const;

function formatSummary({ identity, links }: LoginPlan): string {
  if (links.some(({ action }) => action === 'unknown')) {
    return `What a login as ${identity} would open is not known`;
  }
  if (links.some(({ problem }) => problem !== undefined)) {
    return `A login as ${identity} would fail`;
  }
  const count = links.filter(({ action }) => action === 'open').length;
  return count === 0
    ? `A login as ${identity} would open nothing`
    : `A login as ${identity} would open ${count} of ${links.length} sessions`;
}
