import type { ChildProcess } from 'node:child_process';

type Killable = Pick<ChildProcess, 'pid' | 'exitCode' | 'signalCode' | 'kill'>;

/** Starts `taskkill.exe`, and tells when it has ended. */
export type Taskkill = (args: readonly string[], onEnd: () => void) => void;

/**
 * Kills a program of Windows with what it has started, as far as the system still knows who did: a
 * shell ends there without the program that it waits for. A helper of the system has to do that, while
 * the first is still there to be asked about. One that has ended is let be: its number may be that of
 * another program by now.
 */
export async function killTree(child: Killable, load: () => Promise<Taskkill>): Promise<void> {
  if (hasEnded(child)) return;
  const taskkill = await load();
  if (hasEnded(child)) return;
  taskkill(['/pid', String(child.pid), '/t', '/f'], () => void child.kill('SIGKILL'));
}

function hasEnded({ exitCode, signalCode }: Killable): boolean {
  return exitCode !== null || signalCode !== null;
}
