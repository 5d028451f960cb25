import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { changedHost, type Host } from '../host/host.ts';
import { loadWindows } from '../host/windows/load.ts';
import { atmos } from './command-specs/root.ts';
import { createContext } from './context.ts';
import { createJournal, type Journal } from './log/journal.ts';
import { parseCommandLine } from './parse/command-line.ts';
import { foreignCommand } from './parse/words.ts';
import { createPrinter } from './printer.ts';
import { exitCodeOf, formatError, loadWriteHint } from './report.ts';
import { requireStdout } from './required-output.ts';
import { version } from './version.ts';
import { enterDirectory } from './working-directory.ts';

const ourCommands: ReadonlySet<string> = new Set(atmos.commands.map(({ name }) => name));

/** Runs the program from its arguments to its exit code. Never throws. */
export async function runCli(machine: Host): Promise<number> {
  const journal = createJournal(machine);
  const host = changedHost(machine, { log: journal.log });
  try {
    return await dispatch(host, journal);
  } catch (error) {
    const exitCode = exitCodeOf(error);
    host.log('command.failed', { code: codeOf(error), exit_code: exitCode });
    // What led to it is told, where the flags and variables alone ask for that.
    const others = await journal.start().then(
      () => [],
      (failure: unknown) => [failure],
    );
    const { note } = createPrinter(host, !host.programArguments.includes('--no-color'));
    const writeHint = await loadWriteHint(host);
    const lines = [error, ...others].flatMap((one) => formatError(one, writeHint));
    await note(...lines).catch(() => {});
    return exitCode;
  }
}

async function dispatch(host: Host, journal: Journal): Promise<number> {
  const args = host.programArguments;
  const foreign = foreignCommand(args, ourCommands);
  if (foreign !== undefined) {
    const { delegateToAtmos } = await import('./delegate-to-atmos.ts');
    return delegateToAtmos(host, { command: foreign, args, ourCommands });
  }
  const parsed = parseCommandLine(args, atmos, host.env);
  if (parsed.kind === 'help') {
    await createPrinter(host).out(parsed.text);
    return 0;
  }
  const { spec, invocation, command } = parsed;
  if (!spec.looksAtNothing) await loadWindows();
  if (!spec.isInternal) {
    journal.heed(invocation.globals);
    enterDirectory(host, invocation.globals);
  }
  if (invocation.values['output'] === 'json') await requireStdout(host);
  const startMs = host.monotonicMs();
  host.log('command.started', { command, version });
  const run = await spec.load();
  const exitCode = (await run(createContext(host, invocation.globals, journal), invocation)) ?? 0;
  const durationMs = host.monotonicMs() - startMs;
  host.log('command.ended', { command, exit_code: exitCode, duration_ms: durationMs });
  // For a command that read no configuration.
  await journal.start();
  return exitCode;
}

function codeOf(error: unknown): string {
  return error instanceof AtmosError ? error.code : (systemErrorCode(error) ?? 'INTERNAL');
}
