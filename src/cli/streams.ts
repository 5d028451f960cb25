import type { Writable } from 'node:stream';
import { AtmosError, systemErrorCode } from '../core/errors.ts';

/** Writes text, and settles when the system has taken it. */
export type Write = (text: string) => Promise<void>;

/**
 * Writes to a stream of ours. A reader that has gone away (`| head -1`) is no failure; a full disk is.
 *
 * @param open gives the stream; called at the first write, since Node takes a millisecond to make one
 */
export function createWrite(open: () => Writable, name: string): Write {
  let stream: Writable | undefined;
  return (text) =>
    new Promise((resolve, reject) => {
      // The write itself tells the failure; without a listener the event would end the process.
      stream ??= open().on('error', () => {});
      stream.write(text, (error) => {
        if (!error || hasReaderLeft(error)) resolve();
        else
          reject(
            new AtmosError(
              'ERR_IO',
              `cannot write to ${name}: ${systemErrorCode(error) ?? error.name}`,
            ),
          );
      });
    });
}

function hasReaderLeft(error: Error): boolean {
  return ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(systemErrorCode(error) ?? '');
}
