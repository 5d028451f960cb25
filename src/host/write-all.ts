import { writeSync } from 'node:fs';
import { systemErrorCode } from '../core/errors.ts';

const fullPipePauseMs = 5;

/** Writes all bytes to a descriptor and waits while the pipe is full. Throws the system's errors. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      // Another process that shares the pipe has made it non-blocking.
      if (systemErrorCode(error) !== 'EAGAIN') throw error;
      Atomics.wait(nobody, 0, 0, fullPipePauseMs);
    }
  }
}
