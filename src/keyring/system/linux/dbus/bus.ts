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

const authenticationLimitMs = 5_000;
const callLimitMs = 5_000;
/** Maximum number of concurrent calls; a bus may allow no more than 128. Further calls wait. */
const maxCalls = 64;
const maxLineBytes = 4096;

/** The next signal of one kind. The caller awaits or forgets it. */
export interface AwaitedSignal {
  readonly message: Promise<Message>;
  forget(): void;
}

/**
 * A connection to a message bus. A call fails if no answer arrives within five seconds. The
 * connection is then closed, because a late answer is useless. An idle connection does not keep the
 * process alive.
 */
export interface Bus {
  isOpen(): boolean;
  /** @throws BusError */
  call<T>(call: Call, answer: Decoder<T>): Promise<T>;
  /** Sends a call that expects no answer. */
  send(call: Call): void;
  nextSignal(path: string, member: string): AwaitedSignal;
  close(): void;
}

interface Waiting {
  resolve(message: Message): void;
  reject(error: BusError): void;
}

/**
 * Connects to the session bus. Resolves before the bus has accepted this user, so that the first
 * calls are sent together with the authentication: their errors also say why the bus refused. Only
 * if another address remains to be tried, the bus must have accepted first.
 *
 * @throws BusError
 */
export async function connectSessionBus(host: Host): Promise<Bus> {
  const names = sessionBusSockets(host);
  let failure: unknown = new BusError('absent', 'the address of the session bus is too long');
  for (const name of names) {
    try {
      const { bus, accepted } = createBus(await connect(name), host);
      if (name !== names.at(-1)) await accepted;
      return bus;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function connect(name: string): Promise<Socket> {
  const socket = createConnection(name);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.on('error', (error) => {
      const why = systemErrorCode(error) ?? 'the connection was closed';
      reject(new BusError('unreachable', `no bus answers at ${shownName(name)} (${why})`));
    });
  });
}

function shownName(name: string): string {
  return name.startsWith('\0') ? `unix:abstract=${name.slice(1)}` : name;
}

/** A call to the bus itself. */
export function busCall(member: string, ...body: NonNullable<Call['body']>): Call {
  const name = 'org.freedesktop.DBus';
  return { destination: name, path: '/org/freedesktop/DBus', interface: name, member, body };
}

interface ConnectedBus {
  readonly bus: Bus;
  /** Rejects with a BusError if the bus refuses this user or does not answer. */
  readonly accepted: Promise<unknown>;
}

function createBus(socket: Socket, host: Host): ConnectedBus {
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

  /** What is written together is sent together, which wakes the bus only once. */
  function write(bytes: Buffer | string): void {
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    socket.write(bytes);
  }

  function send(call: Call, wantsReply: boolean): number {
    if (failure) throw failure;
    lastSerial += 1;
    write(formatCall(call, lastSerial, wantsReply));
    return lastSerial;
  }

  function awaitReply(call: Call): Promise<Message> {
    const reply = new Promise<Message>((resolve, reject) => {
      calls.set(send(call, true), { resolve, reject });
    });
    // If the bus refuses this user, no caller awaits the reply.
    reply.catch(() => {});
    return reply;
  }

  /** @param isReady resolves when the bus handles the call: its time limit starts then */
  async function callNow<T>(call: Call, answer: Decoder<T>, isReady: Promise<unknown>): Promise<T> {
    const expired = () =>
      new BusError(
        'timeout',
        `${call.destination} did not answer ${call.member} within ${callLimitMs / 1000} seconds`,
      );
    if (failure) throw failure;
    socket.ref();
    const endWait = host.waiting('the Secret Service', callLimitMs);
    try {
      const reply = awaitReply(call);
      await isReady;
      const message = await withinLimit(host, callLimitMs, reply, expired);
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

  async function authenticate(): Promise<void> {
    try {
      write(formatAuthentication(host.userId));
      const seconds = authenticationLimitMs / 1000;
      const expired = () =>
        new BusError('timeout', `the session bus did not accept us within ${seconds} seconds`);
      const answer = await withinLimit(host, authenticationLimitMs, readLine(socket), expired);
      if (!/^OK [0-9a-f]{32}$/i.test(answer))
        throw new BusError('rejected', `the session bus refuses user ${host.userId}`);
    } catch (error) {
      if (isBusError(error)) fail(error);
      throw error;
    }
    receive();
  }

  function receive(): void {
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
  }

  const accepted = authenticate();
  const registered = callNow(busCall('Hello'), tupleOf(text), accepted);
  registered.catch((error: unknown) => {
    if (isBusError(error)) fail(error);
  });

  const bus: Bus = {
    isOpen: () => failure === undefined,
    call: (call, answer) => inTurn(() => callNow(call, answer, registered)),
    send: (call) => void send(call, false),
    nextSignal(path, member) {
      const name = signalName(path, member);
      const message = new Promise<Message>((resolve, reject) =>
        signals.set(name, { resolve, reject }),
      );
      // Without this, a failure that no caller awaits would be an unhandled rejection.
      message.catch(() => {});
      return { message, forget: () => void signals.delete(name) };
    },
    close() {
      // Sends what was written last, such as the dismissal of a prompt.
      socket.uncork();
      fail(hungUp());
    },
  };
  return { bus, accepted };
}

function signalName(path: string, member: string): string {
  return `${path} ${member}`;
}

function hungUp(): BusError {
  return new BusError('closed', 'the session bus closed the connection');
}

/**
 * Converts an error reply. The message has the method and, if it cannot hold a secret, the text.
 */
function answeredError(call: Call, { errorName = 'unnamed', signature, body }: Message): BusError {
  const said = !call.isSecret && signature.startsWith('s') ? `: ${text.read(body)}` : '';
  return new BusError('answered', `to ${call.member}${said}`, errorName);
}

/** SASL EXTERNAL: the bus learns the user from the operating system, but expects the id as well. */
function formatAuthentication(userId: number | undefined): string {
  const identity = Buffer.from(String(userId ?? '')).toString('hex');
  return `\0AUTH EXTERNAL ${identity}\r\nBEGIN\r\n`;
}

/** Reads one line. Further bytes stay in the socket. */
function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let taken = Buffer.alloc(0);
    const stop = () => socket.off('readable', read).off('close', closed);
    const closed = () =>
      reject(
        new BusError(
          'rejected',
          'the session bus closed the connection before authentication finished',
        ),
      );
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
