import type { Host } from '../host/host.ts';

type Where = Pick<Host, 'platform' | 'env'>;

/** Writes a hint as it can be pasted where the person is. */
export type WriteHint = (hint: string) => string;

/** Whether the person's shell reads what sh reads. On Windows Git Bash does, which sets MSYSTEM. */
export function speaksPosix({ platform, env }: Where): boolean {
  return platform !== 'win32' || Boolean(env['MSYSTEM']);
}

/** How hints are written for the person's shell: all are thought of for a POSIX one. */
export async function loadWriteHint(host: Where): Promise<WriteHint> {
  return speaksPosix(host) ? (hint) => hint : (await import('./windows-hint.ts')).windowsHint;
}
