import { planChain, type Chain } from '../auth/chain.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import { isAtmosError } from '../core/errors.ts';
import { optionWords, run } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import { formatMoment, formatTimestamp } from '../core/time.ts';
import { findBrowser } from '../host/browser.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { note, ok, warning, type Finding } from '../keyring/inspection.ts';
import { openStoredSessions, type SessionState, type StoredSessions } from './stored-sessions.ts';

/** Who is signed in where, and how a person would sign in on this machine. */
export interface ExaminedSignIn {
  readonly portals: readonly ExaminedPortal[];
  /** The identities with a sign-in that is kept. */
  readonly people: readonly ExaminedPerson[];
  /** Why no browser is opened here: `this is an SSH session`. Absent: one is opened. */
  readonly whyNoBrowser?: string;
}

export interface ExaminedPerson {
  readonly identity: string;
  /** The ARN of who signed in. */
  readonly principal: string;
  readonly finding: Finding;
}

export interface ExaminedPortal {
  readonly provider: string;
  /** The start URL. */
  readonly issuer: string;
  readonly session: SessionState;
}

/**
 * Examines the providers at which a person signs in, and the sign-ins of users. Prompts for nothing, and
 * sends no request except to the server of a vault keyring.
 *
 * @param keyring the keyring in use, if it is open. The caller closes it
 * @returns undefined if there is no such provider and no such sign-in; what is broken is left out, because
 *   `auth validate` reports it
 */
export async function examineSignIn(
  plan: ProjectPlan,
  host: Host,
  keyring?: Keyring,
): Promise<ExaminedSignIn | undefined> {
  const chains: Chain[] = [];
  for (const link of [...plan.config.providers, ...plan.config.identities]) {
    try {
      chains.push(await planChain(link, plan.config, host.env));
    } catch (error) {
      if (!isAtmosError(error)) throw error;
    }
  }
  const ofPortals = chains.filter(({ target }) => typeof target.plan.slot !== 'string');
  const ofUsers = chains.filter(({ target }) => target.plan.opensBySignIn);
  // A keyring that could not be opened is not tried again only for sign-ins of users.
  if (ofPortals.length === 0 && (ofUsers.length === 0 || keyring === undefined)) return undefined;
  const sessions = await openStoredSessions(plan, host, keyring);
  try {
    const portals = await portalsOf(ofPortals, sessions);
    const people = await peopleOf(ofUsers, sessions, host);
    if (portals.length === 0 && people.length === 0) return undefined;
    const { whyNot } = await findBrowser(host);
    return { portals, people, ...withoutAbsent({ whyNoBrowser: whyNot }) };
  } finally {
    if (keyring === undefined) await sessions.close();
  }
}

async function portalsOf(
  chains: readonly Chain[],
  sessions: StoredSessions,
): Promise<ExaminedPortal[]> {
  const portals: ExaminedPortal[] = [];
  for (const chain of chains) {
    const { slot, name } = chain.target.plan;
    if (typeof slot === 'string') continue;
    const session = await sessions.of(chain.target, chain);
    portals.push({ provider: name, issuer: slot.issuer, session });
  }
  return portals;
}

async function peopleOf(
  chains: readonly Chain[],
  sessions: StoredSessions,
  host: Host,
): Promise<ExaminedPerson[]> {
  const people: ExaminedPerson[] = [];
  for (const { target } of chains) {
    const kept = await sessions.signInOf(target);
    const { name, whyNotRenewed } = target.plan;
    if (kept === undefined || whyNotRenewed === undefined) continue;
    const { principal, expiresAt } = kept.token;
    const whyNot = await whyNotRenewed(kept, host);
    const words = ['atmos', 'auth', 'login', ...optionWords('--identity', name), '--webflow'];
    const isOver = expiresAt <= host.now();
    const until = `identity ${name}: ${principal} is signed in until`;
    const finding =
      whyNot === undefined
        ? {
            ...ok('sign-in', `${until} ${formatTimestamp(expiresAt)}`),
            shown: `${until} ${formatMoment(expiresAt, host)}`,
          }
        : (isOver ? note : warning)('sign-in', `identity ${name}: ${whyNot}`, run(words));
    people.push({ identity: name, principal, finding });
  }
  return people;
}
