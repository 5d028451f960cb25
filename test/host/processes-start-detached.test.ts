import { expect, test } from 'vitest';
import { realHost } from '../../src/host/real.ts';

const start = (program: string, script: string, timeoutMs = 20_000) =>
  realHost().startDetached(program, ['-e', script], {
    env: { ONLY: 'this' },
    input: Buffer.from('told'),
    timeoutMs,
  });

const tellAll = `
  const { readFileSync, writeSync } = require('node:fs');
  writeSync(1, JSON.stringify({ env: process.env, cwd: process.cwd(), told: readFileSync(0, 'utf8') }));
`;

test('a program starts in the root directory with the given environment and input', async () => {
  const { said, timedOut } = await start(process.execPath, tellAll);
  expect(timedOut).toBe(false);
  const { env, cwd, told } = JSON.parse(said);
  expect({ env: env.ONLY, cwd, told }).toEqual({ env: 'this', cwd: '/', told: 'told' });
  expect(Object.keys(env)).not.toContain('PATH');
});

test('the caller does not wait for a program that has closed its output', async () => {
  const script = `
    const { closeSync, writeSync } = require('node:fs');
    writeSync(1, String(process.pid));
    closeSync(1);
    setTimeout(() => {}, 60_000);
  `;
  const { said, timedOut } = await start(process.execPath, script);
  expect(timedOut).toBe(false);
  expect(process.kill(Number(said), 'SIGKILL')).toBe(true);
});

test('a silent program is killed at the time limit, and a program that cannot start is an error', async () => {
  const silent = await start(process.execPath, 'setTimeout(() => {}, 60_000)', 100);
  expect(silent).toEqual({ said: '', timedOut: true });
  await expect(start('/nonexistent/node', '')).rejects.toMatchObject({ code: 'ENOENT' });
});
