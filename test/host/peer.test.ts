import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadPeerOf } from '../../src/host/peer.ts';
import { realHost } from '../../src/host/real.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test.skipIf(process.platform === 'win32')(
  'both ends of a socket know who is at the other',
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
