import { writeHandle } from '../auth/handle.ts';
import type { LoginResult } from '../auth/login.ts';
import { handleOf } from '../auth/plan.ts';
import { strategyOf } from '../auth/registry.ts';
import type { Identity } from '../core/identity.ts';
import type { Host } from '../host/host.ts';
import { credentialProcessLine, formatProcessProfile } from '../output/aws-files.ts';
import { envCredentials, processEnvironment, type EnvironmentChange } from '../output/environment.ts';
import type { ProjectPlan } from './plan.ts';

const profile = 'atmos';

/** How credentials reach a program: in its environment, or by a profile that asks us for them. */
export const credentialModes = ['env', 'process'] as const;
export type CredentialMode = (typeof credentialModes)[number];

/**
 * The change for mode `process`, or undefined where the path of our program cannot be written so
 * that every reader of `credential_process` understands it alike. Opens neither keyring nor network.
 */
export async function processChange(
  plan: ProjectPlan,
  identity: Identity,
  host: Host,
): Promise<EnvironmentChange | undefined> {
  const commandOf = (id: string) =>
    credentialProcessLine(host.nodePath, host.scriptPath, ['auth', 'credential-process', '--handle', id]);
  if (commandOf('a') === undefined) return undefined;
  const region = (await strategyOf(identity)).configuredRegion(identity);
  const regionField = region === undefined ? {} : { region };
  const handle = writeHandle(
    handleOf(plan, identity.name),
    (id) => formatProcessProfile({ profile, command: commandOf(id) ?? '', ...regionField }),
    host,
  );
  return processEnvironment({ configFile: handle.awsConfig, emptyFile: handle.empty, profile, ...regionField });
}

/**
 * The change for mode `env`. The region is the configured one, else the one the environment has,
 * else the kind's default.
 */
export async function envChange(
  { session, region }: LoginResult,
  identity: Identity,
  { env }: Host,
): Promise<EnvironmentChange> {
  const configured = (await strategyOf(identity)).configuredRegion(identity);
  const hasOwn = Boolean(env['AWS_REGION'] || env['AWS_DEFAULT_REGION']);
  return envCredentials(session.credentials, configured ?? (hasOwn ? undefined : region));
}
