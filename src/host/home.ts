import { isAbsolute, join, sep } from 'node:path';
import type { Host } from './host.ts';

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory'>;

/**
 * Our directory of each kind, `<base>/atmos`. The base is `ATMOS_XDG_<KIND>_HOME`, then
 * `XDG_<KIND>_HOME`, then the XDG default, on macOS too, and on Windows `%LOCALAPPDATA%` (`\cache`
 * in it for the cache), as in Atmos. A relative value is ignored, as the XDG specification says.
 */
export function dataDirectory(host: Where): string {
  return ours(host, 'DATA', ['.local', 'share']);
}

export function configDirectory(host: Where): string {
  return ours(host, 'CONFIG', ['.config']);
}

export function cacheDirectory(host: Where): string {
  return ours(host, 'CACHE', ['.cache']);
}

export function stateDirectory(host: Where): string {
  return ours(host, 'STATE', ['.local', 'state']);
}

/** Windows: `%LOCALAPPDATA%`, which a program may be started without. */
export function localDirectory(env: Host['env'], homeDirectory: string): string {
  return env['LOCALAPPDATA'] || join(homeDirectory, 'AppData', 'Local');
}

function ours(
  host: Where,
  kind: 'DATA' | 'CONFIG' | 'CACHE' | 'STATE',
  fallback: readonly string[],
): string {
  for (const name of [`ATMOS_XDG_${kind}_HOME`, `XDG_${kind}_HOME`]) {
    const base = host.env[name];
    if (base && isAbsolute(base)) return join(base, 'atmos');
  }
  if (host.platform !== 'win32') return join(host.homeDirectory, ...fallback, 'atmos');
  const local = localDirectory(host.env, host.homeDirectory);
  return join(local, ...(kind === 'CACHE' ? ['cache'] : []), 'atmos');
}

/** A path in which `~` stands for the home directory, for where no shell has put it in. */
export function fromHome(path: string, homeDirectory: string): string {
  const isHome = path === '~' || path.startsWith('~/') || path.startsWith(`~${sep}`);
  return isHome ? join(homeDirectory, path.slice(1)) : path;
}
