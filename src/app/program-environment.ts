import { classOf, type EnvironmentChange, type Variable } from '../core/variables.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables of an `env:` that programs get, and those that they never do.
 *
 * @param secretVariables the configured names of variables that hold a secret of the keyring
 */
export function sortOut<V extends Variable>(
  variables: readonly V[],
  secretVariables: readonly string[],
): { readonly given: readonly V[]; readonly refused: readonly V[] } {
  const secret = secretVariables.map((name) => name.toUpperCase());
  const isRefused = ({ key, value }: Variable) =>
    classOf(key, value) === 'refused' || secret.includes(key.toUpperCase());
  return {
    given: variables.filter((variable) => !isRefused(variable)),
    refused: variables.filter(isRefused),
  };
}

/**
 * An environment with variables set over what it has: so does Atmos with the `env:` of atmos.yaml.
 * Of two with one name the later counts.
 */
export function withVariables(
  environment: Environment,
  variables: readonly Variable[],
  platform: NodeJS.Platform,
): Environment {
  const set = lastOfEach(variables, platform);
  const kept = Object.entries(environment).filter(([name]) => !set.has(sameName(name, platform)));
  return Object.fromEntries([...kept, ...set.values()]);
}

/**
 * What an identity's `env:` adds to the change for its credentials. It may choose another region;
 * what else is set for the credentials stays.
 */
export function withIdentityVariables(
  change: EnvironmentChange,
  variables: readonly Variable[],
  platform: NodeJS.Platform,
): EnvironmentChange {
  const said = Object.entries(change.set).map(([key, value]) => ({ key, value }));
  const regions = said.filter(({ key }) => isRegion(key));
  const others = said.filter(({ key }) => !isRegion(key));
  const set = lastOfEach([...regions, ...variables, ...others], platform);
  return { ...change, set: Object.fromEntries(set.values()) };
}

function lastOfEach(
  variables: readonly Variable[],
  platform: NodeJS.Platform,
): Map<string, [string, string]> {
  return new Map(variables.map(({ key, value }) => [sameName(key, platform), [key, value]]));
}

/** Windows does not tell names apart by case. */
function sameName(name: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? name.toUpperCase() : name;
}

function isRegion(name: string): boolean {
  return name === 'AWS_REGION' || name === 'AWS_DEFAULT_REGION';
}
