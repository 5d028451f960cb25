import type { Identity } from '../core/kind-config.ts';
import { environmentValue, type EnvironmentChange } from '../core/variables.ts';
import { isVariableName } from '../core/variable-name.ts';
import type { Host } from '../host/host.ts';

// What `auth env` set in a shell is listed in a variable of the shell itself, since only there is it
// known after a `cd`, without the configuration and after it was changed: docs/adr/0025.
const record = 'ATMOS_AUTH_ENV_SET';

type Environment = Host['env'];

/** The variables that an `auth env` set in this environment, by name. */
function recordedVariables(env: Environment): readonly string[] {
  return (env[record] ?? '').split(',').filter(isVariableName);
}

/** The environment as it was before an `auth env`, as far as that is known: values are not restored. */
export function withoutRecorded(env: Environment): Environment {
  const recorded = new Set([...recordedVariables(env), record]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !recorded.has(name)));
}

/**
 * The change with its record, which also takes back what another `auth env` set before. A variable of
 * the identity's `env:` that had a value is not recorded: to unset a `PATH` is no way back.
 */
export function recordChange(
  change: EnvironmentChange,
  { env: said }: Pick<Identity, 'env'>,
  env: Environment,
  platform: NodeJS.Platform,
): EnvironmentChange {
  const before = withoutRecorded(env);
  const replaces = (name: string) => environmentValue(before, name, platform) !== undefined;
  const isSaid = (name: string) => said.some(({ key }) => key === name);
  const names = Object.keys(change.set).filter((name) => !(isSaid(name) && replaces(name)));
  const set = { ...change.set, [record]: names.sort().join(',') };
  const gone = new Set([...change.unset, ...recordedVariables(env)]);
  return { set, unset: [...gone].filter((name) => !Object.hasOwn(set, name)) };
}

/** The change that takes back what `auth env` set, and the record itself. */
export function takeBack(env: Environment): EnvironmentChange {
  return { set: {}, unset: [...recordedVariables(env), record] };
}
