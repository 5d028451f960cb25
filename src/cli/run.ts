import { AtmosError, systemErrorCode } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import { foreignCommand } from './arguments.ts';
import { createPaint } from './color.ts';
import { atmos } from './commands.ts';
import { createContext } from './context.ts';
import { parseCommandLine } from './program.ts';
import { exitCodeOf, formatError } from './report.ts';
import { createWrite } from './streams.ts';

const ourCommands: ReadonlySet<string> = new Set(atmos.commands.map(({ name }) => name));

/** Runs the program from its arguments to its exit code. Never throws. */
export async function runCli(host: Host): Promise<number> {
  const args = host.programArguments;
  try {
    return await dispatch(host, args);
  } catch (error) {
    const paint = createPaint(host, !args.includes('--no-color'));
    await createWrite(host.stderr, 'standard error')(formatError(error, paint)).catch(() => {});
    return exitCodeOf(error);
  }
}

async function dispatch(host: Host, args: readonly string[]): Promise<number> {
  const foreign = foreignCommand(args, ourCommands);
  if (foreign !== undefined) {
    const { handOver } = await import('./hand-over.ts');
    return handOver(host, { command: foreign, args, ourCommands });
  }
  const parsed = parseCommandLine(args, atmos);
  if (parsed.kind === 'help') {
    await createWrite(host.stdout, 'standard output')(parsed.text);
    return 0;
  }
  const { spec, invocation } = parsed;
  if (invocation.globals.chdir !== undefined) changeDirectory(host, invocation.globals.chdir);
  const run = await spec.load();
  return (await run(createContext(host, invocation.globals), invocation)) ?? 0;
}

function changeDirectory(host: Host, directory: string): void {
  try {
    host.changeDirectory(directory);
  } catch (error) {
    const reason = systemErrorCode(error) ?? 'it is none';
    throw new AtmosError(
      'ERR_USAGE',
      `cannot work in ${JSON.stringify(directory)} (from --chdir): ${reason}`,
    );
  }
}
