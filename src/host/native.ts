import koffi from 'koffi';

// The calls of the C library that Node does not offer. Importing this module loads koffi, about
// 6 ms: import it lazily.
const libc = koffi.load(null);
const flockCall = libc.func('int flock(int fd, int operation)');
const tcgetpgrpCall = libc.func('int tcgetpgrp(int fd)');
const getpgrpCall = libc.func('int getpgrp()');

const operations = { shared: 1, exclusive: 2, unlock: 8 } as const;
const nonBlocking = 4;

export type FlockOperation = keyof typeof operations;

/** `flock(2)` without waiting. Returns 0, or the error number (EWOULDBLOCK while it is held). */
export function flock(descriptor: number, operation: FlockOperation): number {
  const result: unknown = flockCall(descriptor, operations[operation] | nonBlocking);
  return result === 0 ? 0 : koffi.errno();
}

/** Whether the terminal behind the descriptor has our process group in its foreground. */
export function isForegroundOf(descriptor: number): boolean {
  return tcgetpgrpCall(descriptor) === getpgrpCall();
}
