import type { LinkPlan, TokenFile } from '../clouds/contract.ts';
import type { FileOwner, FileSession, SessionFiles } from '../clouds/cloud-contract.ts';
import { cloudOf, kindOf } from '../clouds/registry.ts';
import {
  credentialId,
  expiryOf,
  type ProgramCredentials,
  type StoredCredentials,
} from '../core/credentials.ts';
import { isAtmosError } from '../core/errors.ts';
import { isProvider, type LinkConfig } from '../core/kind-config.ts';
import { sha256 } from '../core/sha256.ts';
import { statIfVisible } from '../host/read-files.ts';
import type { Owner } from '../store/key.ts';
import { linkAt, type Chain } from './chain.ts';
import type { AuthContext } from './context.ts';
import { createOwnerRecord } from './owner-record.ts';
import { remainingMs, storedSession, type Session } from './session.ts';

// Sessions in the plain files of Atmos, with `auth.session_files: true`: those that Atmos opened are
// used, and our own are written for it. Loaded lazily, because most configurations do not have it.

type FileContext = Pick<AuthContext, 'host' | 'realm' | 'sessionFiles'>;

/** Which sessions in the files are our own. The keyring says whether those may be used. */
const written = createOwnerRecord('session-files');

/**
 * The session of a link that Atmos opened, if it was opened for the current configuration as far as
 * that can be known: every value of the link and of those before it is in a file, and the session is
 * newer than each of these files. It may have expired. Never throws an `AtmosError`.
 *
 * @param at the link. Default: the target
 */
export async function atmosSession(
  context: FileContext,
  chain: Chain,
  at = chain.links.length - 1,
): Promise<Session | undefined> {
  const { sessionFiles } = context;
  const { config, plan } = linkAt(chain, at);
  if (plan.tokenFile !== undefined) return atmosToken(context, plan, plan.tokenFile);
  const files = await filesFor(plan);
  if (sessionFiles === undefined || files === undefined || isProvider(config)) return undefined;
  const links = chain.links.slice(0, at + 1);
  if (links.some((link) => isFromTag(link.config))) return undefined;
  const found = await readSession(files, await fileOwner(context, chain, at), context);
  if (found === undefined) return undefined;
  const { credentials } = found;
  if (isWritten(context, config.name, credentials)) return undefined;
  if (openedAfter(found, plan) <= lastChange(sessionFiles.configFiles)) return undefined;
  return { credentials, clockOffsetMs: 0, limits: plan.limits ?? [], source: 'atmos' };
}

/** The token of a portal is the same for every configuration that names the portal. */
async function atmosToken(
  context: FileContext,
  plan: LinkPlan,
  file: TokenFile,
): Promise<Session | undefined> {
  const credentials = await file.read(context.host);
  if (credentials?.type !== 'sso') return undefined;
  if (isWritten(context, plan.name, credentials)) return undefined;
  return { credentials, clockOffsetMs: 0, limits: plan.limits ?? [], source: 'atmos' };
}

/**
 * Writes the tokens of portals in the chain for Atmos, which opens every session with the token. A
 * token of another endpoint is not written, nor that of a person whom the chain does not accept. A
 * failure is a warning, because the token itself can be used.
 */
export async function shareTokens(context: AuthContext, chain: Chain): Promise<void> {
  const { store, host, warn } = context;
  for (const link of chain.links) {
    const { plan } = link;
    if (plan.tokenFile === undefined) continue;
    const { session } = await storedSession(store, link);
    if (session === undefined || plan.accepts?.(session) === false) continue;
    if (remainingMs(session, host.now()) <= 0) continue;
    try {
      noteWritten(context, plan.name, session.credentials);
      await plan.tokenFile.write(session.credentials, host);
    } catch (error) {
      if (!isAtmosError(error)) throw error;
      warn(`the token of provider ${plan.name} is not shared with Atmos: ${error.message}`);
    }
  }
}

/** First, so that what is written is never mistaken for what Atmos has written. */
function noteWritten(context: FileContext, alias: string, credentials: StoredCredentials): void {
  const owner = ownerOf(context, alias);
  written.write(owner, { credentials: sha256(credentialId(credentials)) }, context.host);
}

function isWritten(context: FileContext, alias: string, credentials: StoredCredentials): boolean {
  const record = written.read(ownerOf(context, alias), context.host)?.['credentials'];
  return record === sha256(credentialId(credentials));
}

/**
 * Writes the session of the target for Atmos. A session that was found is not written over a session
 * of Atmos that lasts longer. A failure is a warning, because the session itself can be used.
 */
export async function shareSession(
  context: AuthContext,
  chain: Chain,
  {
    session,
    wasOpened,
  }: { readonly session: Session<ProgramCredentials>; readonly wasOpened: boolean },
): Promise<void> {
  const { host, warn } = context;
  const { config, plan } = chain.target;
  const files = await filesFor(plan);
  const { credentials } = session;
  if (files === undefined || session.source === 'atmos' || credentials.expiresAt === undefined)
    return;
  const other = wasOpened ? undefined : await atmosSession(context, chain);
  if (expiryMs(other?.credentials) >= expiryMs(credentials)) return;
  const region = plan.region ?? plan.defaultRegion ?? credentials.region;
  try {
    noteWritten(context, config.name, credentials);
    const owner = await fileOwner(context, chain, chain.links.length - 1);
    await files.write(owner, { ...credentials, ...(region === undefined ? {} : { region }) }, host);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    warn(
      `the session of identity ${plan.name} is used, but not shared with Atmos: ${error.message}`,
    );
  }
}

async function filesFor({ gives, slot }: LinkPlan): Promise<SessionFiles | undefined> {
  if (gives !== 'aws' || slot !== 'own') return undefined;
  return (await cloudOf(gives)).loadSessionFiles?.();
}

/** As Atmos names them: the first link of a chain, also where that is an identity. */
async function fileOwner({ realm }: FileContext, chain: Chain, at: number): Promise<FileOwner> {
  const [first] = chain.links;
  const { config } = linkAt(chain, at);
  if (first === undefined || isProvider(config))
    throw new TypeError(`${config.name} has no session`);
  const root = at === 0 ? (await kindOf(config)).rootName : first.config.name;
  return { realm: realm.value, root, identity: config.name };
}

async function readSession(
  files: SessionFiles,
  owner: FileOwner,
  { host }: FileContext,
): Promise<FileSession | undefined> {
  try {
    return files.read(owner, host);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return undefined;
  }
}

/** Zero without credentials, or for those without an expiry. */
function expiryMs(credentials: StoredCredentials | undefined): number {
  return (credentials && expiryOf(credentials)?.getTime()) ?? 0;
}

function ownerOf({ realm }: FileContext, alias: string): Owner {
  return { realm: realm.value, alias };
}

/** Clocks of a service and of this machine may differ by this much. */
const clockDifferenceMs = 60_000;

/**
 * The time after which a session was opened, in milliseconds: at the latest when its file was
 * written. That may have been for another identity, so the longest life of the session counts as well.
 */
function openedAfter(
  { credentials, writtenAt }: FileSession,
  { maxDurationSeconds }: LinkPlan,
): number {
  if (maxDurationSeconds === undefined) return writtenAt.getTime();
  const openedAt = expiryMs(credentials) - maxDurationSeconds * 1000 + clockDifferenceMs;
  return Math.min(writtenAt.getTime(), openedAt);
}

/** When one of the files was changed the last time, in milliseconds. Without files it is not known. */
function lastChange(paths: readonly string[]): number {
  if (paths.length === 0) return Infinity;
  return Math.max(...paths.map((path) => statIfVisible(path)?.mtimeMs ?? Infinity));
}

/** Whether a value comes from elsewhere, such as a variable, so that no file says when it changed. */
function isFromTag(config: LinkConfig): boolean {
  const fields: Readonly<Record<string, unknown>> = isProvider(config)
    ? config.settings
    : { ...config };
  const isTagged = (value: unknown, path: readonly string[]): boolean => {
    const tag = config.tagAt?.(path);
    if (tag !== undefined && !tag.startsWith('!include')) return true;
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value).some(([key, one]) => isTagged(one, [...path, key]));
  };
  return Object.entries(fields).some(([key, value]) => isTagged(value, [key]));
}
