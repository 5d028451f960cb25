import { resolve } from 'node:path';
import {
  envChange,
  identityChange,
  opensByItself,
  processChange,
} from '../../app/export-environment.ts';
import type { EnvironmentChange } from '../../clouds/aws/environment.ts';
import { AtmosError } from '../../core/errors.ts';
import { showValue, type Sourced } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { appendToFile, writeOutputFile } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlanFor, requireIdentity, warn, warnOfMemory, type ProjectPlan } from '../plan.ts';
import { speaksPosix } from '../report.ts';
import { requireStdout } from '../required-output.ts';
import { environmentFormats, formatEnvironment, formatGithub } from '../shell-format.ts';

/**
 * `atmos auth env`: what a shell evaluates to have the identity's credentials. By default only a
 * profile that asks us for them when they are needed, so that nothing secret is printed and neither
 * keyring nor network is opened. The identity's `env:` is in it; that of atmos.yaml, as in Atmos, is
 * for programs alone.
 */
export async function env(context: Context, invocation: Invocation): Promise<void> {
  const { host, out } = context;
  const { values } = invocation;
  const isGithub = values['format'] === 'github';
  const file = isGithub ? githubFile(context, values['output']) : given(context, values['output']);
  if (isGithub || file === undefined) await requireStdout(host);
  const plan = await loadPlanFor(context, invocation);
  const identity = await requireIdentity(context, plan, invocation);
  const change = await identityChange(context, plan, identity, host.env, (surroundings) =>
    credentialsFor(context, invocation, plan, identity, surroundings),
  );
  if (isGithub && file !== undefined) return writeGithub(context, change, file);
  const byDefault = speaksPosix(host) ? 'bash' : 'powershell';
  const format = environmentFormats.find((one) => one === values['format']) ?? byDefault;
  const text = formatEnvironment(change, format);
  if (file === undefined) await out(text);
  else writeOutputFile(file, text);
}

function given({ host }: Context, output: string | undefined): Sourced<string> | undefined {
  if (output === undefined) return undefined;
  return { value: resolve(host.workingDirectory(), output), source: '--output' };
}

function githubFile(context: Context, output: string | undefined): Sourced<string> {
  const variable = context.host.env['GITHUB_ENV'];
  const file = given(context, output) ?? (variable && { value: variable, source: 'GITHUB_ENV' });
  if (file) return file;
  throw new AtmosError(
    'ERR_USAGE',
    'the format github writes to the file that GITHUB_ENV names, and that is not set',
    { hints: ['pass --output FILE'] },
  );
}

/** Masks first, so that no step shows what the file makes known. */
async function writeGithub(
  context: Context,
  change: EnvironmentChange,
  file: Sourced<string>,
): Promise<void> {
  const { masks, text } = formatGithub(change);
  await context.out(masks);
  appendToFile(file, text);
  const staying = change.unset.filter((name) => context.host.env[name]);
  if (staying.length === 0) return;
  await warn(
    context,
    `GitHub cannot take a variable away, so these stay set for later steps, and may win: ${staying.join(', ')}`,
  );
}

/** @param surroundings what the shell has but for the credentials */
async function credentialsFor(
  context: Context,
  { values }: Invocation,
  plan: ProjectPlan,
  identity: Identity,
  surroundings: Pick<Host, 'env' | 'platform'>,
): Promise<EnvironmentChange> {
  if (values['credentials'] !== 'env') {
    const change = await processChange(plan, identity, context.host);
    if (change !== undefined) {
      await warnOfMemory(context, plan, 'each program will open a session of its own');
      await warnOfPassword(context, plan);
      return change;
    }
    await warn(
      context,
      'the path of this program cannot stand in an AWS file, so the credentials themselves are written',
    );
  }
  // Only here: mode process stays without keyring and network, and starts sooner.
  const { sessionForCommand } = await import('../open.ts');
  const asked = { isInteractive: true, mfaToken: values['mfa-token'] };
  const result = await sessionForCommand(context, plan, identity, asked);
  return envChange(result, identity, surroundings);
}

/** A program that asks us asks nobody else: the password must be where it finds it. */
async function warnOfPassword(context: Context, { keyring }: ProjectPlan): Promise<void> {
  const name = showValue(keyring.passwordEnv);
  const { host } = context;
  if (host.env[keyring.passwordEnv.value] !== undefined || (await opensByItself(keyring, host)))
    return;
  // Windows has no agent, and not every shell there knows the word.
  const ways =
    host.platform === 'win32' ? `set ${name}` : `run "atmos auth keyring unlock", export ${name}`;
  await warn(
    context,
    `programs are not asked for the password of the file keyring: ${ways}, or name a file that holds it in ATMOS_KEYRING_PASSWORD_FILE`,
  );
}
