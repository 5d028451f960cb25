import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { realHost } from '../../../src/host/real.ts';
import { identifyKeyring, makePlace } from '../../../src/keyring/agent/socket-path.ts';
import { openDesk, storedKey, type Desk } from './desk.ts';

/** Makes the time limits of the agent expire at once. */
const impatient = { sleep: async () => {} };

/** A desk whose keyring has an agent that has stopped responding. */
async function openHungDesk(): Promise<Desk> {
  const desk = await openDesk({ entries: storedKey });
  const id = identifyKeyring(desk.directory);
  if (id === undefined) throw new Error('the desk has a keyring');
  const homeDirectory = desk.env['HOME'] ?? '';
  const { socket } = await makePlace(id, { ...realHost(), env: desk.env, homeDirectory });
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  chmodSync(socket, 0o600);
  onTestFinished(() => void server.close());
  return desk;
}

describe('an agent that does not respond is reported with the command that stops it', () => {
  const warning = (desk: Desk) =>
    `warning: the unlock agent of the keyring ${desk.directory} is not used: it did not answer within 5 seconds\n` +
    'hint: atmos auth keyring lock\n';
  /** Only Linux reports the process id. */
  const withoutProcess = (stderr: string) => stderr.replace(` (process ${process.pid})`, '');

  test('by keyring list, which needs no password', async () => {
    const desk = await openHungDesk();
    const { exitCode, stdout, stderr } = await desk.run('auth keyring list', { host: impatient });
    expect({ exitCode, stderr: withoutProcess(stderr) }).toEqual({
      exitCode: 0,
      stderr: warning(desk),
    });
    expect(stdout).toMatch(/^ITEM /);
  });

  test('by whoami, before the error about a missing password', async () => {
    const desk = await openHungDesk();
    const options = { host: impatient, env: { ATMOS_KEYRING_PASSWORD: undefined } };
    const { stderr } = await desk.run('auth whoami', options);
    expect(withoutProcess(stderr)).toMatch(/^warning: /);
    expect(withoutProcess(stderr).split('error: ')[0]).toContain(warning(desk));
  });
});
