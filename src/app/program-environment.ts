import { variableNeeds } from '../auth/trust-needs.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import { requireTrust } from '../config/trust.ts';
import type { Identity } from '../core/kind-config.ts';
import { classOf } from '../core/variable-class.ts';
import { checkVariable, type EnvironmentChange, type Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import { secretVariablesOf } from '../keyring/registry.ts';

type Environment = Host['env'];

/** A variable and its path in the configuration. */
export interface SaidVariable extends Variable {
  readonly path: readonly string[];
}

/** The `env:` of an identity. */
export function variablesOfIdentity(identity: Identity): SaidVariable[] {
  return identity.env.map(({ key, value }, index) => ({
    key,
    value,
    path: ['auth', 'identities', identity.name, 'env', String(index), 'value'],
    // Computed on access, because most runs never need it.
    get source() {
      return `${key} (${identity.locate(['env', String(index), 'key'])})`;
    },
  }));
}

/**
 * The variables of an `env:` that programs get. One warning names those that they never get.
 *
 * @throws ERR_CONFIG_INVALID for a variable that no environment can hold; ERR_CONFIG_UNTRUSTED for
 *   a variable that is not known to be harmless: docs/adr/0020
 */
export async function allowedVariables(
  said: readonly SaidVariable[],
  { config, keyring }: Pick<ProjectPlan, 'config' | 'keyring'>,
  { host, warn }: { readonly host: Host; warn(message: string): Promise<void> },
): Promise<readonly Variable[]> {
  for (const variable of said) checkVariable(variable);
  const { given, refused } = sortOut(said, secretVariablesOf(keyring));
  if (refused.length > 0) {
    const names = refused.map(({ key, source }) => source ?? key).join(', ');
    await warn(
      `programs do not get ${names}: a configuration must not set variables that load code, run as a command, or decide whose credentials count`,
    );
  }
  const needs = given.flatMap((one) => variableNeeds(one.path, one, config, host));
  for (const need of needs) requireTrust(config, need, host);
  return given;
}

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
 * An environment with variables set over what it has: as Atmos does with the `env:` of atmos.yaml.
 * Of two variables with the same name the later one counts.
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
 * other variables of the credentials are not changed.
 *
 * @param regionVariables the variables that choose the region
 */
export function withIdentityVariables(
  change: EnvironmentChange,
  variables: readonly Variable[],
  regionVariables: readonly string[],
  platform: NodeJS.Platform,
): EnvironmentChange {
  const said = Object.entries(change.set).map(([key, value]) => ({ key, value }));
  const regions = said.filter(({ key }) => regionVariables.includes(key));
  const others = said.filter(({ key }) => !regionVariables.includes(key));
  const set = lastOfEach([...regions, ...variables, ...others], platform);
  return { ...change, set: Object.fromEntries(set.values()) };
}

function lastOfEach(
  variables: readonly Variable[],
  platform: NodeJS.Platform,
): Map<string, [string, string]> {
  return new Map(variables.map(({ key, value }) => [sameName(key, platform), [key, value]]));
}

/** On Windows, names of variables are not case-sensitive. */
export function sameName(name: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? name.toUpperCase() : name;
}
