import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

// Runs in a thread of its own, because the code under test blocks the thread of the test.
const program = `
  const { createServer } = require('node:net');
  const { parentPort, workerData: { path, answer, isEnded } } = require('node:worker_threads');
  createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      for (const byte of answer) socket.write(Uint8Array.of(byte));
      if (isEnded) socket.end();
    });
  }).listen(path, () => parentPort.postMessage('listening'));
`;

/**
 * Listens on a Unix socket for code that blocks, and answers the first bytes of each client, one byte
 * at a time.
 *
 * @param isEnded whether it then closes the connection
 */
export async function answerBlocking(
  path: string,
  answer: Uint8Array,
  { isEnded = false } = {},
): Promise<void> {
  const worker = new Worker(program, { eval: true, workerData: { path, answer, isEnded } });
  onTestFinished(() => void worker.terminate());
  await once(worker, 'message');
}
