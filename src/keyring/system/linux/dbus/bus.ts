import { createConnection, type Socket } from 'node:net';
import { systemErrorCode } from '../../../../core/errors.ts';
import { createGate } from '../../../../core/turns.ts';
import type { Host } from '../../../../host/host.ts';
import { withinLimit } from '../../../../host/time-limit.ts';
import { sessionBusSockets } from './address.ts';
import { BusError, isBusError, malformed } from './bus-error.ts';
import { text, tupleOf, type Decoder } from './decode.ts';
import {
  createFrames,
  formatCall,
  parseMessage,
  readBody,
  type Call,
  type Message,
} from './message.ts';

const connectLimitMs = 5_000;
const callLimitMs = 5_000;
/** Calls under way at once; a bus may allow no more than 128. Others wait for their turn. */
const maxCalls = 64;

/** The next signal of one kind: to be awaited, or forgotten. */
export interface AwaitedSignal {
  readonly message: Promise<Message>;
  forget(): void;
}

/**
 * A connection to a message bus. Every call ends: with an answer, with an error, or after five
 * seconds, and then the connection is closed too, since a late answer is of no use. While nothing is
 * awaited it does not keep the process alive.
 */
export interface Bus {
  isOpen(): boolean;
  /** @throws BusError */
  call<T>(call: Call, answer: Decoder<T>): Promise<T>;
  /** Sends without asking for an answer. */
  send(call: Call): void;
  nextSignal(path: string, member: string): AwaitedSignal;
  close(): void;
}

interface Waiting {
  resolve(message: Message): void;
  reject(error: BusError): void;
}

/** Connects to the session bus and says hello. @throws BusError */
export async function connectSessionBus(host: Host): Promise<Bus> {
  const socket = await openSocket(sessionBusSockets(host), host, connectLimitMs);
  const bus = createBus(socket, host);
  await bus.call(busCall('Hello'), tupleOf(text));
  return bus;
}

/** A call of the bus itself. */
export function busCall(member: string, ...body: NonNullable<Call['body']>): Call {
  const name = 'org.freedesktop.DBus';
  return { destination: name, path: '/org/freedesktop/DBus', interface: name, member, body };
}

function createBus(socket: Socket, host: Host): Bus {
  const inTurn = createGate(maxCalls);
  const calls = new Map<number, Waiting>();
  const signals = new Map<string, Waiting>();
  let lastSerial = 0;
  let failure: BusError | undefined;

  function fail(error: BusError): void {
    failure ??= error;
    socket.destroy();
    for (const waiting of [...calls.values(), ...signals.values()]) waiting.reject(failure);
    calls.clear();
    signals.clear();
  }

  function onMessage(bytes: Buffer): void {
    const message = parseMessage(bytes);
    const { replySerial } = message;
    if (message.type === 'signal') {
      signals.get(signalName(message.path ?? '', message.member ?? ''))?.resolve(message);
    } else if (replySerial !== undefined && message.type !== 'other') {
      calls.get(replySerial)?.resolve(message);
      calls.delete(replySerial);
    }
  }

  function send(call: Call, wantsReply: boolean): number {
    if (failure) throw failure;
    lastSerial += 1;
    // Calls that are made at once are one write: each by itself would wake the bus.
    if (socket.writableCorked === 0) {
      socket.cork();
      queueMicrotask(() => socket.uncork());
    }
    socket.write(formatCall(call, lastSerial, wantsReply));
    return lastSerial;
  }

  function awaitReply(call: Call): Promise<Message> {
    return new Promise((resolve, reject) => {
      calls.set(send(call, true), { resolve, reject });
    });
  }

  async function callNow<T>(call: Call, answer: Decoder<T>): Promise<T> {
    const expired = () =>
      new BusError(
        'timeout',
        `${call.destination} did not answer ${call.member} within ${callLimitMs / 1000} seconds`,
      );
    if (failure) throw failure;
    socket.ref();
    const endWait = host.waiting('the Secret Service', callLimitMs);
    try {
      const message = await withinLimit(host, callLimitMs, awaitReply(call), expired);
      if (message.type === 'error') throw answeredError(call, message);
      return readBody(message, answer);
    } catch (error) {
      if (isBusError(error, 'timeout')) fail(error);
      throw error;
    } finally {
      endWait?.();
      if (calls.size === 0) socket.unref();
    }
  }

  const cut = createFrames(onMessage);
  socket.on('data', (chunk: Buffer) => {
    try {
      cut(chunk);
    } catch (error) {
      fail(isBusError(error) ? error : malformed('a message could not be read'));
    }
  });
  socket.on('error', () => fail(hungUp()));
  socket.on('close', () => fail(hungUp()));
  socket.unref();

  return {
    isOpen: () => failure === undefined,
    call: (call, answer) => inTurn(() => callNow(call, answer)),
    send: (call) => void send(call, false),
    nextSignal(path, member) {
      const name = signalName(path, member);
      const message = new Promise<Message>((resolve, reject) =>
        signals.set(name, { resolve, reject }),
      );
      // Whoever awaits it sees the failure; nobody else has to.
      message.catch(() => {});
      return { message, forget: () => void signals.delete(name) };
    },
    close: () => fail(hungUp()),
  };
}

function signalName(path: string, member: string): string {
  return `${path} ${member}`;
}

function hungUp(): BusError {
  return new BusError('closed', 'the session bus hung up');
}

/** The error that was answered: its name, and in its message what it was asked and what it says. */
function answeredError(call: Call, { errorName = 'unnamed', signature, body }: Message): BusError {
  const said = !call.isSecret && signature.startsWith('s') ? `: ${text.read(body)}` : '';
  return new BusError('answered', `to ${call.member}${said}`, errorName);
}

const maxLineBytes = 4096;

/** A connection to the first of the sockets that takes it, and that knows who we are. */
async function openSocket(
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
  const seconds = limitMs / 1000;
  const expired = () =>
    new BusError('timeout', `the session bus did not accept us within ${seconds} seconds`);
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
