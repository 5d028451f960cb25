import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { reasonOf } from '../host/denial.ts';
import type { Output } from '../host/host.ts';

/** Writes text. Resolves when the system has accepted it. */
export type Write = (text: string) => Promise<void>;

/**
 * Writes to one of our output streams. A reader that has exited (`| head -1`) is not a failure; a
 * full disk is.
 */
export function createWrite(output: Output, name: string): Write {
  return (text) =>
    new Promise((resolve, reject) => {
      output.write(text, (error) => {
        if (!error || hasReaderLeft(error)) resolve();
        else {
          const reason = reasonOf(systemErrorCode(error) ?? error.name);
          reject(new AtmosError('ERR_IO', `cannot write to ${name}: ${reason}`));
        }
      });
    });
}

function hasReaderLeft(error: Error): boolean {
  return ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(systemErrorCode(error) ?? '');
}
