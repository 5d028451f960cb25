import { loadKoffi } from './koffi.ts';

// Calls of the C library that Node does not offer. Importing this module loads koffi, which takes
// about 1 ms: import it lazily.
const koffi = loadKoffi();
const libc = koffi.load(null);
const flockCall = libc.func('int flock(int fd, int operation)');
const tcgetpgrpCall = libc.func('int tcgetpgrp(int fd)');
const getpgrpCall = libc.func('int getpgrp()');

const operations = { shared: 1, exclusive: 2, unlock: 8 } as const;
const nonBlocking = 4;

export type FlockOperation = keyof typeof operations;

/** `flock(2)` without waiting. Returns 0, or the error number (EWOULDBLOCK if the lock is held). */
export function flock(descriptor: number, operation: FlockOperation): number {
  const result: unknown = flockCall(descriptor, operations[operation] | nonBlocking);
  return result === 0 ? 0 : koffi.errno();
}

/** Whether our process group is in the foreground of the terminal behind the descriptor. */
export function isForegroundOf(descriptor: number): boolean {
  return tcgetpgrpCall(descriptor) === getpgrpCall();
}

const settingsWords = 32;
const applyNow = 0;
const applyAndDropInput = 2;

/** `struct termios` of a terminal, which fills a part of the words. */
export function terminalSettings(descriptor: number): Uint32Array {
  const settings = new Uint32Array(settingsWords);
  if (libc.func('int tcgetattr(int fd, void *settings)')(descriptor, settings) !== 0) {
    throw nativeError('tcgetattr');
  }
  return settings;
}

/** A terminal that has been closed is ignored. */
export function setTerminalSettings(
  descriptor: number,
  settings: Uint32Array,
  { dropsTyped }: { dropsTyped: boolean },
): void {
  const tcsetattr = libc.func('int tcsetattr(int fd, int action, void *settings)');
  tcsetattr(descriptor, dropsTyped ? applyAndDropInput : applyNow, settings);
}

const solSocket = 1;
const soPeercred = 17;
const rlimitCore = 4;
const prSetDumpable = 4;
const fGetfd = 1;
const fGetfl = 3;
const accessMode = 3;
const readWrite = 2;

/** The process at the other end of a Unix socket, as reported by the system. */
export interface Peer {
  readonly userId: number;
  /** The process that connected or listens; unknown on macOS. */
  readonly processId?: number;
}

/** Returns undefined if the system does not report it. */
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

/**
 * Whether other programs would inherit a descriptor. Descriptors that Node opens are never
 * inherited.
 */
export function isInherited(descriptor: number): boolean {
  const fcntl = libc.func('int fcntl(int fd, int command)');
  return fcntl(descriptor, fGetfd) === 0;
}

/** Whether a descriptor was opened for both reading and writing. */
export function isReadAndWritten(descriptor: number): boolean {
  const flags: number = libc.func('int fcntl(int fd, int command)')(descriptor, fGetfl);
  return (flags & accessMode) === readWrite;
}

/** Makes a descriptor refer to what `by` refers to. Its number is never free in between. */
export function replaceDescriptor(descriptor: number, by: number): void {
  const dup2 = libc.func('int dup2(int from, int to)');
  if (dup2(by, descriptor) === -1) throw nativeError('dup2');
}

/** Whether this process leads its session and therefore receives the hang-up of the terminal. */
export function isSessionLeader(): boolean {
  return libc.func('int getsid(int pid)')(0) === process.pid;
}

/**
 * Prevents core files and, on Linux, debuggers of the same user, both of which could read the
 * memory of this process.
 */
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

/** macOS: the identifier of the current boot. */
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
