import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wine, wineEnvironment } from '../../scripts/wine.mjs';
import { peer } from '../support/peers.ts';
import { openPty, type PtySession } from '../support/pty.ts';
import { openWindows, windowsNode, type WindowsMachine } from '../support/wine.ts';

const ctrlC = '\u0003';
const accessKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const config = `auth:
  realm: console
  keyring:
    type: system
  identities:
    dev:
      kind: aws/user
      default: true
`;

// In a terminal of this machine Wine gives the program a Windows console, drawn in the terminal.
describe.skipIf(!peer('wine'))('at a Windows console', () => {
  let machine: WindowsMachine;
  beforeAll(() => {
    machine = openWindows();
    mkdirSync(join(machine.drive, 'project'));
    writeFileSync(join(machine.drive, 'project/atmos.yaml'), config);
  }, 60_000);
  afterAll(() => machine.remove());

  function atConsole(words: readonly string[]): PtySession {
    return openPty(wine.program, [windowsNode, machine.program, ...words], {
      env: { ...wineEnvironment(dirname(machine.drive)), TERM: 'xterm' },
      cwd: join(machine.drive, 'project'),
    });
  }

  test('user configure stores an access key, reports invalid input, and does not show the secret', async () => {
    const session = atConsole(['auth', 'user', 'configure', '--no-verify']);
    await session.waitFor('AWS Access Key ID');
    session.type('ASIAIOSFODNN7EXAMPLE\r');
    await session.waitFor('is the id of a session');
    session.type(`${'\u007f'.repeat(20)}${accessKey.accessKeyId}\r`);
    await session.waitFor('AWS Secret Access Key');
    session.type(`${accessKey.secretAccessKey}\r`);
    await session.waitFor('MFA ARN');
    session.type('\r');
    await session.waitFor('Session Duration');
    session.type('\r');
    await session.waitFor('saved the access key');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(session.shown()).not.toContain(accessKey.secretAccessKey);
    expect(session.shown()).toContain('*'.repeat(40));
  });

  test('Ctrl-C cancels with exit code 130', async () => {
    const session = atConsole(['auth', 'user', 'configure']);
    await session.waitFor('AWS Access Key ID');
    session.type(`AKIA${ctrlC}`);
    expect(await session.ended).toMatchObject({ exitCode: 130 });
    expect(session.shown()).toContain('canceled');
  });

  test('Ctrl-C at a program that exec runs belongs to it: we wait and pass on its exit code', async () => {
    const script = `setInterval(() => {}, 1000);
      process.on('SIGINT', () => {
        console.log('interrupted');
        process.exit(41);
      });
      console.log('ready');`;
    writeFileSync(join(machine.drive, 'project/patient.cjs'), script);
    const session = atConsole(['auth', 'exec', '-i', 'off', '--', windowsNode, 'patient.cjs']);
    await session.waitFor('ready');
    session.type(ctrlC);
    await session.waitFor('interrupted');
    expect(await session.ended).toMatchObject({ exitCode: 41 });
  });
});
