import type { LinkPlan } from '../clouds/contract.ts';
import type { Config } from '../config/config.ts';
import type { Credentials, ProgramCredentials } from '../core/credentials.ts';
import { linkAt, type Chain } from './chain.ts';
import type { AuthContext } from './context.ts';
import type { Session } from './session.ts';

// Sessions that are shared with Atmos, if the configuration has `auth.session_files: true`, and tokens of
// other tools. The modules that read and write them are loaded only if we have not stored a session.

type FileContext = Pick<AuthContext, 'host' | 'realm' | 'sessionFiles'>;

export function sessionFilesOf(config: Config | undefined): AuthContext['sessionFiles'] {
  if (!config?.sessionFiles.value) return undefined;
  // A list decides what an identity is, as a file of the configuration does.
  const lists = config.provisioned.flatMap(({ path, list }) => (path && list ? [path] : []));
  return { configFiles: [...config.sources, ...lists] };
}

/**
 * The session of a link that another program opened: Atmos (see `atmosSession` of
 * src/auth/session-files.ts), else the token that a tool keeps for the portal. Never throws an
 * `AtmosError`.
 *
 * @param at the link. Default: the target
 * @param own what is stored for the link: nothing is found that it comes before, see {@link isOwnFirst}
 */
export async function sharedSession(
  context: FileContext,
  chain: Chain,
  at = chain.links.length - 1,
  own?: Session,
): Promise<Session | undefined> {
  if (context.sessionFiles !== undefined) {
    const { atmosSession } = await import('./session-files.ts');
    const session = await atmosSession(context, chain, at);
    if (session !== undefined) return session;
  }
  const { plan } = linkAt(chain, at);
  const source = plan.toolTokens?.tool;
  if (source === undefined || isOwnFirst(plan, own, { source })) return undefined;
  return (await import('./tool-session.ts')).toolSession(plan, context);
}

/** Remembers that the service did not accept the token of another tool: see `toolSession`. */
export async function noteRefusedToken(
  context: FileContext,
  plan: LinkPlan,
  { source, credentials }: Session<Credentials>,
): Promise<void> {
  if (source === undefined || source !== plan.toolTokens?.tool) return;
  (await import('./tool-session.ts')).noteRefused(context, plan, credentials);
}

/**
 * Whether our own token, although it has expired, comes before that of another tool: if it can be renewed,
 * and the tool does not share its token with us. The other one may be of another person, and the person
 * would change without a notice.
 */
export function isOwnFirst(
  { toolTokens }: LinkPlan,
  own: Session | undefined,
  { source }: Pick<Session, 'source'>,
): boolean {
  if (source === undefined || source !== toolTokens?.tool) return false;
  return own?.renewal !== undefined && toolTokens.write === undefined;
}

/** Writes the tokens of portals for Atmos: see `shareTokens` of src/auth/session-files.ts. */
export async function shareTokens(context: AuthContext, chain: Chain): Promise<void> {
  if (context.sessionFiles === undefined) return;
  await (await import('./session-files.ts')).shareTokens(context, chain);
}

/** Writes a session for Atmos: see `shareSession` of src/auth/session-files.ts. */
export async function shareSession(
  context: AuthContext,
  chain: Chain,
  result: { readonly session: Session<ProgramCredentials>; readonly wasOpened: boolean },
): Promise<void> {
  if (context.sessionFiles === undefined) return;
  await (await import('./session-files.ts')).shareSession(context, chain, result);
}
