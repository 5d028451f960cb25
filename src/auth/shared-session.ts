import type { Config } from '../config/config.ts';
import type { ProgramCredentials } from '../core/credentials.ts';
import type { Chain } from './chain.ts';
import type { AuthContext } from './context.ts';
import type { Session } from './session.ts';

// Sessions that are shared with Atmos, if the configuration has `auth.session_files: true`. Only then
// the module that reads and writes them is loaded.

type FileContext = Pick<AuthContext, 'host' | 'realm' | 'sessionFiles'>;

export function sessionFilesOf(config: Config | undefined): AuthContext['sessionFiles'] {
  if (!config?.sessionFiles.value) return undefined;
  // A list decides what an identity is, as a file of the configuration does.
  const lists = config.provisioned.flatMap(({ path, list }) => (path && list ? [path] : []));
  return { configFiles: [...config.sources, ...lists] };
}

/** The session of a link that Atmos opened: see `atmosSession` of src/auth/session-files.ts. */
export async function sharedSession(
  context: FileContext,
  chain: Chain,
  at?: number,
): Promise<Session | undefined> {
  if (context.sessionFiles === undefined) return undefined;
  return (await import('./session-files.ts')).atmosSession(context, chain, at);
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
