// The CPU time of started programs, which Node reports for itself only. On a machine with other
// load it varies less than the elapsed time.
import koffi from 'koffi';

const getrusage = koffi.load(null).func('int getrusage(int who, void *usage)');
/** RUSAGE_CHILDREN */
const children = -1;
/** More than the 144 bytes of `struct rusage`. */
const usage = Buffer.alloc(256);

/**
 * Milliseconds of user and system time of all programs that this process started and that have
 * exited, including what those started and waited for.
 */
export function childrenCpuMs() {
  if (getrusage(children, usage) !== 0) throw new Error(`getrusage: errno ${koffi.errno()}`);
  return timeAt(0) + timeAt(16);
}

/**
 * A `struct timeval` in milliseconds. Its microseconds have 4 bytes on macOS and 8 on Linux.
 *
 * @param {number} offset
 */
function timeAt(offset) {
  return Number(usage.readBigInt64LE(offset)) * 1000 + usage.readInt32LE(offset + 8) / 1000;
}
