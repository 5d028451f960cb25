import { basename } from 'node:path';
import type { Host } from './host.ts';

type Where = Pick<Host, 'platform' | 'env'>;

/** A shell by what it reads: `posix` is any that reads what sh reads. */
export type UserShell = 'posix' | 'fish' | 'git-bash' | 'cmd' | 'powershell';

/**
 * The shell that the user types into. On Windows cmd.exe sets PROMPT, which PowerShell keeps when it is
 * started from there; PowerShell adds the user's modules to PSModulePath.
 */
export function userShell(host: Where): UserShell {
  const { env, platform } = host;
  if (platform !== 'win32') return basename(env['SHELL'] ?? '') === 'fish' ? 'fish' : 'posix';
  if (speaksPosix(host)) return 'git-bash';
  return env['PROMPT'] !== undefined && !hasUserModules(env) ? 'cmd' : 'powershell';
}

/** Whether the user's shell reads what sh reads. On Windows Git Bash does, which sets MSYSTEM. */
export function speaksPosix({ platform, env }: Where): boolean {
  return platform !== 'win32' || Boolean(env['MSYSTEM']);
}

/** Whether the first modules of PowerShell are the user's. The machine's are there in cmd.exe too. */
function hasUserModules(env: Where['env']): boolean {
  const [first = ''] = (env['PSModulePath'] ?? '').split(';');
  return /\\(Windows)?PowerShell\\Modules\\?$/i.test(first) && !/^.:\\Program Files/i.test(first);
}
