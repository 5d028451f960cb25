import { koffi } from './koffi.ts';

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

const solSocket = 1;
const soPeercred = 17;
const rlimitCore = 4;
const prSetDumpable = 4;
const fGetfd = 1;
const fGetfl = 3;
const accessMode = 3;
const readWrite = 2;

/** Who is at the other end of a Unix socket, as the system knows it. */
export interface Peer {
  readonly userId: number;
  /** Of the process that connected, or that listens; unknown on macOS. */
  readonly processId?: number;
}

/** Returns undefined when the system does not say. */
export function peerOfDescriptor(descriptor: number, platform: NodeJS.Platform): Peer | undefined {
  return platform === 'linux' ? linuxPeer(descriptor) : bsdPeer(descriptor);
}

/** `struct ucred`: process, user and group. */
function linuxPeer(descriptor: number): Peer | undefined {
  const getsockopt = libc.func(
    'int getsockopt(int fd, int level, int option, void *value, void *size)',
  );
  const [credentials, size] = [new Uint32Array(3), Uint32Array.of(12)];
  if (getsockopt(descriptor, solSocket, soPeercred, credentials, size) !== 0) return undefined;
  const [processId = 0, userId = 0] = credentials;
  return { userId, processId };
}

function bsdPeer(descriptor: number): Peer | undefined {
  const getpeereid = libc.func('int getpeereid(int fd, void *user, void *group)');
  const [user, group] = [new Uint32Array(1), new Uint32Array(1)];
  return getpeereid(descriptor, user, group) === 0 ? { userId: user[0] ?? 0 } : undefined;
}

/** Whether a descriptor would be handed on to other programs, as none is that Node has opened. */
export function isInherited(descriptor: number): boolean {
  const fcntl = libc.func('int fcntl(int fd, int command)');
  return fcntl(descriptor, fGetfd) === 0;
}

/** Whether a descriptor was opened for both reading and writing. */
export function isReadAndWritten(descriptor: number): boolean {
  const flags: number = libc.func('int fcntl(int fd, int command)')(descriptor, fGetfl);
  return (flags & accessMode) === readWrite;
}

/** Makes a descriptor another name of what `by` is open on. Its number never becomes free meanwhile. */
export function replaceDescriptor(descriptor: number, by: number): void {
  const dup2 = libc.func('int dup2(int from, int to)');
  if (dup2(by, descriptor) === -1) throw nativeError('dup2');
}

/** Whether this process leads its session, and so is the one that a hang-up of the terminal reaches. */
export function isSessionLeader(): boolean {
  return libc.func('int getsid(int pid)')(0) === process.pid;
}

/** No core file shows what this process holds, and on Linux no debugger of the same user either. */
export function forbidMemoryDumps(platform: NodeJS.Platform): void {
  const setrlimit = libc.func('int setrlimit(int resource, void *limits)');
  const none = new BigUint64Array(2);
  if (setrlimit(rlimitCore, none) !== 0) throw nativeError('setrlimit');
  if (platform !== 'linux') return;
  const prctl = libc.func(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  );
  if (prctl(prSetDumpable, 0, 0, 0, 0) !== 0) throw nativeError('prctl');
}

/** macOS: the identity of this boot. */
export function bootSession(): string | undefined {
  const sysctl = libc.func(
    'int sysctlbyname(const char *name, void *value, void *size, void *next, size_t length)',
  );
  const value = Buffer.alloc(64);
  const size = BigUint64Array.of(BigInt(value.length));
  if (sysctl('kern.bootsessionuuid', value, size, null, 0) !== 0) return undefined;
  return value.toString('latin1').replace(/\0.*$/s, '');
}

function nativeError(call: string): Error {
  return new Error(`${call} failed with errno ${koffi.errno()}`);
}
