import { readSync } from 'node:fs';
import { systemErrorCode } from '../../src/core/errors.ts';

const pauseMs = 20;

/**
 * Blocks the whole process, with its locks held, until the test kills it or has itself ended. Reading
 * from standard input alone does not: once something has opened `process.stdin` it fails with EAGAIN,
 * and the process would then clean up like one that is not killed.
 */
export function waitToBeKilled(): never {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  while (isOpen()) Atomics.wait(never, 0, 0, pauseMs);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('this process was not killed');
}

/** Whether the test, which never writes, still holds the other end of standard input. */
function isOpen(): boolean {
  try {
    return readSync(0, Buffer.alloc(1)) > 0;
  } catch (error) {
    if (systemErrorCode(error) === 'EAGAIN') return true;
    throw error;
  }
}
