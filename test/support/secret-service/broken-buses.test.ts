import { readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../temporary.ts';
import { openBrokenBus, openDeadSocket, openFullBus } from './broken-buses.mjs';
import { connectBus, hasOwner } from './bus-connection.mjs';
import { openBus } from './bus.mjs';
import { peer } from '../peers.ts';
import type { TestBus } from './types.ts';

const hasBus = peer('dbus-monitor') !== undefined;

async function keep<T extends TestBus>(opening: Promise<T>): Promise<T> {
  const bus = await opening;
  onTestFinished(bus.close);
  return bus;
}

function connectSocket({ env }: TestBus) {
  const socket = createConnection(`${env['XDG_RUNTIME_DIR']}/bus`);
  onTestFinished(() => void socket.destroy());
  return socket;
}

const externally = '\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n';

test.skipIf(!hasBus)('a bus without a provider says so', async () => {
  const bus = await keep(openBus());
  const connection = await connectBus(bus.busAddress);
  expect(await hasOwner(connection, 'org.freedesktop.secrets')).toBe(false);
  connection.close();
  expect(bus.pids()).toHaveLength(1);
  await bus.close();
  expect(bus.pids()).toEqual([]);
});

test('a socket without a server refuses the connection', async () => {
  const bus = await keep(openDeadSocket());
  expect(readdirSync(bus.env['XDG_RUNTIME_DIR'] ?? '')).toEqual(['bus']);
  await expect(connectBus(bus.busAddress)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test.skipIf(!hasBus)('a bus at its connection limit refuses a new one', async () => {
  const bus = await keep(openFullBus());
  await expect(connectBus(bus.busAddress)).rejects.toMatchObject({
    type: 'org.freedesktop.DBus.Error.LimitsExceeded',
  });
});

describe('a bus that stops at a certain step', () => {
  test('is silent from the start', async () => {
    const socket = connectSocket(await keep(openBrokenBus()));
    await once(socket, 'connect');
    expect(socket.read()).toBe(null);
  });

  test('is silent after the authentication', async () => {
    const socket = connectSocket(await keep(openBrokenBus({ after: 'authentication' })));
    socket.write(externally);
    expect(String(await once(socket, 'data'))).toMatch(/^OK [0-9a-f]{32}\r\nERROR\r\n$/);
  });

  test('replies with noise after the authentication', async () => {
    const bus = await keep(openBrokenBus({ after: 'authentication', failing: 'noise' }));
    const socket = connectSocket(bus);
    socket.write(externally);
    const bytes: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      bytes.push(chunk);
      if (Buffer.concat(bytes).includes(0xa7)) break;
    }
    expect(Buffer.concat(bytes).toString('latin1')).toMatch(/^OK .*ERROR\r\nl/s);
  });

  test('disconnects', async () => {
    const socket = connectSocket(await keep(openBrokenBus({ failing: 'hang-up' })));
    socket.resume();
    expect(await once(socket, 'close')).toEqual([false]);
  });
});

test('keeps its home directory if requested', async () => {
  const home = temporaryDirectory();
  if (!hasBus) return;
  const bus = await keep(openBus({ home }));
  expect(bus.env['HOME']).toBe(home);
  await bus.close();
  expect(readdirSync(home)).toEqual([]);
});
