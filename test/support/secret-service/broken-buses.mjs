// Buses that fail their clients. For a bus without a provider see openBus() of bus.mjs.
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { connectBus } from './bus-connection.mjs';
import { openBus } from './bus.mjs';
import { createPlace } from './place.mjs';
import { createReleases } from './releases.mjs';

/** @import { BrokenBusOptions, TestBus } from './types.ts' */

/**
 * A socket without a server, as a killed session leaves behind.
 *
 * @returns {Promise<TestBus>}
 */
export async function openDeadSocket() {
  const place = createPlace();
  const server = createServer().listen(`${place.socket}.served`);
  await once(server, 'listening');
  // Closing removes the original name, not this one.
  renameSync(`${place.socket}.served`, place.socket);
  server.close();
  await once(server, 'close');
  return describeBus(place, async () => place.remove());
}

/**
 * A bus that accepts connections and stops at the given step. It is a socket of this process, not a
 * process of its own.
 *
 * @param {BrokenBusOptions} [options]
 * @returns {Promise<TestBus>}
 */
export async function openBrokenBus({ after = 'connect', failing = 'silence' } = {}) {
  const place = createPlace();
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The other end may disconnect at any time.
    socket.on('error', () => {});
    if (after === 'connect') fail(socket);
    else authenticate(socket, () => fail(socket));
  });

  /** @param {import('node:net').Socket} socket */
  function fail(socket) {
    if (failing === 'hang-up') socket.destroy();
    if (failing === 'noise') socket.write(noise);
  }

  server.listen(place.socket);
  await once(server, 'listening');
  return describeBus(place, async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
    place.remove();
  });
}

/**
 * A bus on which this user has reached the connection limit. No program owns a name on it.
 *
 * @param {number} [maxConnections]
 * @returns {Promise<TestBus>}
 */
export async function openFullBus(maxConnections = 256) {
  const { add, releaseAll } = createReleases();
  const bus = await openBus({ maxConnections });
  add(bus.close);
  try {
    for (let taken = 0; taken < maxConnections; taken++) {
      add((await connectBus(bus.busAddress)).close);
    }
  } catch (error) {
    await releaseAll();
    throw error;
  }
  return { ...bus, close: releaseAll };
}

// A valid message header (little endian, a method return, version 1) whose lengths announce
// gigabytes.
const noise = Buffer.concat([
  Buffer.from('6c020001ffffff7f01000000ffffff7f', 'hex'),
  Buffer.alloc(64, '\xa7', 'latin1'),
]);

/**
 * The text part of the protocol: every client is accepted.
 *
 * @param {import('node:net').Socket} socket
 * @param {() => void} authenticated
 */
function authenticate(socket, authenticated) {
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
      const [line, rest] = [text.slice(0, end), text.slice(end + 2)];
      text = rest;
      const [, command] = /^\0?([A-Z_]+)/.exec(line) ?? [];
      if (command === 'AUTH') socket.write(`OK ${'0123456789abcdef'.repeat(2)}\r\n`);
      else if (command === 'BEGIN') {
        socket.removeAllListeners('data').resume();
        authenticated();
        return;
      } else socket.write('ERROR\r\n');
    }
  });
}

/**
 * @param {ReturnType<typeof createPlace>} place
 * @param {() => Promise<void>} close
 * @returns {TestBus}
 */
function describeBus({ env, home }, close) {
  const busAddress = env.DBUS_SESSION_BUS_ADDRESS;
  return { env, busAddress, home, pids: () => [], close };
}
