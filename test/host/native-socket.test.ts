import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectBlocking } from '../../src/host/native-socket.ts';
import { answerBlocking } from '../support/blocking-peer.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const socketPath = () => join(temporaryDirectory(), 'socket');

function connected(path: string, limitMs: number) {
  const socket = connectBlocking(path, limitMs);
  if (typeof socket === 'string') throw new Error(`not connected: ${socket}`);
  onTestFinished(() => socket.close());
  return socket;
}

// Only Linux uses it.
describe.runIf(process.platform === 'linux')('a blocking socket', () => {
  test('writes, and reads an answer that arrives in pieces', async () => {
    const path = socketPath();
    await answerBlocking(path, Buffer.from('answer'));
    const socket = connected(path, 10_000);
    socket.write(Buffer.from('request'));
    const buffer = Buffer.alloc(6);
    expect(socket.fill(buffer)).toBe(true);
    expect(buffer.toString()).toBe('answer');
  });

  test('says when the other end closes the connection', async () => {
    const path = socketPath();
    await answerBlocking(path, Buffer.from('short'), { isEnded: true });
    const socket = connected(path, 10_000);
    socket.write(Buffer.from('request'));
    expect(socket.fill(Buffer.alloc(6))).toBe(false);
  });

  test('fails if the other end does not answer within the limit', async () => {
    const path = socketPath();
    await answerBlocking(path, Buffer.alloc(0));
    const socket = connected(path, 20);
    expect(() => socket.fill(Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  });

  test('reports why it cannot connect', () => {
    const path = socketPath();
    expect(connectBlocking(path, 20)).toBe('ENOENT');
    writeFileSync(path, '');
    expect(connectBlocking(path, 20)).toBe('ECONNREFUSED');
    expect(connectBlocking(`/${'x'.repeat(200)}`, 20)).toBe('EINVAL');
  });

  test('does not wait longer than the limit for a listener that accepts no one', async () => {
    const path = socketPath();
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen({ path, backlog: 1 }, resolve);
    });
    onTestFinished(() => void server.close());
    // This thread is blocked, so the connections stay in the queue until it is full.
    const results = [1, 2, 3, 4].map(() => connectBlocking(path, 20));
    expect(results).toContain('EAGAIN');
    for (const socket of results) if (typeof socket !== 'string') socket.close();
  });
});
