import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { KeyringError, systemErrorCode } from '../core/errors.ts';
import type { Host } from '../host/host.ts';

const pipeTimeoutMs = 5_000;
const pipePauseMs = 20;

/**
 * Reads a file, or a pipe such as a shell's `<(command)`, without a blocking read: on a pipe
 * without a writer it would even keep the process from exiting. Reads a named pipe until its writer
 * closes it.
 *
 * @param named the file, for the error
 * @returns undefined if the content is larger than the limit
 * @throws ERR_KEYRING_TIMEOUT for a pipe that sends nothing for 5 seconds; system errors
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
    // Until a writer opens it, reading a pipe returns 0 bytes, as at its end.
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
          `${named} is a pipe that sent no password for ${pipeTimeoutMs / 1000} seconds`,
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
 * Whether a writer may still open the pipe. The pipe of a `<(command)` has no path in the file
 * system, which the native realpath reports. The realpath in JavaScript does not follow the link of
 * a pipe.
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

/** The number of bytes read; 0 at the end; undefined if the pipe has no data yet. */
function readAvailable(descriptor: number, into: Buffer, offset: number): number | undefined {
  try {
    return readSync(descriptor, into, offset, into.length - offset, null);
  } catch (error) {
    if (systemErrorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}
