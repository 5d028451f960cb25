import { createConnection, type Socket } from 'node:net';
import { systemErrorCode } from '../../../../core/errors.ts';
import type { Host } from '../../../../host/host.ts';
import { withinLimit } from '../../../../host/time-limit.ts';
import { BusError } from './bus-error.ts';

const maxLineBytes = 4096;

/** A connection to the first of the sockets that takes it, and that knows who we are. */
export async function openSocket(
  names: readonly string[],
  host: Pick<Host, 'userId' | 'sleep'>,
  limitMs: number,
): Promise<Socket> {
  let current: Socket | undefined;
  const opening = async () => {
    let failure: unknown = new BusError('absent', 'the address of the session bus is too long');
    for (const name of names) {
      try {
        current = createConnection(name);
        await connected(current, name);
        await authenticate(current, host.userId);
        return current;
      } catch (error) {
        current?.destroy();
        failure = error;
      }
    }
    throw failure;
  };
  const expired = () => new BusError('timeout', 'the session bus did not let us in');
  try {
    return await withinLimit(host, limitMs, opening(), expired);
  } catch (error) {
    current?.destroy();
    throw error;
  }
}

function connected(socket: Socket, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.on('error', (error) => {
      const why = systemErrorCode(error) ?? 'it broke off';
      reject(new BusError('unreachable', `no bus answers at ${shownName(name)} (${why})`));
    });
  });
}

/** SASL EXTERNAL: the system tells the bus who we are, we only say it too. */
async function authenticate(socket: Socket, userId: number | undefined): Promise<void> {
  const identity = Buffer.from(String(userId ?? '')).toString('hex');
  const answer = readLine(socket);
  socket.write(`\0AUTH EXTERNAL ${identity}\r\n`);
  if (!/^OK [0-9a-f]{32}$/i.test(await answer)) {
    throw new BusError('rejected', `the session bus refuses user ${userId}`);
  }
  socket.write('BEGIN\r\n');
}

/** One line. What follows it stays in the socket. */
function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let taken = Buffer.alloc(0);
    const stop = () => socket.off('readable', read).off('close', closed);
    const closed = () =>
      reject(new BusError('rejected', 'the session bus hung up before it let us in'));
    function read() {
      const chunk: unknown = socket.read();
      if (!Buffer.isBuffer(chunk)) return;
      taken = Buffer.concat([taken, chunk]);
      const end = taken.indexOf('\n');
      if (end === -1 && taken.length <= maxLineBytes) return;
      stop();
      if (end !== -1) socket.unshift(taken.subarray(end + 1));
      resolve(taken.toString('latin1', 0, end === -1 ? 0 : end).trimEnd());
    }
    socket.on('readable', read).once('close', closed);
  });
}

function shownName(name: string): string {
  return name.startsWith('\0') ? `unix:abstract=${name.slice(1)}` : name;
}
