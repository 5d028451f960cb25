import { AtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';

/**
 * For what makes no sense where it is discarded: JSON, a table, lines for a shell. A command asks
 * before it does anything, so that no result is lost after the work.
 *
 * @throws ERR_IO when standard output is closed
 */
export async function requireStdout(host: Pick<Host, 'isStdoutClosed'>): Promise<void> {
  if (!(await host.isStdoutClosed())) return;
  throw new AtmosError('ERR_IO', 'cannot write to standard output: it is closed');
}
