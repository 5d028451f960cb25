import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { realHost } from '../../src/host/real.ts';
import { terminateProcess } from '../../src/host/terminate-process.ts';

const host = realHost();

async function start(script: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('ready')`, '__agent'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const { pid } = child;
  if (pid === undefined) throw new TypeError('it did not start');
  return Object.assign(child, { pid });
}

const expected = (processId: number) => ({
  processId,
  userId: process.getuid?.(),
  lastArgument: '__agent',
});

describe.skipIf(process.platform !== 'linux')('a process that does not answer (Linux)', () => {
  test('receives SIGTERM first, even if it is stopped', async () => {
    const child = await start(
      "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000)",
    );
    const exited = once(child, 'exit');
    child.kill('SIGSTOP');
    expect(await terminateProcess(expected(child.pid), host)).toBe(true);
    expect(await exited).toEqual([7, null]);
  });

  test('is killed if it does not exit', async () => {
    const child = await start("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
    const exited = once(child, 'exit');
    expect(await terminateProcess(expected(child.pid), host)).toBe(true);
    expect(await exited).toEqual([null, 'SIGKILL']);
  });

  test.each([
    ['belongs to another user', { userId: 4242 }],
    ['is another program', { lastArgument: '__other' }],
  ])('receives no signal if it %s', async (_, other) => {
    const child = await start(
      "process.on('SIGTERM', () => process.exit(7)); process.stdin.resume()",
    );
    expect(await terminateProcess({ ...expected(child.pid), ...other }, host)).toBe(false);
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
