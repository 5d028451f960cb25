import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  bootId,
  hasPeerCredentials,
  loadPeerOf,
  maxSocketPathBytes,
} from '../../src/host/unix-sockets.ts';
import { realHost } from '../../src/host/real.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test.skipIf(process.platform === 'win32')(
  'each end of a socket can identify the process at the other end',
  async () => {
    const path = join(temporaryDirectory(), 'socket');
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const connecting = createConnection(path);
    onTestFinished(() => void connecting.destroy());
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const peerOf = await loadPeerOf(realHost());
    for (const socket of [accepted, connecting])
      expect(peerOf(socket)).toMatchObject({ userId: process.getuid?.() });
    accepted.destroy();
    expect(peerOf(accepted)).toBeUndefined();
  },
);

test('the maximum length of a socket path depends on the system', () => {
  expect(maxSocketPathBytes({ platform: 'linux' })).toBe(107);
  expect(maxSocketPathBytes({ platform: 'darwin' })).toBe(103);
});

test('only Linux and macOS identify the process at the other end', () => {
  const systems = (['linux', 'darwin', 'win32', 'freebsd'] as const).map((platform) =>
    hasPeerCredentials({ platform }),
  );
  expect(systems).toEqual([true, true, false, false]);
});

test.skipIf(process.platform === 'win32')('the boot id is the same in every call', async () => {
  const id = await bootId(realHost());
  expect(id).toMatch(/^[\da-f-]{36}\s*$/i);
  expect(await bootId(realHost())).toBe(id);
});
