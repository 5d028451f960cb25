import type { Host } from './host.ts';

/** The environment without the named variables. On Windows the names are compared without case. */
export function withoutVariables(
  { env, platform }: Pick<Host, 'env' | 'platform'>,
  names: readonly string[],
): Record<string, string | undefined> {
  const same = (name: string) => (platform === 'win32' ? name.toUpperCase() : name);
  const gone = new Set(names.map(same));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !gone.has(same(name))));
}
