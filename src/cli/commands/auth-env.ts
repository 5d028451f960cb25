import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import type { Identity } from '../../core/identity.ts';
import type { EnvironmentChange } from '../../output/environment.ts';
import { environmentFormats, formatEnvironment, formatGithub } from '../../output/shell.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { envChange, processChange } from '../environment-change.ts';
import { loadPlan, requireIdentity, warn, type ProjectPlan } from '../plan.ts';

/**
 * `atmos auth env`: what a shell evaluates to have the identity's credentials. By default only a
 * profile that asks us for them when they are needed, so that nothing secret is printed and neither
 * keyring nor network is opened.
 */
export async function env(context: Context, invocation: Invocation): Promise<void> {
  const { host, out } = context;
  const { values } = invocation;
  const plan = await loadPlan(context);
  const identity = await requireIdentity(context, plan, invocation);
  const change = await changeFor(context, invocation, plan, identity);
  if (values['format'] === 'github') {
    const file = values['output'] ?? host.env['GITHUB_ENV'];
    if (!file) {
      throw new AtmosError('ERR_USAGE', 'the format github writes to the file that GITHUB_ENV names, and that is not set', {
        hints: ['pass --output FILE'],
      });
    }
    const { masks, text } = formatGithub(change);
    await out(masks);
    writing(file, () => appendFileSync(file, text, { mode: 0o600 }));
    return;
  }
  const fallback = host.platform === 'win32' ? 'powershell' : 'bash';
  const format = environmentFormats.find((one) => one === values['format']) ?? fallback;
  const text = formatEnvironment(change, format);
  const file = values['output'];
  if (file === undefined) await out(text);
  else writing(file, () => replaceFile(file, text, host.processId));
}

async function changeFor(
  context: Context,
  { values }: Invocation,
  plan: ProjectPlan,
  identity: Identity,
): Promise<EnvironmentChange> {
  if (values['credentials'] !== 'env') {
    if (plan.keyring.type.value === 'memory') {
      await warn(context, 'the memory keyring keeps nothing: each program will open a session of its own');
    }
    const change = await processChange(plan, identity, context.host);
    if (change !== undefined) return change;
    await warn(context, 'the path of this program cannot stand in an AWS file, so the credentials themselves are printed');
  }
  // Only here: mode process stays without keyring and network, and starts sooner.
  const { sessionForCommand } = await import('../open.ts');
  const asked = { isInteractive: true, mfaToken: values['mfa-token'] };
  const result = await sessionForCommand(context, plan, identity, asked);
  return envChange(result, identity, context.host);
}

/** Replaced whole, and readable by nobody else, whatever it was before. */
function replaceFile(file: string, text: string, processId: number): void {
  const temporary = `${file}.${processId}.new`;
  writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, file);
}

function writing(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw new AtmosError('ERR_IO', `cannot write ${file} (from --output): ${reason}`);
  }
}
