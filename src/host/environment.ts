import type { Host } from './host.ts';

/** The environment without the variables of these names, which on Windows do not differ by case. */
export function withoutVariables(
  { env, platform }: Pick<Host, 'env' | 'platform'>,
  names: readonly string[],
): Record<string, string | undefined> {
  const same = (name: string) => (platform === 'win32' ? name.toUpperCase() : name);
  const gone = new Set(names.map(same));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !gone.has(same(name))));
}
