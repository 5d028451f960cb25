import { readFileSync } from 'node:fs';
import type { Host } from './host.ts';

const patienceMs = 2_000;
const pollMs = 20;

/**
 * The properties that identify a process before it is sent a signal, because its process id may
 * have been reused.
 */
export interface ExpectedProcess {
  readonly processId: number;
  /** All user ids of the process must be this one, real and effective. */
  readonly userId: number | undefined;
  readonly lastArgument: string;
}

/**
 * Terminates a process that does not answer: with SIGTERM, which it handles even if it was stopped,
 * and after 2 seconds with SIGKILL. Works only where `/proc` shows that it is the expected process.
 *
 * @returns whether the process has exited
 */
export async function terminateProcess(
  expected: ExpectedProcess,
  host: Pick<Host, 'monotonicMs' | 'sleep'>,
): Promise<boolean> {
  if (!isRunning(expected)) return false;
  for (const signals of [['SIGTERM', 'SIGCONT'], ['SIGKILL']] as const) {
    for (const signal of signals) send(expected, signal);
    const deadline = host.monotonicMs() + patienceMs;
    while (host.monotonicMs() < deadline) {
      if (!isRunning(expected)) return true;
      await host.sleep(pollMs);
    }
  }
  return !isRunning(expected);
}

function send(expected: ExpectedProcess, signal: NodeJS.Signals): void {
  if (!isRunning(expected)) return;
  try {
    process.kill(expected.processId, signal);
  } catch {
    // It has exited in the meantime.
  }
}

function isRunning({ processId, userId, lastArgument }: ExpectedProcess): boolean {
  try {
    // These two files are readable even if the process is not dumpable.
    const status = readFileSync(`/proc/${processId}/status`, 'utf8');
    const words = readFileSync(`/proc/${processId}/cmdline`, 'utf8').split('\0');
    const [, ...users] = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/m.exec(status) ?? [];
    const isOurs = users.length > 0 && users.every((user) => Number(user) === userId);
    // A process that has exited and was not waited for has no command line.
    return isOurs && words.at(-2) === lastArgument;
  } catch {
    return false;
  }
}
