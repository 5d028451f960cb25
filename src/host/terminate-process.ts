import { readFileSync } from 'node:fs';
import type { Host } from './host.ts';

const patienceMs = 2_000;
const pollMs = 20;

/** What a process must be before it is sent a signal: its number may belong to another one by now. */
export interface ExpectedProcess {
  readonly processId: number;
  /** All its user ids, real and effective. */
  readonly userId: number | undefined;
  readonly lastArgument: string;
}

/**
 * Terminates a process that does not answer: by SIGTERM, which it handles also if it was stopped, and
 * after 2 seconds by SIGKILL. Only where `/proc` can show that it is the expected one.
 *
 * @returns whether it has ended
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
    // It has ended meanwhile.
  }
}

function isRunning({ processId, userId, lastArgument }: ExpectedProcess): boolean {
  try {
    // These two are readable also for a process that is not dumpable.
    const status = readFileSync(`/proc/${processId}/status`, 'utf8');
    const words = readFileSync(`/proc/${processId}/cmdline`, 'utf8').split('\0');
    const [, ...users] = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/m.exec(status) ?? [];
    const isOurs = users.length > 0 && users.every((user) => Number(user) === userId);
    // One that has ended and was not waited for has no command line.
    return isOurs && words.at(-2) === lastArgument;
  } catch {
    return false;
  }
}
