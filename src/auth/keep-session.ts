import type { KeptSignIn, KeySource } from '../clouds/contract.ts';
import { isSameCredentials, type Credentials, type SharedSlot } from '../core/credentials.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { optionWords, run } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import { titleOf } from '../core/kind-config.ts';
import { prepareToWrite } from '../keyring/prepare.ts';
import type { ItemNotes } from '../store/envelope.ts';
import { keyLinkOf, linkAt, type Chain, type ChainLink } from './chain.ts';
import { keySourceOf, type AuthContext } from './context.ts';
import { isSameSession, storedSession, type Session } from './session.ts';

/**
 * A password that a person has to type is typed before anything is opened. Why it cannot be asked for
 * is reported when the session is stored.
 */
export async function prepareStoring({ keyring }: AuthContext): Promise<void> {
  try {
    await prepareToWrite(keyring);
  } catch (error) {
    const isEnd =
      isAtmosError(error, 'ERR_CANCELLED') || isAtmosError(error, 'ERR_KEYRING_PASSWORD_WRONG');
    if (isEnd || !isAtmosError(error)) throw error;
  }
}

/** What a session was opened with: the long-lived key, or the session of the link before. */
interface OpenedWith {
  readonly source: KeySource;
  readonly base: Session<Credentials> | undefined;
}

/**
 * Stores the session. One that cannot be stored is still used, and the failure is reported, unless the
 * user has canceled: then the command ends (ERR_CANCELLED).
 * Credentials that do not expire are not a session: they are never stored, and an older session is
 * removed.
 *
 * What it was opened with may have been replaced while the server was asked. So that is read again
 * after the session was stored, and a command that replaces a key removes the sessions after it
 * stored the key. In any order, one of the two removes the session of the old key.
 */
export async function keepSession(
  context: AuthContext,
  chain: Chain,
  at: number,
  session: Session<Credentials>,
  openedWith: OpenedWith,
): Promise<AtmosError | undefined> {
  const { plan } = linkAt(chain, at);
  if (plan.slot === 'nothing') return undefined;
  try {
    if (plan.slot === 'own') await keepOwn(context, chain, at, session, openedWith);
    else await keepToken(context, linkAt(chain, at), plan.slot, session);
    return undefined;
  } catch (error) {
    if (!isAtmosError(error) || error.code === 'ERR_CANCELLED') throw error;
    context.host.log('session.unstored', { identity: plan.name, code: error.code });
    return error;
  }
}

/**
 * Says that the token of a portal was not stored. What renewed the one before it is spent, so that a person
 * has to sign in, unless another tool keeps it.
 */
export function warnOfUnstored(
  { warn }: AuthContext,
  { config, plan }: ChainLink,
  { message }: AtmosError,
): void {
  if (typeof plan.slot === 'string') return;
  const so = plan.toolTokens?.write === undefined ? 'needs' : 'may need';
  warn(
    `the token of ${titleOf(config)} could not be stored, so the next command ${so} a sign-in: ${message}`,
  );
}

async function keepToken(
  { store }: AuthContext,
  link: ChainLink,
  slot: SharedSlot,
  session: Session<Credentials>,
): Promise<void> {
  const { credentials, renewal } = session;
  if (credentials.type !== 'sso') throw new TypeError(`${link.plan.kind} gave ${credentials.type}`);
  await store.tokens.write(slot, credentials, {
    ...notesOf(link, session),
    ...withoutAbsent({ renewal }),
  });
}

async function keepOwn(
  context: AuthContext,
  chain: Chain,
  at: number,
  session: Session<Credentials>,
  openedWith: OpenedWith,
): Promise<void> {
  const link = linkAt(chain, at);
  const { name } = link.plan;
  const { store, host } = context;
  const { credentials } = session;
  if (credentials.type !== 'aws') throw new TypeError(`${link.plan.kind} gave ${credentials.type}`);
  const owner = { realm: store.realm, alias: name };
  // Loaded lazily, because most programs use a stored session.
  const { forgetUnexpiring, noteUnexpiring } = await import('./unexpiring.ts');
  if (credentials.expiresAt === undefined) {
    noteUnexpiring(owner, link.chainFingerprint, host);
    await store.remove(name, 'session');
    return;
  }
  forgetUnexpiring(owner, host);
  await store.write(name, 'session', credentials, notesOf(link, session));
  if (await isCurrent(context, chain, at, openedWith)) return;
  await store.remove(name, 'session');
  throw replacedMeanwhile(linkAt(chain, 0).plan.name, chain.target.plan.name);
}

/** Stores a sign-in of a link. One that cannot be stored opens this session all the same. */
export function keepSignInOf({ store, warn }: AuthContext, { config, plan }: ChainLink) {
  return async ({ token, ...notes }: KeptSignIn) => {
    try {
      await store.signIns.write(plan.name, token, notes);
    } catch (error) {
      if (!isAtmosError(error) || error.code === 'ERR_CANCELLED') throw error;
      // The session itself may or may not be stored.
      const why = `the sign-in of ${titleOf(config)} could not be stored, so no session is renewed with it`;
      warn(`${why}: ${error.message}`);
    }
  };
}

function notesOf(
  { chainFingerprint, chainSettings }: ChainLink,
  { clockOffsetMs, limits }: Session<Credentials>,
): ItemNotes {
  return { chainFingerprint, chainSettings, clockOffsetMs, limits };
}

/** Whether what a session was opened with is still what is stored. */
async function isCurrent(
  context: AuthContext,
  chain: Chain,
  at: number,
  { source, base }: OpenedWith,
): Promise<boolean> {
  const { plan } = keyLinkOf(chain, at);
  if (plan.storedKey === 'needed') {
    const used = await source.storedKey();
    const stored = await keySourceOf(context, plan).storedKey();
    // Without a key, a person has signed in.
    if (used === null || stored === null) return used === stored;
    return isSameCredentials(used, stored);
  }
  // A session of Atmos is not stored.
  if (base?.credentials.type !== 'aws' || base.source === 'atmos') return true;
  if (base.credentials.expiresAt === undefined) return true;
  const baseLink = linkAt(chain, at - 1);
  if (baseLink.plan.slot === 'nothing') return true;
  const { session } = await storedSession(context.store, baseLink);
  return session !== undefined && isSameSession(session, { credentials: base.credentials });
}

function replacedMeanwhile(owner: string, target: string): AtmosError {
  return new AtmosError(
    'ERR_STORE_CONFLICT',
    `the access key of identity ${owner} was replaced or removed while this session was opened`,
    { hints: [run(['atmos', 'auth', 'login', ...optionWords('--identity', target)])] },
  );
}
