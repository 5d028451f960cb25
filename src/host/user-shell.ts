import { basename } from 'node:path';
import type { Host } from './host.ts';

type Where = Pick<Host, 'platform' | 'env'>;

/** A shell, named by its syntax: `posix` is any shell with the syntax of sh. */
export type UserShell = 'posix' | 'fish' | 'git-bash' | 'cmd' | 'powershell';

/**
 * The shell in which the user types commands. On Windows cmd.exe sets PROMPT, which PowerShell
 * inherits if it is started from cmd.exe; PowerShell adds the user's modules to PSModulePath.
 */
export function userShell(host: Where): UserShell {
  const { env, platform } = host;
  if (platform !== 'win32') return basename(env['SHELL'] ?? '') === 'fish' ? 'fish' : 'posix';
  if (speaksPosix(host)) return 'git-bash';
  return env['PROMPT'] !== undefined && !hasUserModules(env) ? 'cmd' : 'powershell';
}

/** Whether the user's shell has the syntax of sh. On Windows this is Git Bash, which sets MSYSTEM. */
export function speaksPosix({ platform, env }: Where): boolean {
  return platform !== 'win32' || Boolean(env['MSYSTEM']);
}

/**
 * Whether the first entry of PSModulePath is the user's directory. The entries of the machine also
 * exist in cmd.exe.
 */
function hasUserModules(env: Where['env']): boolean {
  const [first = ''] = (env['PSModulePath'] ?? '').split(';');
  return /\\(Windows)?PowerShell\\Modules\\?$/i.test(first) && !/^.:\\Program Files/i.test(first);
}
