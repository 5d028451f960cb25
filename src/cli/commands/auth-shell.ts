import { basename } from 'node:path';
import { isProgramFound, programsNamed } from '../../host/find-program.ts';
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
  const program = values['shell'] ?? (await findShell(host));
  const words = args.length > 0 ? args : loginArguments(host.platform);
  const level = { ATMOS_SHLVL: String(shellLevel(host.env) + 1) };
  // The error about a missing shell is enough.
  const isShown = args.length === 0 && (await isProgramFound(program, { ...host, env }));
  const named = `${basename(program)} ${identity ? `as ${identity.name}` : 'without an identity'}`;
  if (isShown) await note(`Starting ${named}; type exit to leave it`);
  const exitCode = await run([program, ...words], { ...env, ...level });
  if (isShown) await note(`Left ${named}`);
  return exitCode;
}

/** The command processor of Windows, else `SHELL`, bash or sh, whichever is found first. */
async function findShell(host: Host): Promise<string> {
  const processor = commandProcessor(host.env, host.platform);
  if (processor !== undefined) return processor;
  const named = host.env['SHELL'];
  if (named && (await isProgramFound(named, host))) return named;
  const [bash = 'sh'] = await programsNamed('bash', host);
  return bash;
}

/** On Windows `SHELL` would be a path of Git Bash, which is not a path of Windows. */
function commandProcessor(env: Host['env'], platform: NodeJS.Platform): string | undefined {
  return platform === 'win32' ? env['ComSpec'] || 'cmd.exe' : undefined;
}

function loginArguments(platform: NodeJS.Platform): readonly string[] {
  return platform === 'win32' ? [] : ['-l'];
}

/** The number of shells of Atmos around this process. */
function shellLevel(env: Host['env']): number {
  const level = env['ATMOS_SHLVL'] ?? '';
  return /^\d{1,6}$/.test(level) ? Number(level) : 0;
}
