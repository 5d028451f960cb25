import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';

const pipeTimeoutMs = 5_000;
const pipePauseMs = 20;

/**
 * Reads a file, or a pipe such as a shell's `<(command)`, without ever waiting in the system: a pipe
 * that nobody writes to would hold even the end of the process. A named pipe is read until its writer
 * has come and gone.
 *
 * @param named the file, for the error
 * @returns undefined for one that is larger
 * @throws ERR_KEYRING_TIMEOUT for a pipe that gives nothing for 5 seconds, and the error of the system
 */
export async function readBounded(
  host: Pick<Host, 'monotonicMs' | 'sleep'>,
  path: string,
  { named, maxBytes }: { readonly named: string; readonly maxBytes: number },
): Promise<Buffer | undefined> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const deadline = host.monotonicMs() + pipeTimeoutMs;
  const content = Buffer.alloc(maxBytes + 1);
  let total = 0;
  try {
    // As long as no writer has come, the pipe reads as if it were at its end.
    let isAwaited = isNamedPipe(descriptor, path);
    while (total < content.length) {
      const bytes = readAvailable(descriptor, content, total);
      if (bytes === 0 && !isAwaited) break;
      if (bytes !== 0) isAwaited = false;
      if (bytes) {
        total += bytes;
        continue;
      }
      if (host.monotonicMs() > deadline) {
        throw new KeyringError(
          'ERR_KEYRING_TIMEOUT',
          `${named} is a pipe that gave no password for 5 seconds`,
        );
      }
      await host.sleep(pipePauseMs);
    }
  } finally {
    closeSync(descriptor);
  }
  return total > maxBytes ? undefined : content.subarray(0, total);
}

/**
 * Whether a writer may still come. The pipe of a `<(command)` has no name that leads to it, which the
 * system says; Node's own way to the real path does not look at what a pipe's link says.
 */
function isNamedPipe(descriptor: number, path: string): boolean {
  if (!fstatSync(descriptor).isFIFO()) return false;
  try {
    realpathSync.native(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

/** The number of bytes read, 0 at the end, undefined when a pipe has nothing yet. */
function readAvailable(descriptor: number, into: Buffer, offset: number): number | undefined {
  try {
    return readSync(descriptor, into, offset, into.length - offset, null);
  } catch (error) {
    if (systemErrorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}
