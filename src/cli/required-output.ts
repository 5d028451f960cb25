import { AtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';

/**
 * For a command whose only result is what a program reads from its standard output. A parent that
 * discards the output with /dev/null, as Python and Node do, cannot be distinguished from one that
 * closed it. So it is not for commands that are also run for their exit code.
 *
 * @throws ERR_IO when standard output is closed
 */
export async function requireStdout(host: Pick<Host, 'isStdoutClosed'>): Promise<void> {
  if (!(await host.isStdoutClosed())) return;
  throw new AtmosError('ERR_IO', 'cannot write to standard output: it is closed');
}
