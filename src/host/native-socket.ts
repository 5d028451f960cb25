import { closeSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Host } from './host.ts';
import { loadKoffi } from './koffi.ts';

// A connection to a Unix socket of Linux by native calls, for a process that asks once and exits.
// Loading node:net and connecting takes seven times as many instructions:
// docs/adr/0055-a-hot-command-asks-the-agent-by-native-calls.md.

const unixFamily = 1;
const streamType = 1;
const closeOnExec = 0o2000000;
const socketLevel = 1;
const receiveLimit = 20;
const sendLimit = 21;

/** Whether {@link connectBlocking} knows the structures of the system. */
export function hasBlockingSockets({ platform }: Pick<Host, 'platform'>): boolean {
  return platform === 'linux';
}

/** A connection whose calls block. A call that takes longer than the limit fails with EAGAIN. */
export interface BlockingSocket {
  write(bytes: Uint8Array): void;
  /** Fills the buffer. False if the other end closes the connection before. */
  fill(buffer: Uint8Array): boolean;
  close(): void;
}

/**
 * Connects to a Unix socket.
 *
 * @param limitMs of connecting, and of each later call
 * @returns the name of the system's error if it cannot connect: `ECONNREFUSED`
 */
export function connectBlocking(path: string, limitMs: number): BlockingSocket | string {
  const koffi = loadKoffi();
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int family, int type, int protocol)');
  const setsockopt = libc.func(
    'int setsockopt(int fd, int level, int option, void *value, unsigned int size)',
  );
  const connect = libc.func('int connect(int fd, void *address, unsigned int size)');
  const descriptor: number = socket(unixFamily, streamType | closeOnExec, 0);
  if (descriptor === -1) return errorName(koffi.errno());
  const [limit, address] = [timeOf(limitMs), addressOf(path)];
  for (const option of [receiveLimit, sendLimit]) {
    setsockopt(descriptor, socketLevel, option, limit, limit.byteLength);
  }
  if (connect(descriptor, address, address.length) === 0) return socketOf(descriptor);
  const error = errorName(koffi.errno());
  closeSync(descriptor);
  return error;
}

function socketOf(descriptor: number): BlockingSocket {
  return {
    write(bytes) {
      for (let written = 0; written < bytes.length;)
        written += writeSync(descriptor, bytes, written);
    },
    fill(buffer) {
      for (let filled = 0; filled < buffer.length;) {
        const count = readSync(descriptor, buffer, filled, buffer.length - filled, null);
        if (count === 0) return false;
        filled += count;
      }
      return true;
    },
    close: () => closeSync(descriptor),
  };
}

/** A `struct timeval`: seconds and microseconds. */
function timeOf(ms: number): BigInt64Array {
  const seconds = Math.floor(ms / 1000);
  return BigInt64Array.of(BigInt(seconds), BigInt(ms - seconds * 1000) * 1000n);
}

/** A `struct sockaddr_un`: the family, and the path with a zero byte at its end. */
function addressOf(path: string): Uint8Array {
  return Buffer.concat([
    new Uint8Array(Uint16Array.of(unixFamily).buffer),
    Buffer.from(`${path}\0`),
  ]);
}

function errorName(number: number): string {
  const [name] = Object.entries(constants.errno).find(([, errno]) => errno === number) ?? [];
  return name ?? `errno ${number}`;
}
