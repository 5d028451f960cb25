import { resolve } from 'node:path';
import { exportEnvironment, unsetEnvironment } from '../../app/export-environment.ts';
import { AtmosError } from '../../core/errors.ts';
import { addOptions, evaluate, optionWords, placeholder, say } from '../../core/hint.ts';
import type { Sourced } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { EnvironmentChange } from '../../core/variables.ts';
import { requirePath } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import { speaksPosix } from '../../host/user-shell.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { warn, warner } from '../plan.ts';
import { planIdentity, type IdentityPlan } from '../plan-identity.ts';
import { formatHints, loadWriteHint } from '../report.ts';
import { requireStdout } from '../required-output.ts';
import { sessionOptions } from '../session-options.ts';
import {
  environmentFormats,
  formatEnvironment,
  formatGithub,
  type EnvironmentFormat,
} from '../shell-format.ts';

/**
 * `atmos auth env`: prints shell commands that select the identity. By default they set only an AWS
 * profile that requests the credentials from us when they are needed, so that the output contains
 * no secret, and neither the keyring nor the network is opened. They include the identity's `env:`.
 * As in Atmos, the `env:` of atmos.yaml is only for programs. With `--unset` it prints commands
 * that unset these variables.
 */
export async function env(context: Context, invocation: Invocation): Promise<void> {
  const { values, flags } = invocation;
  const write = await (values['format'] === 'github'
    ? githubWriter(context, invocation)
    : textWriter(context, invocation));
  if (flags['unset']) return write(unsetting(context, invocation));
  const planned = await planIdentity(context, invocation);
  return write(await setting(context, invocation, planned), planned.identity);
}

function setting(
  context: Context,
  { values, flags }: Invocation,
  { plan, identity }: IdentityPlan,
): Promise<EnvironmentChange> {
  const mode = values['credentials'] === 'env' ? 'env' : 'process';
  return exportEnvironment(
    { plan, identity, mode, opensSession: flags['login'] ?? false, ...sessionOptions(values) },
    {
      host: context.host,
      warn: warner(context),
      async openSession(chosen, options) {
        // Loaded only here: mode process needs neither keyring nor network, and starts faster
        // without them.
        const { askingOptions, sessionOpener } = await import('../open.ts');
        return sessionOpener(context, plan, askingOptions({ values, flags }))(chosen, options);
      },
    },
  );
}

/** Needs no configuration, so that it works in any directory. */
function unsetting({ host }: Context, { identity, values, flags }: Invocation): EnvironmentChange {
  const given: Readonly<Record<string, unknown>> = {
    ...values,
    login: flags['login'],
    'device-code': flags['device-code'],
    'no-browser': flags['browser'],
  };
  const other = [
    'credentials',
    'login',
    'region',
    'min-validity',
    'mfa-token',
    'device-code',
    'no-browser',
  ].find((name) => given[name] !== undefined);
  const contradiction = identity.kind === 'absent' ? other : 'identity';
  if (contradiction !== undefined) {
    throw new AtmosError(
      'ERR_USAGE',
      `--unset applies to every identity, so it cannot be combined with --${contradiction}`,
    );
  }
  return unsetEnvironment(host.env);
}

/** @param identity the one that is selected */
type WriteChange = (change: EnvironmentChange, identity?: Identity) => Promise<void>;

// A shell at its start needs no such hint.
const loadOutputFile = () => import('../../host/output-file.ts');

/**
 * Prints to standard output, or appends to a file, as in Atmos. A JSON file is replaced, because it
 * contains one value.
 */
async function textWriter(context: Context, invocation: Invocation): Promise<WriteChange> {
  const { values, flags } = invocation;
  const { host, out } = context;
  const format = chosenFormat(host, values['format']);
  if (flags['unset'] && (format === 'dotenv' || format === 'env')) throw cannotUnset(format);
  const said = outputFile(host, values['output-file']);
  if (said === undefined) {
    await requireStdout(host);
    return async (change, identity) => {
      await out(formatEnvironment(change, format));
      if (host.stdout.isTTY && values['format'] === undefined)
        await noteEvaluation(context, invocation, identity);
    };
  }
  const { extendOutputFile, findOutputFile, replaceOutputFile } = await loadOutputFile();
  const file = findOutputFile(said, host);
  return async (change) => {
    const text = formatEnvironment(change, format);
    if (format === 'json') replaceOutputFile(file, text, host);
    else extendOutputFile(file, text, host);
  };
}

/** At a terminal no shell reads the commands, so this shows how to evaluate them. */
async function noteEvaluation(
  { host, globals, note }: Context,
  { identity: option, flags }: Invocation,
  identity: Identity | undefined,
): Promise<void> {
  const isSelected = identity?.isDefault || Boolean(host.env['ATMOS_IDENTITY']);
  const isNamed = identity !== undefined && (option.kind !== 'absent' || !isSelected);
  const named = isNamed ? optionWords('-i', identity.name) : [];
  const unset = flags['unset'] ? ['--unset'] : [];
  const hint = evaluate(['atmos', 'auth', 'env', ...named, ...unset], 'to use it in this shell');
  await note(...formatHints([hint], await loadWriteHint({ host, globals })));
}

function chosenFormat(host: Host, format: string | undefined): EnvironmentFormat {
  const byDefault = speaksPosix(host) ? 'bash' : 'powershell';
  return environmentFormats.find((one) => one === format) ?? byDefault;
}

const outputVariable = 'ATMOS_AUTH_ENV_OUTPUT_FILE';

/** The option, or its variable: if both have the same value, either is correct. */
function outputFile(host: Host, output: string | undefined): Sourced<string> | undefined {
  if (output === undefined) return undefined;
  const source = output === host.env[outputVariable] ? outputVariable : '--output-file';
  const path = requirePath({ value: output, source });
  return { value: resolve(host.workingDirectory(), path), source };
}

/**
 * Appends to the file of `GITHUB_ENV`. The masks are printed first, so that no step shows a secret
 * from the file.
 */
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
      `GitHub cannot unset a variable, so these stay set for later steps and may take precedence: ${staying.join(', ')}`,
    );
  };
}

function githubFile(host: Host, output: string | undefined): Sourced<string> {
  const source = 'GITHUB_ENV';
  const value = host.env[source];
  const file = outputFile(host, output) ?? (value && { value, source });
  if (file) return { ...file, value: requirePath(file) };
  throw new AtmosError(
    'ERR_USAGE',
    'the format github writes to the file of GITHUB_ENV, which is not set',
    { hints: [addOptions(['--output-file', placeholder('file')])] },
  );
}

function cannotUnset(format: string): AtmosError {
  return new AtmosError('ERR_USAGE', `the format ${format} cannot unset variables`, {
    hints: [say('choose another format: --format bash or --format json')],
  });
}
