import { closeSync, openSync, readdirSync } from 'node:fs';

/**
 * Makes this process one that others cannot look into: no core file, no debugger (of the same user,
 * on Linux), no inspector, no diagnostic report, and what it makes is for its user alone. Of whoever
 * started it, it keeps only the standard streams. Before a secret is taken.
 *
 * @throws where the system refuses
 */
export async function guardProcess(): Promise<void> {
  process.umask(0o077);
  // With a listener of ours the signal no longer starts the inspector.
  process.on('SIGUSR1', () => {});
  const inspector = process.getBuiltinModule('node:inspector');
  if (inspector.url() !== undefined) inspector.close();
  process.report.reportOnFatalError = false;
  process.report.reportOnSignal = false;
  process.report.reportOnUncaughtException = false;
  const { forbidMemoryDumps, isInherited } = await import('./native.ts');
  // Who waits for the end of a pipe that we got with them would wait for ours. Once dumps are
  // forbidden the list cannot be read any more.
  for (const descriptor of readdirSync('/dev/fd').map(Number))
    if (descriptor > 2 && isInherited(descriptor)) closeSync(descriptor);
  forbidMemoryDumps(process.platform);
}

/** Lets go of the standard streams. Their numbers stay taken, so that no file of ours gets one. */
export function closeStandardStreams(): void {
  for (const descriptor of [0, 1, 2]) {
    closeSync(descriptor);
    openSync('/dev/null', descriptor === 0 ? 'r' : 'w');
  }
}
