import { findHandlePaths, writeHandle } from '../auth/handle.ts';
import type { LoginResult } from '../auth/login.ts';
import { handleOf } from '../auth/plan.ts';
import { variableNeeds } from '../auth/trust-needs.ts';
import type { Context } from '../cli/context.ts';
import { warn, type ProjectPlan } from '../cli/plan.ts';
import { envCredentials, processEnvironment } from '../clouds/aws/environment.ts';
import {
  credentialProcessLine,
  formatProcessProfile,
  hiddenFiles,
  profileOf,
} from '../clouds/aws/process-profile.ts';
import { kindOf } from '../clouds/registry.ts';
import type { Config } from '../config/config.ts';
import { requireTrust } from '../config/trust.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { isOffName } from '../core/names.ts';
import {
  checkVariable,
  environmentValue,
  type EnvironmentChange,
  type Variable,
} from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import { loadAgentControl } from '../keyring/registry.ts';
import { mayUseFile } from '../keyring/settings.ts';
import { withoutRecorded } from './environment-record.ts';
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
    path: ['auth', 'identities', identity.name, 'env', String(index), 'value'],
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
 * What an identity changes in an environment: its own `env:`, and over that its credentials and
 * ATMOS_IDENTITY, with ATMOS_PROFILE where profiles were given.
 *
 * @param credentialsFor gets the environment as it is but for the credentials
 * @throws as {@link allowedVariables}
 */
export async function identityChange(
  context: Context,
  plan: ProjectPlan,
  identity: Identity,
  env: Host['env'],
  credentialsFor: (environment: Pick<Host, 'env' | 'platform'>) => Promise<EnvironmentChange>,
): Promise<EnvironmentChange> {
  const { platform } = context.host;
  const variables = await allowedVariables(context, plan, variablesOfIdentity(identity));
  const { set, unset } = await credentialsFor({
    platform,
    env: withVariables(env, variables, platform),
  });
  const named = { set: { ...set, ...choiceOf(plan.config, identity, env) }, unset };
  return withIdentityVariables(named, variables, platform);
}

/**
 * With it an atmos that is started with the credentials means the same identity. One that comes from
 * a profile is there only with that profile. A variable that says the same stays as it is, the
 * user's own. A name that would switch authentication off is not set.
 */
function choiceOf(
  { profiles, areProfilesGiven }: Pick<Config, 'profiles' | 'areProfilesGiven'>,
  { name }: Identity,
  env: Host['env'],
): Readonly<Record<string, string>> {
  const names = profiles.join(',');
  const isSaid = !areProfilesGiven || names === '' || env['ATMOS_PROFILE'] === names;
  return {
    ...(isOffName(name) ? {} : { ATMOS_IDENTITY: name }),
    ...(isSaid ? {} : { ATMOS_PROFILE: names }),
  };
}

/**
 * The change for mode `process`, or undefined where the path of our program cannot be written so
 * that every reader of `credential_process` understands it alike. Opens neither keyring nor network.
 */
export async function processChange(
  plan: ProjectPlan,
  identity: Identity,
  host: Host,
): Promise<EnvironmentChange | undefined> {
  const commandOf = await processCommand(host);
  if (commandOf('a') === undefined) return undefined;
  const { region: configured, defaultRegion } = (await kindOf(identity)).plan(identity);
  // In the file it gives way to a region of the environment; the user's own file is not read.
  const region = configured ?? defaultRegion;
  const profile = profileOf(identity.name);
  const { awsConfig: configFile, empty: emptyFile } = writeHandle(
    handleOf(plan, identity.name),
    ({ file, id }) => {
      // A path that cannot be written so that all understand it: the id, which needs our HOME.
      const command = commandOf(file) ?? commandOf(id) ?? '';
      return formatProcessProfile({ profile, command, region });
    },
    host,
  );
  return processEnvironment({
    configFile,
    emptyFile,
    profile,
    ...withoutAbsent({ region: configured }),
  });
}

/** One warning for the user's own AWS files, which programs do not read in mode `process`. */
export async function warnOfHiddenFiles(
  context: Context,
  { set: { AWS_CONFIG_FILE: file = '' } }: EnvironmentChange,
): Promise<void> {
  const hidden = hiddenFiles(file, context.host);
  if (hidden.length === 0) return;
  await warn(context, `--credentials process hides AWS files from programs: ${hidden.join(', ')}`);
}

const redacted = '***REDACTED***';

/**
 * What `auth env` sets for an identity, for `whoami`: writes no file and holds no secret. The values
 * of the identity's `env:` are never in it, since no name tells whether one is a secret.
 */
export async function describeEnvironment(
  plan: ProjectPlan,
  identity: Identity,
  host: Host,
): Promise<Readonly<Record<string, string>>> {
  const { awsConfig: configFile, empty: emptyFile } = findHandlePaths(
    handleOf(plan, identity.name),
    host,
  );
  const { region } = (await kindOf(identity)).plan(identity);
  const profile = profileOf(identity.name);
  const hasProfile = (await processCommand(host))('a') !== undefined;
  const { set } = processEnvironment({
    configFile,
    emptyFile,
    profile,
    ...withoutAbsent({ region }),
  });
  const choice = choiceOf(plan.config, identity, withoutRecorded(host.env));
  const named = { ...(hasProfile ? set : {}), ...choice };
  const said = sortOut(identity.env, plan.keyring.passwordEnv.value).given;
  const hidden = said.map(({ key }) => ({ key, value: redacted }));
  const change = withIdentityVariables({ set: named, unset: [] }, hidden, host.platform);
  return Object.fromEntries(Object.entries(change.set).sort(([a], [b]) => (a < b ? -1 : 1)));
}

type CommandOf = (handle: string) => string | undefined;

/** Windows has a name without spaces for `C:\Program Files\nodejs`, which can stand where that cannot. */
async function processCommand(host: Host): Promise<CommandOf> {
  const { nodePath, scriptPath, platform } = host;
  const commandOf =
    (node: string, script: string): CommandOf =>
    (handle) => {
      const args = ['auth', 'credential-process', '--handle', handle];
      return credentialProcessLine({ node, script, args, platform });
    };
  const command = commandOf(nodePath, scriptPath);
  if (command('a') !== undefined || platform !== 'win32') return command;
  return commandOf(await host.shortPath(nodePath), await host.shortPath(scriptPath));
}

/**
 * Whether a program that asks us for credentials opens the keyring without the password being in its
 * environment: from a file or by a command, or from the agent, which is looked for and not asked.
 */
export async function opensByItself(settings: KeyringSettings, host: Host): Promise<boolean> {
  const { passwordFile, passwordCommand } = settings;
  if (!mayUseFile(settings) || passwordFile !== undefined || passwordCommand !== undefined) {
    return true;
  }
  return (await loadAgentControl()).isPresent({ settings, host });
}

/**
 * The change for mode `env`. The region is the configured one, else the one the environment has,
 * else the kind's default.
 */
export async function envChange(
  { session, region }: LoginResult,
  identity: Identity,
  { env, platform }: Pick<Host, 'env' | 'platform'>,
): Promise<EnvironmentChange> {
  const { region: configured } = (await kindOf(identity)).plan(identity);
  const hasOwn = ['AWS_REGION', 'AWS_DEFAULT_REGION'].some((name) =>
    environmentValue(env, name, platform),
  );
  return envCredentials(session.credentials, configured ?? (hasOwn ? undefined : region));
}
