import type { LoadOptions } from '../config/load.ts';
import type { Host } from '../host/host.ts';
import { openNamesRecord, recordNames } from './names-record.ts';

/**
 * The names of the identities or providers, for completion: runs nothing, and leaves out what is wrong.
 * Many names are recorded: docs/speed.md.
 *
 * @throws as `loadConfig`
 */
export async function listNames(
  what: 'identity' | 'provider',
  options: LoadOptions,
  host: Host,
): Promise<readonly string[]> {
  const record = openNamesRecord(what, options, host);
  if (record === undefined) return (await load(what, options, host)).names;
  const known = record.read();
  if (isNames(known)) return known;
  const { result, reads } = await recordNames(() => load(what, options, host), host);
  const { names, hasTags } = result;
  record.keep({ names, result: names, hasTags, reads });
  return names;
}

async function load(what: 'identity' | 'provider', options: LoadOptions, host: Host) {
  // Loaded only then: it is most of the program.
  const { loadConfig } = await import('../auth/load-config.ts');
  const config = await loadConfig({ ...options, isStatic: true, report: () => {} }, host);
  const named = what === 'identity' ? config.identities : config.providers;
  return { names: named.map(({ name }) => name), hasTags: config.hasTags };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
