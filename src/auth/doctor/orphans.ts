import type { Config } from '../../config/load.ts';
import { lowerCase } from '../../core/names.ts';
import { ok, warning, type Finding } from '../../keyring/inspection.ts';
import { logoutOf, type ReadEntry } from '../../store/inventory.ts';

/**
 * What is kept of identities and providers that the configuration does not name. Only of its own
 * realm: in another one it is another project's.
 */
export function examineOrphans(
  entries: readonly ReadEntry[],
  realm: string,
  { identities, providers }: Pick<Config, 'identities' | 'providers'>,
): Finding[] {
  const known = new Set([...identities, ...providers].map(({ name }) => lowerCase(name)));
  const ours = entries.filter((entry) => entry.realm === realm && !entry.isForeign);
  const orphans = new Map<string, ReadEntry[]>();
  for (const entry of ours) {
    const name = lowerCase(entry.alias);
    if (!known.has(name)) orphans.set(name, [...(orphans.get(name) ?? []), entry]);
  }
  const findings = [...orphans.values()].map(ofOrphan);
  return [
    ...(findings.length > 0
      ? findings
      : [ok('orphans', `no entry of realm ${realm} belongs to a name that is not configured`)]),
    ...ofOtherRealms(entries, realm),
  ];
}

function ofOrphan(entries: readonly ReadEntry[]): Finding {
  const alias = entries[0]?.alias ?? '';
  const items = entries.map(({ item }) => item);
  return warning(
    'orphans',
    `the ${items.join(' and ')} of ${alias} is kept, which is configured neither here nor by a profile that is chosen`,
    logoutOf(alias, items.includes('key')),
  );
}

function ofOtherRealms(entries: readonly ReadEntry[], realm: string): Finding[] {
  const others = entries.filter((entry) => entry.realm !== realm);
  if (others.length === 0) return [];
  const realms = [...new Set(others.map((entry) => entry.realm ?? 'not told by its name'))].sort();
  return [ok('realms', `entries of other realms: ${others.length} (${realms.join(', ')})`)];
}
