import { expiryOf, type ProgramCredentials } from '../core/credentials.ts';
import { AtmosError } from '../core/errors.ts';
import { optionWords, placeholder, run, say } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import { titleOf, type Identity, type Provider } from '../core/kind-config.ts';
import { planTrusted, type AuthContext } from './context.ts';
import type { Chain } from './chain.ts';
import { warnOfUnstored } from './keep-session.ts';
import { openLink, type LinkResult } from './open-link.ts';
import type { LoginOptions, Opening } from './opening.ts';
import {
  expiredMeanwhile,
  remainingMs,
  requireValidity,
  type Session,
  type SessionSource,
} from './session.ts';
import { shareSession, shareTokens } from './shared-session.ts';

export type { LoginOptions };

/** How a login ended. */
export interface LoginResult extends Omit<LinkResult, 'session'> {
  readonly session: Session<ProgramCredentials>;
  /** As configured, else the default of the kind or that of the credentials. */
  readonly region?: string;
}

/**
 * The session of the identity: the stored one while it is reusable, else a new one, which one
 * process opens for all processes that request it at the same time. Of the links before it only
 * those are opened that are needed and whose sessions have expired.
 *
 * @throws ERR_AUTH_*, ERR_LOGIN_BUSY, ERR_CONFIG_UNTRUSTED, the errors of STS, of the store and of the keyring;
 *   ERR_USAGE for an identity that has no credentials
 */
export async function login(
  context: AuthContext,
  identity: Identity,
  options: LoginOptions = {},
): Promise<LoginResult> {
  const chain = await planTrusted(context, identity);
  const { plan } = chain.target;
  if (plan.gives !== 'aws') throw givesNothing(identity);
  const { minValidityMs = 0, bySignIn = false } = options;
  requireSignIn(chain, identity, bySignIn);
  // Before anything is asked.
  requireValidity(plan.name, (plan.maxDurationSeconds ?? Infinity) * 1000, minValidityMs);
  const first = await openTarget({ context, chain, options, waited: { ms: 0 } });
  const leftMs = (opened: LinkResult['session']) => remainingMs(opened, context.host.now());
  // This program may have been suspended since it got the session.
  const { session, ...others } =
    leftMs(first.session) <= 0
      ? await openTarget({
          context,
          chain,
          options: { ...options, force: false, bySignIn: false },
          waited: { ms: 0 },
        })
      : first;
  const requireUnexpired = () => {
    if (leftMs(session) <= 0) throw expiredMeanwhile(titleOf(identity), session);
  };
  requireUnexpired();
  // Of some sessions only opening them tells how long they last.
  requireValidity(plan.name, leftMs(session), minValidityMs, openingMs);
  const { credentials } = session;
  if (credentials.type !== 'aws') throw new TypeError(`${identity.kind} gave ${credentials.type}`);
  const region = plan.region ?? plan.defaultRegion ?? credentials.region;
  const result = { session: { ...session, credentials }, ...withoutAbsent({ region }), ...others };
  await shareTokens(context, chain);
  await shareSession(context, chain, result);
  requireUnexpired();
  return result;
}

/**
 * The token of a provider at which a person signs in: the stored one while it is reusable, else a new
 * one, as {@link login}.
 *
 * @throws as {@link login}; ERR_USAGE for a provider that gives no token that is kept
 */
export async function signIn(
  context: AuthContext,
  provider: Provider,
  options: Pick<LoginOptions, 'force' | 'waitMs'> = {},
): Promise<SignInResult> {
  const chain = await planTrusted(context, provider);
  if (chain.target.plan.slot === 'nothing') throw needsNoSignIn(provider);
  const opening = { context, chain, options, waited: { ms: 0 } };
  const { session, ...others } = await openTarget(opening);
  await shareTokens(context, chain);
  const { source } = session;
  const isShared = chain.target.plan.toolTokens?.write !== undefined;
  if (isShared && !others.wasOpened && source === undefined) {
    await (await import('./share-found.ts')).shareFound(opening);
  }
  return { expiresAt: expiryOf(session.credentials), ...withoutAbsent({ source }), ...others };
}

/**
 * The token of a provider, as {@link signIn}: for what lists with it.
 *
 * @throws as {@link signIn}
 */
export async function openToken(
  context: AuthContext,
  provider: Provider,
): Promise<LinkResult['session']> {
  const chain = await planTrusted(context, provider);
  const opening = { context, chain, options: {}, waited: { ms: 0 } };
  const { session, storeFailure } = await openTarget(opening);
  if (storeFailure) warnOfUnstored(context, chain.target, storeFailure);
  return session;
}

/** How a sign-in ended. */
export interface SignInResult extends Omit<LinkResult, 'session'> {
  readonly expiresAt: Date | undefined;
  /** The other program whose token was found. Absent: our own token. */
  readonly source?: SessionSource;
}

function needsNoSignIn({ name, kind, locate }: Provider): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `provider ${name} (${locate(['kind'])}) is of kind ${kind}: its tokens are requested when they are needed, and no one signs in`,
    { hints: [run(['atmos', 'auth', 'login', '--identity', placeholder('name')])] },
  );
}

function openTarget(opening: Opening): Promise<LinkResult> {
  return openLink(opening, opening.chain.links.length - 1);
}

function givesNothing({ name, kind, locate }: Identity): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `identity ${name} (${locate(['kind'])}) is of kind ${kind}: it has no credentials of its own, programs use those of their environment`,
  );
}

/**
 * Refuses to let a person sign in for an identity of a kind for which this is not possible.
 *
 * @throws ERR_USAGE
 */
export function requireSignIn(
  { links, target }: Chain,
  { name, kind, locate }: Identity,
  bySignIn: boolean,
): void {
  if (!bySignIn || target.plan.opensBySignIn) return;
  const user = links.find(({ plan }) => plan.opensBySignIn)?.plan.name;
  const words = ['atmos', 'auth', 'login', ...optionWords('--identity', user ?? ''), '--webflow'];
  throw new AtmosError(
    'ERR_USAGE',
    `identity ${name} (${locate(['kind'])}) is of kind ${kind}, whose sessions are not opened by a sign-in of a person in the browser`,
    {
      hints: [
        user === undefined
          ? say('log in without this option, or choose an identity of a user')
          : run(words, 'to sign in for the user that opens it'),
      ],
    },
  );
}

/** The time that opening a session may take of its duration. */
const openingMs = 60_000;
