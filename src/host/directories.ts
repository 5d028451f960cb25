import { isAbsolute, join } from 'node:path';
import type { Host } from './host.ts';

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory'>;

/**
 * Our directory of each kind, `<base>/atmos`. The base is `ATMOS_XDG_<KIND>_HOME`, then
 * `XDG_<KIND>_HOME`, then the XDG default, on macOS too, as in Atmos. A relative value is ignored,
 * as the XDG specification says.
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

function ours(
  host: Where,
  kind: 'DATA' | 'CONFIG' | 'CACHE' | 'STATE',
  fallback: readonly string[],
): string {
  for (const name of [`ATMOS_XDG_${kind}_HOME`, `XDG_${kind}_HOME`]) {
    const base = host.env[name];
    if (base && isAbsolute(base)) return join(base, 'atmos');
  }
  const local = host.env['LOCALAPPDATA'];
  if (host.platform === 'win32' && local) return join(local, 'atmos');
  return join(host.homeDirectory, ...fallback, 'atmos');
}
