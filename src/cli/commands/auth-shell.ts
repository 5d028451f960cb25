import { basename } from 'node:path';
import { programsNamed } from '../../host/find-program.ts';
import type { Host } from '../../host/host.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { prepareProgram } from '../prepare-program.ts';

/**
 * `atmos auth shell`: starts a shell with only the credentials of the identity, and passes its exit
 * code on. The prompt of the shell is not changed; `ATMOS_SHLVL` counts nested shells.
 */
export async function shell(context: Context, invocation: Invocation): Promise<number> {
  const { host, note } = context;
  const { program: args, values } = invocation;
  const { identity, env, run } = await prepareProgram(context, invocation);
  const program = values['shell'] ?? (await defaultShell(host));
  const words = args.length > 0 ? args : loginArguments(host.platform);
  const level = { ATMOS_SHLVL: String(shellLevel(host.env) + 1) };
  const isInteractive = args.length === 0;
  const named = `${basename(program)} ${identity ? `as ${identity.name}` : 'without an identity'}`;
  if (isInteractive) await note(`Starting ${named}; type exit to leave it`);
  const exitCode = await run([program, ...words], { ...env, ...level });
  if (isInteractive) await note(`Left ${named}`);
  return exitCode;
}

async function defaultShell(host: Host): Promise<string> {
  const [bash = 'sh'] = await programsNamed('bash', host);
  return namedShell(host.env, host.platform) ?? bash;
}

/** On Windows `SHELL` would be a path of Git Bash, which is not a path of Windows. */
function namedShell(env: Host['env'], platform: NodeJS.Platform): string | undefined {
  return platform === 'win32' ? env['ComSpec'] || 'cmd.exe' : env['SHELL'] || undefined;
}

function loginArguments(platform: NodeJS.Platform): readonly string[] {
  return platform === 'win32' ? [] : ['-l'];
}

/** The number of shells of Atmos around this process. */
function shellLevel(env: Host['env']): number {
  const level = env['ATMOS_SHLVL'] ?? '';
  return /^\d{1,6}$/.test(level) ? Number(level) : 0;
}
