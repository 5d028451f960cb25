import { planChain, type Configured } from '../auth/chain.ts';
import { writeHandle, type HandlePaths } from '../auth/handle.ts';
import type { LoginOptions, LoginResult } from '../auth/login.ts';
import { handleOf, type ProjectPlan } from '../auth/plan.ts';
import type { Cloud } from '../clouds/cloud-contract.ts';
import { cloudOf } from '../clouds/registry.ts';
import { AtmosError } from '../core/errors.ts';
import { say, unlockHints, type Hint } from '../core/hint.ts';
import { showValue, withoutAbsent, type Sourced } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { isVariableName } from '../core/variable-name.ts';
import { environmentValue, type EnvironmentChange } from '../core/variables.ts';
import { changedHost, type Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import { settleBackend, usableTypes } from '../keyring/registry.ts';
import { choiceVariables } from './choose-identity.ts';
import { warnOfIntegrations, warnOfMemory } from './notices.ts';
import {
  allowedVariables,
  variablesOfIdentity,
  withIdentityVariables,
} from './program-environment.ts';

/**
 * How a program gets credentials: in its environment, or from a profile that runs `auth
 * credential-process`.
 */
export type CredentialMode = 'env' | 'process';

/** What the use cases need from their caller. */
export interface Services {
  readonly host: Host;
  warn(message: string, hints?: readonly Hint[]): Promise<void>;
  /** Opens a session with the keyring of the plan. Called only if a session is needed. */
  openSession(identity: Identity, options?: LoginOptions): Promise<LoginResult>;
}

export interface Exported {
  readonly plan: ProjectPlan;
  readonly identity: Identity;
  readonly mode: CredentialMode;
  /** The region that programs get. Default: that of the identity, if one is configured. */
  readonly region?: string;
  /** How long the session must last at least. It is then also opened in mode `process`. */
  readonly minValidityMs?: number;
  /** Whether a session is also opened in mode `process`, in which programs do it. Default: false. */
  readonly opensSession?: boolean;
}

/**
 * What `auth env` changes in a shell: the `env:` of the identity, its credentials, and the record
 * that `auth env --unset` uses to remove both. Mode `process` opens neither the keyring nor a
 * connection, unless the caller requires a session.
 *
 * @throws ERR_CONFIG_INVALID and ERR_CONFIG_UNTRUSTED for the `env:`; ERR_IO and ERR_USAGE for the
 *   files of mode `process`; in mode `env` the errors of opening a session
 */
export async function exportEnvironment(
  exported: Exported,
  services: Services,
): Promise<EnvironmentChange> {
  const { plan, identity } = exported;
  const { host } = services;
  await warnOfIntegrations(plan, identity, services);
  const env = withoutRecorded(host.env);
  const change = await identityChange(exported, env, services, async (known) => {
    const instead = 'the credentials themselves are written';
    const profile = await processChange({ ...exported, known }, env, instead, services);
    if (profile === undefined) return sessionChange({ ...exported, known }, services);
    await warnOfMemory(plan, 'each program will open a session of its own', services);
    await warnOfPassword(plan, services);
    return profile;
  });
  return recordChange(change, identity, host.env, host.platform);
}

/**
 * What `auth env --unset` changes: removes what `auth env` set in this environment, and the record.
 */
export function unsetEnvironment(env: Host['env']): EnvironmentChange {
  return { set: {}, unset: [...recordedVariables(env), record] };
}

/** A program is never prompted, so the password must come from another source. */
async function warnOfPassword({ keyring }: ProjectPlan, { host, warn }: Services): Promise<void> {
  const locked = await findLocked(keyring, host, { getsVariables: true });
  if (locked === undefined) return;
  await warn(
    `programs are never prompted for the password of the file keyring, and ${showValue(locked.variable)} is not set`,
    locked.hints,
  );
}

/** A keyring that a program cannot open by itself. */
interface Locked {
  /** The variable of its password. */
  readonly variable: Sourced<string>;
  /** What unlocks it. */
  readonly hints: readonly Hint[];
}

/**
 * The keyring that a program that asks us for credentials cannot open, or undefined if it can: a file or
 * a command gives the password, or an agent holds the keyring open. The agent is looked for and not asked.
 *
 * @param options `getsVariables`: whether the program gets the variables that we have
 */
export async function findLocked(
  keyring: KeyringSettings,
  host: Host,
  { getsVariables }: { readonly getsVariables: boolean },
): Promise<Locked | undefined> {
  for (const value of usableTypes(keyring)) {
    const { backend, context } = settleBackend({ keyring, host }, { ...keyring.type, value });
    const sources = backend.passwordSources?.(context.settings, host);
    const isGiven = sources?.given.some(({ kind }) => getsVariables || kind !== 'variable');
    if (sources === undefined || isGiven) continue;
    const agent = await backend.loadAgentPresence?.();
    if (await agent?.isPresent(context)) continue;
    const { variable, instead, given, isTyped } = sources;
    const canUnlock = agent?.isPossible(host) ?? false;
    return { variable, hints: isTyped || given.length > 0 ? unlockHints(canUnlock) : [instead] };
  }
  return undefined;
}

/**
 * What an identity changes in an environment: its own `env:`, and over that its credentials and
 * ATMOS_IDENTITY, with ATMOS_PROFILE where profiles were given.
 *
 * @throws as {@link allowedVariables}; ERR_USAGE for a region that cannot be one
 */
export async function identityChange(
  { plan, identity, region: chosen, minValidityMs }: Exported,
  env: Host['env'],
  services: Services,
  credentialsFor: (known: Foreseen) => Promise<EnvironmentChange>,
): Promise<EnvironmentChange> {
  const { host } = services;
  const variables = await allowedVariables(variablesOfIdentity(identity), plan, services);
  const known = await foreseen(plan.config, identity, host);
  const { cloud, region, isAmbient } = known;
  const regionVariables = cloud?.regionVariables ?? [];
  if (chosen !== undefined) checkRegion(chosen, identity, known);
  if (isAmbient && minValidityMs !== undefined) {
    throw new AtmosError(
      'ERR_USAGE',
      `identity ${identity.name} uses the credentials of the environment, whose validity is not known`,
    );
  }
  const { set, unset } = isAmbient
    ? {
        set: Object.fromEntries(
          regionVariables.flatMap((name) => (region === undefined ? [] : [[name, region]])),
        ),
        unset: [],
      }
    : await credentialsFor(known);
  const named = { set: { ...set, ...choiceVariables(plan.config, identity, env) }, unset };
  const regions =
    chosen === undefined ? [] : regionVariables.map((key) => ({ key, value: chosen }));
  return withIdentityVariables(named, [...variables, ...regions], regionVariables, host.platform);
}

function checkRegion(region: string, { name }: Identity, { cloud, partition }: Foreseen): void {
  if (cloud === undefined) {
    throw new AtmosError('ERR_USAGE', `identity ${name} has no credentials that need a region`);
  }
  if (!cloud.isRegion(region)) {
    throw new AtmosError('ERR_USAGE', `${JSON.stringify(region)} is not the name of a region`, {
      hints: [say('write it like eu-central-1')],
    });
  }
  const chosen = cloud.partitionOf(region);
  if (chosen === undefined || partition === undefined || chosen === partition) return;
  throw new AtmosError(
    'ERR_USAGE',
    `the region ${region} is in the partition ${chosen}, but the credentials of identity ${name} are for the partition ${partition}`,
  );
}

/** What is known about an identity's credentials before a session is opened. */
export interface Foreseen {
  /** Absent if the identity has no credentials for programs. */
  readonly cloud?: Cloud;
  /** Whether programs use the credentials of their environment. */
  readonly isAmbient: boolean;
  /** As configured. */
  readonly region?: string;
  readonly defaultRegion?: string;
  /** See {@link LinkPlan.partition}. */
  readonly partition?: string;
}

/** @throws as `planChain` */
export async function foreseen(
  configured: Configured,
  identity: Identity,
  { env }: Pick<Host, 'env'>,
): Promise<Foreseen> {
  const { plan } = (await planChain(identity, configured, env)).target;
  const { gives, region, defaultRegion, partition, isAmbient = false } = plan;
  const cloud = gives === 'aws' ? await cloudOf(gives) : undefined;
  return { isAmbient, ...withoutAbsent({ cloud, region, defaultRegion, partition }) };
}

/** What the change for an identity with credentials of its own needs. */
interface Known {
  readonly known: Foreseen;
}

function requireCloud({ cloud }: Foreseen, { name }: Identity): Cloud {
  if (cloud === undefined) throw new TypeError(`identity ${name} has no credentials`);
  return cloud;
}

/**
 * The change for mode `env`. A region that is not configured stays what the environment says: a
 * default that the user has not chosen would override the one in the user's own AWS files.
 */
export async function sessionChange(
  { identity, minValidityMs, known }: Pick<Exported, 'identity' | 'minValidityMs'> & Known,
  { openSession }: Pick<Services, 'openSession'>,
): Promise<EnvironmentChange> {
  const { session } = await openSession(identity, withoutAbsent({ minValidityMs }));
  return requireCloud(known, identity).environment(session.credentials, known.region);
}

/**
 * The change for mode `process`. If the user's own files have the profile (`auth aws-config`),
 * programs read those; otherwise a warning names them, because programs do not read them. Undefined,
 * with a warning, if the path of this program cannot be written so that every program parses it
 * alike. Opens a session only if the caller requires one.
 */
export async function processChange(
  exported: Exported & Known,
  env: Host['env'],
  instead: string,
  { host, warn, openSession }: Services,
): Promise<EnvironmentChange | undefined> {
  const { plan, identity, mode, minValidityMs, opensSession = false, known } = exported;
  if (mode !== 'process') return undefined;
  const { region: configured, defaultRegion } = known;
  const cloud = requireCloud(known, identity);
  const commandOf = await processCommand(cloud, host);
  if (commandOf('a') === undefined) {
    await warn(`the path of this program cannot be written in an AWS file, so ${instead}`);
    return undefined;
  }
  if (opensSession || minValidityMs !== undefined)
    await openSession(identity, withoutAbsent({ minValidityMs }));
  // The environment overrides a region in the file; the user's own file is not read.
  const region = configured ?? defaultRegion;
  const { name } = identity;
  const profileFor = (paths: HandlePaths) => ({
    identity: name,
    command: commandFor(paths, commandOf),
    ...withoutAbsent({ region }),
  });
  const paths = writeHandle(
    handleOf(plan, name, host),
    (written) => cloud.process.formatProfile(profileFor(written)),
    host,
  );
  const { awsConfig: configFile, empty: emptyFile } = paths;
  const userProfile = await cloud.process.findUserProfile(
    profileFor(paths),
    changedHost(host, { env }),
  );
  const hidden = userProfile === undefined ? cloud.process.hiddenFiles(configFile, host) : [];
  if (hidden.length > 0)
    await warn(`--credentials process hides AWS files from programs: ${hidden.join(', ')}`);
  return cloud.process.environment({
    identity: name,
    userProfile,
    configFile,
    emptyFile,
    region: configured,
  });
}

type CommandOf = (handle: string) => string | undefined;

/** The command for a handle. If its path cannot be written portably, its id, which needs the same HOME. */
export function commandFor({ file, id }: HandlePaths, commandOf: CommandOf): string {
  return commandOf(file) ?? commandOf(id) ?? '';
}

/** On Windows such a path may have a short name that can be written. */
export async function processCommand({ process }: Cloud, host: Host): Promise<CommandOf> {
  const { formatCommand } = process;
  const { nodePath, scriptPath } = host;
  const commandOf =
    (node: string, script: string): CommandOf =>
    (handle) =>
      formatCommand(
        { node, script, args: ['auth', 'credential-process', '--handle', handle] },
        host.platform,
      );
  const command = commandOf(nodePath, scriptPath);
  if (command('a') !== undefined) return command;
  return commandOf(await host.shortPath(nodePath), await host.shortPath(scriptPath));
}

// What `auth env` set in a shell is listed in a variable of the shell itself, since only there is it
// known after a `cd`, without the configuration and after it was changed: docs/adr/0025.
const record = 'ATMOS_AUTH_ENV_SET';

/** The variables that an `auth env` set in this environment, by name. */
function recordedVariables(env: Host['env']): readonly string[] {
  return (env[record] ?? '').split(',').filter(isVariableName);
}

/** The environment without the variables that `auth env` set. Previous values are not restored. */
export function withoutRecorded(env: Host['env']): Host['env'] {
  const recorded = new Set([...recordedVariables(env), record]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !recorded.has(name)));
}

/**
 * The change with its record, which also removes what an earlier `auth env` set. A variable of the
 * identity's `env:` that already had a value is not recorded, because unsetting `PATH` would not
 * restore it.
 */
function recordChange(
  change: EnvironmentChange,
  { env: said }: Pick<Identity, 'env'>,
  env: Host['env'],
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
