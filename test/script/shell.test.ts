import { describe, expect, test } from 'vitest';
import type { PtySession } from '../support/pty.ts';
import { shellAtTerminal } from './at-terminal.ts';
import { openConfiguredMachine } from './machine.ts';

const [ctrlC, ctrlZ] = ['\u0003', '\u001a'];
/** Bash has printed its prompt and reads the next line. */
const prompt = '\u001b[?2004h> ';
const bash = 'atmos auth shell --shell bash -- --norc --noprofile -i';

async function openShell(): Promise<PtySession> {
  const machine = await openConfiguredMachine();
  await machine.atmos('auth login');
  return shellAtTerminal(machine, `export PS1='> ' HISTFILE=; ${bash}; echo "ended $?"`);
}

async function expectEnd(session: PtySession, exitCode: number): Promise<void> {
  await session.waitFor(`ended ${exitCode}\r\n`);
  expect(await session.ended).toMatchObject({ exitCode: 0 });
}

describe('a shell in a terminal', () => {
  test('has the identity, and passes its exit code on', async () => {
    const session = await openShell();
    session.type('echo "as $ATMOS_IDENTITY level $ATMOS_SHLVL key ${AWS_ACCESS_KEY_ID:0:4}"\r');
    await session.waitFor('as emergency-user level 1 key ASIA');
    session.type('echo "password ${ATMOS_KEYRING_PASSWORD-none}"\r');
    await session.waitFor('password none');
    session.type('exit 7\r');
    await expectEnd(session, 7);
  });

  test('counts nested shells up, and returns to the outer one', async () => {
    const session = await openShell();
    session.type(
      `export ATMOS_KEYRING_PASSWORD=unused; atmos auth shell -i off --shell bash -- --norc --noprofile -i\r`,
    );
    session.type('echo "level $ATMOS_SHLVL"\r');
    await session.waitFor('level 2');
    session.type('exit 3\r');
    session.type('echo "inner $? level $ATMOS_SHLVL"\r');
    await session.waitFor('inner 3 level 1');
    session.type('exit\r');
    await expectEnd(session, 0);
  });

  test('keeps Ctrl-C and Ctrl-Z for its own jobs', async () => {
    const session = await openShell();
    await session.waitFor(prompt);
    // The job itself says that it is in the foreground.
    session.type('sh -c "echo ready; exec sleep 1000"\r');
    await session.waitFor('\rready');
    session.type(ctrlC);
    await session.waitFor(prompt);
    session.type('echo "after $?"\r');
    await session.waitFor('after 130');
    await session.waitFor(prompt);
    session.type('sh -c "echo again; exec sleep 1000"\r');
    await session.waitFor('\ragain');
    session.type(ctrlZ);
    await session.waitFor('Stopped');
    await session.waitFor(prompt);
    session.type('exit\r');
    await session.waitFor('There are stopped jobs');
    await session.waitFor(prompt);
    session.type('exit 0\r');
    await expectEnd(session, 0);
  });

  test('that a signal terminates gives 128 and the number of the signal', async () => {
    const session = await openShell();
    session.type('kill -9 $$\r');
    await expectEnd(session, 137);
  });
});

describe('a shell without a terminal', () => {
  test('runs its arguments with the session', async () => {
    const machine = await openConfiguredMachine();
    expect(
      await machine.atmos([
        'auth',
        'shell',
        '--shell',
        'sh',
        '--',
        '-c',
        'echo "$AWS_ACCESS_KEY_ID $ATMOS_SHLVL"; exit 9',
      ]),
    ).toEqual({ exitCode: 9, stdout: expect.stringMatching(/^ASIA\w+ 1\n$/), stderr: '' });
  });

  test('that does not exist is an error', async () => {
    const machine = await openConfiguredMachine();
    const result = await machine.atmos('auth shell --shell nonesuch');
    expect(result).toMatchObject({ exitCode: 127, stdout: '' });
    expect(result.stderr).toContain('error: command "nonesuch" was not found on PATH\n');
  });
});
