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

/** Variables of CI services. Most of them also set `CI`. */
const ciVariables = [
  'CI',
  'GITHUB_ACTIONS',
  'GITLAB_CI',
  'BUILDKITE',
  'JENKINS_URL',
  'TEAMCITY_VERSION',
  'TF_BUILD',
  'CODEBUILD_BUILD_ID',
  'BITBUCKET_BUILD_NUMBER',
];

/** The variable by which a CI service is recognized, where no one is asked. */
export function ciVariable(env: Host['env']): string | undefined {
  return ciVariables.find((name) => isOn(env[name]));
}

/** Whether a variable is set: not to nothing, `0`, `false`, `no` or `off`. */
export function isOn(value: string | undefined): boolean {
  return !/^(|0|false|no|off)$/i.test(value ?? '');
}
