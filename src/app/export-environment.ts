import { variableNeeds } from '../auth/trust-needs.ts';
import type { Context } from '../cli/context.ts';
import { warn, type ProjectPlan } from '../cli/plan.ts';
import type { EnvironmentChange } from '../clouds/aws/environment.ts';
import type { Config } from '../config/config.ts';
import { requireTrust } from '../config/trust.ts';
import type { Identity } from '../core/kind-config.ts';
import { checkVariable, type Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import { sortOut, withIdentityVariables, withVariables } from './program-environment.ts';

/** A variable that a configuration says at a path. */
interface SaidVariable extends Variable {
  readonly path: readonly string[];
}

/** The `env:` of atmos.yaml. */
export function variablesOfProject(config: Config): SaidVariable[] {
  return config.env.map(({ key, value }) => ({
    key,
    value,
    path: ['env', key],
    // Looked up when it is asked for, which in most runs is never.
    get source() {
      return config.sourceOf(['env', key]);
    },
  }));
}

/** The `env:` of an identity. */
function variablesOfIdentity(identity: Identity): SaidVariable[] {
  return identity.env.map(({ key, value }, index) => ({
    key,
    value,
    path: ['auth', 'identities', identity.name, 'env', String(index)],
    get source() {
      return `${key} (${identity.locate(['env', String(index), 'key'])})`;
    },
  }));
}

/**
 * What of an `env:` programs get. What it may not set is told of in one line, and left out.
 *
 * @throws ERR_CONFIG_INVALID for a variable that no environment can hold; ERR_CONFIG_UNTRUSTED for
 *   one that is not known to be harmless: docs/adr/0020
 */
export async function allowedVariables(
  context: Context,
  { config, keyring }: Pick<ProjectPlan, 'config' | 'keyring'>,
  said: readonly SaidVariable[],
): Promise<readonly Variable[]> {
  for (const variable of said) checkVariable(variable);
  const { given, refused } = sortOut(said, keyring.passwordEnv.value);
  if (refused.length > 0) {
    const names = refused.map(({ key, source }) => source ?? key).join(', ');
    await warn(
      context,
      `programs do not get ${names}: no configuration sets what loads code, is run as a command, or decides whose credentials count`,
    );
  }
  const needs = given.flatMap((one) => variableNeeds(one.path, one, config, context.host));
  for (const need of needs) requireTrust(config, need, context.host);
  return given;
}

/**
 * What an identity changes in an environment: its own `env:`, and its credentials over that.
 *
 * @param credentialsFor gets the environment as it is but for the credentials
 * @throws as {@link allowedVariables}
 */
export async function identityChange(
  context: Context,
  plan: ProjectPlan,
  identity: Identity,
  env: Host['env'],
  credentialsFor: (surroundings: Pick<Host, 'env' | 'platform'>) => Promise<EnvironmentChange>,
): Promise<EnvironmentChange> {
  const { platform } = context.host;
  const variables = await allowedVariables(context, plan, variablesOfIdentity(identity));
  const change = await credentialsFor({ platform, env: withVariables(env, variables, platform) });
  return withIdentityVariables(change, variables, platform);
}
