import { resolve } from 'node:path';
import { exportEnvironment, unsetEnvironment } from '../../app/export-environment.ts';
import { AtmosError } from '../../core/errors.ts';
import { addOptions, placeholder, say } from '../../core/hint.ts';
import type { Sourced } from '../../core/json.ts';
import type { EnvironmentChange } from '../../core/variables.ts';
import type { Host } from '../../host/host.ts';
import { speaksPosix } from '../../host/user-shell.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlanFor, requireIdentity, warn, warner } from '../plan.ts';
import { requireStdout } from '../required-output.ts';
import {
  environmentFormats,
  formatEnvironment,
  formatGithub,
  type EnvironmentFormat,
} from '../shell-format.ts';

/**
 * `atmos auth env`: what a shell evaluates to have the identity's credentials. By default only a
 * profile that asks us for them when they are needed, so that nothing secret is printed and neither
 * keyring nor network is opened. The identity's `env:` is in it; that of atmos.yaml, as in Atmos, is
 * for programs alone. With `--unset` what a shell evaluates to be without all that again.
 */
export async function env(context: Context, invocation: Invocation): Promise<void> {
  const { values, flags } = invocation;
  const write = await (values['format'] === 'github'
    ? githubWriter(context, invocation)
    : textWriter(context, invocation));
  await write(flags['unset'] ? unsetting(context, invocation) : await setting(context, invocation));
}

async function setting(context: Context, invocation: Invocation): Promise<EnvironmentChange> {
  const { values } = invocation;
  const plan = await loadPlanFor(context, invocation);
  const identity = await requireIdentity(context, plan, invocation);
  const mode = values['credentials'] === 'env' ? 'env' : 'process';
  return exportEnvironment(
    { plan, identity, mode },
    {
      host: context.host,
      warn: warner(context),
      async openSession(chosen) {
        // Only here: mode process stays without keyring and network, and starts sooner.
        const { sessionOpener } = await import('../open.ts');
        const asked = { isInteractive: true, mfaToken: values['mfa-token'] };
        return sessionOpener(context, plan, asked)(chosen);
      },
    },
  );
}

/** Needs no configuration, so that it works anywhere. */
function unsetting({ host }: Context, { identity, values }: Invocation): EnvironmentChange {
  const other = ['credentials', 'mfa-token'].find((name) => values[name] !== undefined);
  const contradiction = identity.kind === 'absent' ? other : 'identity';
  if (contradiction !== undefined) {
    throw new AtmosError(
      'ERR_USAGE',
      `--unset takes back what was set, whatever the identity: it does not go with --${contradiction}`,
    );
  }
  return unsetEnvironment(host.env);
}

type WriteChange = (change: EnvironmentChange) => Promise<void>;

// A shell that starts needs none of it.
const loadOutputFile = () => import('../../host/output-file.ts');

/** To standard output, or added to a file, as in Atmos; of JSON a file holds one value. */
async function textWriter(context: Context, { values, flags }: Invocation): Promise<WriteChange> {
  const { host, out } = context;
  const format = chosenFormat(host, values['format']);
  if (flags['unset'] && (format === 'dotenv' || format === 'env')) throw cannotUnset(format);
  const said = outputFile(host, values['output-file']);
  if (said === undefined) {
    await requireStdout(host);
    return (change) => out(formatEnvironment(change, format));
  }
  const { extendOutputFile, findOutputFile, replaceOutputFile } = await loadOutputFile();
  const file = findOutputFile(said, host);
  return async (change) => {
    const text = formatEnvironment(change, format);
    if (format === 'json') replaceOutputFile(file, text, host);
    else extendOutputFile(file, text, host);
  };
}

function chosenFormat(host: Host, format: string | undefined): EnvironmentFormat {
  const byDefault = speaksPosix(host) ? 'bash' : 'powershell';
  return environmentFormats.find((one) => one === format) ?? byDefault;
}

const outputVariable = 'ATMOS_AUTH_ENV_OUTPUT_FILE';

/** The option, or the variable that stands for it: where both say the same, either is right. */
function outputFile(host: Host, output: string | undefined): Sourced<string> | undefined {
  if (output === undefined) return undefined;
  const source = output === host.env[outputVariable] ? outputVariable : '--output-file';
  return { value: resolve(host.workingDirectory(), output), source };
}

/** To the file of `GITHUB_ENV`. Masks first, so that no step shows what the file makes known. */
async function githubWriter(context: Context, { values, flags }: Invocation): Promise<WriteChange> {
  const { host, out } = context;
  if (flags['unset']) throw cannotUnset('github');
  const said = githubFile(host, values['output-file']);
  await requireStdout(host);
  const { appendToFile, findFileToAppend } = await loadOutputFile();
  const file = findFileToAppend(said, host);
  return async (change) => {
    const { masks, text } = formatGithub(change);
    await out(masks);
    appendToFile(file, text, host);
    const staying = change.unset.filter((name) => host.env[name]);
    if (staying.length === 0) return;
    await warn(
      context,
      `GitHub cannot take a variable away, so these stay set for later steps, and may win: ${staying.join(', ')}`,
    );
  };
}

function githubFile(host: Host, output: string | undefined): Sourced<string> {
  const variable = host.env['GITHUB_ENV'];
  const file = outputFile(host, output) ?? (variable && { value: variable, source: 'GITHUB_ENV' });
  if (file) return file;
  throw new AtmosError(
    'ERR_USAGE',
    'the format github writes to the file that GITHUB_ENV names, and that is not set',
    { hints: [addOptions(['--output-file', placeholder('file')])] },
  );
}

function cannotUnset(format: string): AtmosError {
  return new AtmosError('ERR_USAGE', `the format ${format} cannot take a variable away`, {
    hints: [say('choose another format: --format bash or --format json')],
  });
}
