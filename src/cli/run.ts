import { AtmosError, causesOf, systemErrorCode } from '../core/errors.ts';
import { changedHost, type Host } from '../host/host.ts';
import { loadWindows } from '../host/windows/load.ts';
import { atmos } from './command-specs/root.ts';
import { createContext } from './context.ts';
import type { GlobalOptions } from './global-options.ts';
import { createJournal, type Journal } from './log/journal.ts';
import { parseCommandLine } from './parse/command-line.ts';
import { foreignCommand, versionRequest } from './parse/foreign-command.ts';
import { pickKnown } from './pick-known.ts';
import { createPrinter } from './printer.ts';
import { exitCodeOf, formatError, loadWriteHint } from './report.ts';
import { version } from '../core/version.ts';
import { createWaits } from './waits.ts';
import { enterDirectory } from './working-directory.ts';

/** Runs the program from its arguments to its exit code. Never throws. */
export async function runCli(machine: Host): Promise<number> {
  const journal = createJournal(machine);
  const host = changedHost(machine, { log: journal.log });
  let globals: GlobalOptions | undefined;
  try {
    return await dispatch(host, journal, (parsed) => {
      globals = parsed;
    });
  } catch (error) {
    const exitCode = exitCodeOf(error);
    host.log('command.failed', { code: codeOf(error), exit_code: exitCode });
    for (const cause of causesOf(error)) host.log('command.cause', { ...cause });
    // If flags and variables request it, the preceding events are logged.
    const others = await journal.start().then(
      () => [],
      (failure: unknown) => [failure],
    );
    const { note } = createPrinter(host, !host.programArguments.includes('--no-color'));
    const writeHint = await loadWriteHint({ host, globals });
    const lines = [error, ...others].flatMap((one) => formatError(one, writeHint));
    await note(...lines).catch(() => {});
    return exitCode;
  }
}

/** @param onParsed gets the options that every command has */
async function dispatch(
  host: Host,
  journal: Journal,
  onParsed: (globals: GlobalOptions) => void,
): Promise<number> {
  const delegated = await delegate(host);
  if (delegated !== undefined) return delegated;
  const parsed = parseCommandLine(host.programArguments, atmos, host.env);
  if (parsed.kind === 'help') {
    const { helpText } = await import('./help/help.ts');
    await createPrinter(host).out(helpText(parsed.path));
    return 0;
  }
  const { spec, invocation, command } = parsed;
  onParsed(invocation.globals);
  if (!spec.looksAtNothing) await loadWindows();
  if (!spec.isInternal) {
    journal.heed(invocation.globals);
    enterDirectory(host, invocation.globals);
  }
  const startMs = host.monotonicMs();
  host.log('command.started', { command, version });
  const waitingHost = changedHost(host, createWaits(host));
  const context = createContext(waitingHost, invocation.globals, journal, command);
  const answered = await pickKnown(context, spec, invocation);
  const run = await spec.load();
  const exitCode = (await run(context, answered)) ?? 0;
  const durationMs = host.monotonicMs() - startMs;
  host.log('command.ended', { command, exit_code: exitCode, duration_ms: durationMs });
  // For a command that has read no configuration.
  await journal.start();
  return exitCode;
}

/**
 * Lets the next `atmos` on PATH run a command that we do not have, and print its version, because
 * `atmos version` has always meant the version of Atmos: our own version is then printed on
 * standard error.
 *
 * @returns its exit code, or undefined if the command line is for us
 * @throws ERR_USAGE for an unknown command if no other `atmos` exists
 */
async function delegate(host: Host): Promise<number | undefined> {
  const args = host.programArguments;
  const foreign = foreignCommand(args, atmos);
  const asked = host.programName === 'atmos' ? versionRequest(args, atmos) : undefined;
  if (foreign === undefined && asked === undefined) return undefined;
  const { findOtherAtmos, missingAtmos } = await import('./delegate-to-atmos.ts');
  const other = await findOtherAtmos(host);
  if (other === undefined) {
    const error = foreign && missingAtmos(foreign, atmos);
    if (error !== undefined) throw error;
    return undefined;
  }
  if (asked?.isPrinted) await createPrinter(host).note(`atmos-auth ${version}`);
  return other.run();
}

function codeOf(error: unknown): string {
  return error instanceof AtmosError ? error.code : (systemErrorCode(error) ?? 'INTERNAL');
}
