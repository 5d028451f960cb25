import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openPty } from '../support/pty.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const quickstart = fileURLToPath(new URL('../../scripts/quickstart.mjs', import.meta.url));
const limitMs = 60_000;

function start() {
  const directory = temporaryDirectory();
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: directory, TERM: 'xterm' };
  return { session: openPty(process.execPath, [quickstart], { env }), directory };
}

test('the quick start succeeds and leaves nothing behind', { timeout: limitMs }, async () => {
  const { session, directory } = start();
  const { exitCode } = await session.ended;
  expect({ exitCode, shown: session.shown() }).toEqual({
    exitCode: 0,
    shown: expect.stringContaining('All 15 steps answered as they should'),
  });
  expect(session.shown()).toContain('"SecretAccessKey":"****"');
  expect(readdirSync(directory)).toEqual([]);
});

test(
  'the quick start leaves nothing behind when it is interrupted',
  { timeout: limitMs },
  async () => {
    const { session, directory } = start();
    await session.waitFor('$ atmos auth login --identity dev');
    session.type('\u0003');
    expect(await session.ended).toMatchObject({ exitCode: 130 });
    expect(readdirSync(directory)).toEqual([]);
  },
);
