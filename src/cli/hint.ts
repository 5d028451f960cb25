import type { Host } from '../host/host.ts';

type Where = Pick<Host, 'platform' | 'env'>;

/** Writes a hint as it can be pasted where the person is. */
export type WriteHint = (hint: string) => string;

/** Whether the person's shell reads what sh reads. On Windows Git Bash does, which sets MSYSTEM. */
export function speaksPosix({ platform, env }: Where): boolean {
  return platform !== 'win32' || Boolean(env['MSYSTEM']);
}

/**
 * How hints are written for the person's shell. All are thought of for a POSIX one, but those that
 * run what only Windows has: src/core/hint.ts.
 */
export async function loadWriteHint(host: Where): Promise<WriteHint> {
  if (host.platform !== 'win32') return (hint) => hint;
  const { gitBashHint, powerShellHint } = await import('../core/windows-hint.ts');
  return speaksPosix(host) ? gitBashHint : powerShellHint;
}
