import { AtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';

/**
 * For a command whose only result is what a program reads from its standard output. A parent that
 * discards the output by /dev/null, as Python and Node do, looks the same to us as one that closed it:
 * so this is not for what is also run for its exit code.
 *
 * @throws ERR_IO when standard output is closed
 */
export async function requireStdout(host: Pick<Host, 'isStdoutClosed'>): Promise<void> {
  if (!(await host.isStdoutClosed())) return;
  throw new AtmosError('ERR_IO', 'cannot write to standard output: it is closed');
}
