import { writeHandle } from '../auth/handle.ts';
import type { LoginResult } from '../auth/login.ts';
import { handleOf } from '../auth/plan.ts';
import {
  envCredentials,
  processEnvironment,
  type EnvironmentChange,
} from '../clouds/aws/environment.ts';
import { credentialProcessLine, formatProcessProfile } from '../clouds/aws/process-profile.ts';
import { strategyOf } from '../clouds/registry.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { environmentValue } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import { loadAgentControl } from '../keyring/registry.ts';
import { mayUseFile } from '../keyring/settings.ts';
import type { ProjectPlan } from './plan.ts';

const profile = 'atmos';

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
  const strategy = await strategyOf(identity);
  const configured = strategy.configuredRegion(identity);
  // In the file it gives way to a region of the environment; the user's own file is not read.
  const region = configured ?? strategy.defaultRegion;
  const { awsConfig: configFile, empty: emptyFile } = writeHandle(
    handleOf(plan, identity.name),
    (id) => formatProcessProfile({ profile, command: commandOf(id) ?? '', region }),
    host,
  );
  return processEnvironment({
    configFile,
    emptyFile,
    profile,
    ...withoutAbsent({ region: configured }),
  });
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
 * environment: from a file or by a command, or because the keyring is unlocked.
 */
export async function opensByItself(settings: KeyringSettings, host: Host): Promise<boolean> {
  const { passwordFile, passwordCommand } = settings;
  if (!mayUseFile(settings) || passwordFile !== undefined || passwordCommand !== undefined) {
    return true;
  }
  const agent = await (await loadAgentControl()).look({ settings, host });
  return agent.kind === 'unlocked';
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
  const configured = (await strategyOf(identity)).configuredRegion(identity);
  const hasOwn = ['AWS_REGION', 'AWS_DEFAULT_REGION'].some((name) =>
    environmentValue(env, name, platform),
  );
  return envCredentials(session.credentials, configured ?? (hasOwn ? undefined : region));
}
