import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { PtySession } from '../support/pty.ts';
import { atTerminal, shellAtTerminal } from './at-terminal.ts';
import {
  accessKey,
  configOf,
  mfaDevice,
  openConfiguredMachine,
  openMachine,
  password,
  sessionCalls,
  type Machine,
} from './machine.ts';
import { expectRefusal, storedIn } from './stored.ts';

const ctrlC = '\u0003';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const counter = fileURLToPath(new URL('signal-counter.mjs', import.meta.url));
const withMfa = { identity: `credentials:\n  mfa_arn: ${mfaDevice}` };

function withoutPassword(machine: Machine): Machine {
  delete machine.env['ATMOS_KEYRING_PASSWORD'];
  return machine;
}

describe('at a terminal', () => {
  test('an access key and its secret are pasted together, and the secret is not shown', async () => {
    const machine = await openMachine();
    const session = atTerminal(machine, 'auth user configure --no-verify');
    await session.waitFor('AWS Access Key ID');
    session.type(`${accessKey.accessKeyId}\r${accessKey.secretAccessKey}\r`);
    await session.waitFor('MFA ARN');
    session.type('\r');
    await session.waitFor('Session Duration');
    session.type('\r');
    await session.waitFor('saved the access key AKIA');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(session.shown()).not.toContain(accessKey.secretAccessKey);
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  });

  test('a password that is typed again while it is checked is not shown', async () => {
    const machine = withoutPassword(await openConfiguredMachine());
    const session = atTerminal(machine, 'auth login');
    await session.waitFor('Password of the keyring');
    session.type(`${password}\r${password}\r`);
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(session.shown()).not.toContain('correct');
  });

  test('user configure prompts for the access key, verifies it with AWS, and stores it under a password typed twice', async () => {
    const machine = withoutPassword(await openMachine());
    const session = atTerminal(machine, 'auth user configure');
    await session.waitFor('AWS Access Key ID');
    session.type('ASIAIOSFODNN7EXAMPLE\r');
    await session.waitFor('is the id of a session');
    session.type(`${'\u007f'.repeat(20)}${accessKey.accessKeyId}\r`);
    await session.waitFor('AWS Secret Access Key');
    session.type(`${accessKey.secretAccessKey}\u0014\r`);
    await session.waitFor('MFA ARN');
    session.type('\r');
    await session.waitFor('Session Duration');
    session.type('\r');
    await session.waitFor('AWS knows this key as arn:aws:iam::123456789012:user/emergency');
    await session.waitFor('Choose a password');
    session.type('short\r');
    await session.waitFor('The password needs at least 8 bytes');
    session.type(`${'\u007f'.repeat(5)}${password}\r`);
    await session.waitFor('Repeat the password');
    session.type('something else\r');
    await session.waitFor('The passwords are different');
    session.type(`${'\u007f'.repeat(14)}${password}\r`);
    await session.waitFor('saved the access key AKIA…MPLE');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(session.shown()).not.toContain(accessKey.secretAccessKey.slice(0, 8));
    expect(session.shown()).not.toContain('correct');
    expect(session.shown()).toContain('*'.repeat(40));

    machine.env['ATMOS_KEYRING_PASSWORD'] = password;
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  });

  test('sees what a login waits for, until AWS answers', async () => {
    const machine = await openConfiguredMachine();
    let answer = () => {};
    machine.sts.script({
      until: new Promise((resolve) => {
        answer = resolve;
      }),
    });
    const session = atTerminal(machine, 'auth login');
    await session.waitFor('Waiting for AWS STS … 2s (limit ');
    answer();
    await session.waitFor('\r\u001b[K');
    await session.waitFor('✓');
    await session.waitFor('Logged in as emergency-user until ');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    const after = session.shown().split('✓')[1];
    expect(after).not.toContain('Waiting');
  });

  test('does not see it any longer after Ctrl-C', async () => {
    const machine = await openConfiguredMachine();
    let answer = () => {};
    machine.sts.script({
      until: new Promise((resolve) => {
        answer = resolve;
      }),
    });
    const session = await shellAtTerminal(machine, 'trap : INT; atmos auth login; echo "rc $?"');
    await session.waitFor('Waiting for AWS STS … 1s (limit ');
    session.type(ctrlC);
    await session.waitFor('\r\u001b[K');
    await session.waitFor('rc 130');
    answer();
    expect(session.shown().split('\u001b[K').at(-1)).not.toContain('Waiting');
  });

  test('user configure asks whether to save an access key that AWS does not know; the default is no', async () => {
    const machine = await openConfiguredMachine();
    const before = storedIn(machine);
    const session = atTerminal(
      machine,
      'auth user configure --mfa-arn 123456789ABC --session-duration 1h',
    );
    await session.waitFor('AWS Access Key ID');
    session.type('AKIAI44QH8DHBEXAMPLE\r');
    await session.waitFor('AWS Secret Access Key');
    session.type(`${accessKey.secretAccessKey}\r`);
    await session.waitFor('the key could not be verified: AWS does not know the access key');
    await session.waitFor('Save anyway?');
    session.type('\r');
    await session.waitFor('nothing was saved');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(storedIn(machine)).toEqual(before);
  });

  test('login prompts for a password and a code, and once more after a refused code', async () => {
    const machine = withoutPassword(await openConfiguredMachine({ mfaCodes: ['246802'] }));
    machine.writeConfig(configOf(machine, withMfa));
    const session = atTerminal(machine, 'auth login');
    await session.waitFor('Password of the keyring');
    session.type(`${password}\r`);
    await session.waitFor(`MFA code of ${mfaDevice}`);
    session.type('12345\r');
    await session.waitFor('The code must have six digits');
    session.type('6\r');
    await session.waitFor('That code was refused');
    session.type('246802\r');
    await session.waitFor('Logged in as');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(session.shown()).not.toContain('correct');
    expect(sessionCalls(machine)).toHaveLength(2);
  });

  test('login prompts although input, output and errors are redirected', async () => {
    const machine = withoutPassword(await openConfiguredMachine());
    const session = await shellAtTerminal(
      machine,
      'atmos auth credential-process < /dev/null > out 2> err; echo "first $?"\n' +
        'atmos auth env --credentials env < /dev/null > out 2>> err; echo "then $?"',
    );
    await session.waitFor('first 3');
    await session.waitFor('Password of the keyring');
    session.type(`${password}\r`);
    await session.waitFor('then 0');
    expect(readFileSync(join(machine.project, 'out'), 'utf8')).toContain(
      'export AWS_SESSION_TOKEN=',
    );
    expect(readFileSync(join(machine.project, 'err'), 'utf8')).toMatch(
      /^error: the file keyring .* is locked: /,
    );
  });

  test('logout offers the identities, and confirms that access keys are deleted', async () => {
    const machine = await openConfiguredMachine();
    const before = storedIn(machine);
    const session = atTerminal(machine, 'auth logout -i --keychain');
    await session.waitFor('Identity');
    session.type('\r');
    await session.waitFor('Delete the stored access key of emergency-user?');
    session.type('\r');
    await session.waitFor('logout canceled: nothing was removed');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(storedIn(machine)).toEqual(before);
  });

  test('of a CI runner there are no prompts', async () => {
    const machine = await openMachine();
    machine.env['CI'] = 'true';
    const session = atTerminal(machine, 'auth user configure');
    await session.waitFor('cannot prompt for "AWS Access Key ID": CI is set');
    expect(await session.ended).toMatchObject({ exitCode: 2 });
  });
});

describe('Ctrl-C at a prompt', () => {
  const questions: readonly [string, string, string][] = [
    ['the password', 'auth login', 'Password of the keyring'],
    ['what to log out from', 'auth logout -i', 'Identity'],
  ];
  test.each(questions)(
    'for %s cancels, and the cursor is shown again',
    async (_, command, question) => {
      const machine = withoutPassword(await openConfiguredMachine());
      await expectCancelled(machine, atTerminal(machine, command), question);
    },
  );

  test('for the access key cancels', async () => {
    const machine = await openMachine();
    await expectCancelled(machine, atTerminal(machine, 'auth user configure'), 'AWS Access Key ID');
  });

  test('for the MFA code cancels, and no code is sent', async () => {
    const machine = await openConfiguredMachine({ mfaCodes: [] });
    machine.writeConfig(configOf(machine, withMfa));
    await expectCancelled(machine, atTerminal(machine, 'auth login'), 'MFA code of');
    expect(sessionCalls(machine)).toEqual([]);
  });

  test('for a new password cancels, and creates no keyring', async () => {
    const machine = withoutPassword(await openMachine());
    const env = 'ATMOS_KEYRING_TYPE=file';
    const input = JSON.stringify({
      access_key_id: accessKey.accessKeyId,
      secret_access_key: accessKey.secretAccessKey,
    });
    writeFileSync(join(machine.project, 'key.json'), input);
    const session = await shellAtTerminal(
      machine,
      `${env} atmos auth user configure --stdin < key.json; echo "ended $?"`,
    );
    const before = storedIn(machine);
    await session.waitFor('Choose a password');
    session.type(ctrlC);
    await session.waitFor('ended 130');
    expect(storedIn(machine)).toEqual(before);
  });

  async function expectCancelled(
    machine: Machine,
    session: PtySession,
    question: string,
  ): Promise<void> {
    const before = storedIn(machine);
    await session.waitFor(question);
    session.type(ctrlC);
    expect(await session.ended).toMatchObject({ exitCode: 130 });
    expect(session.shown()).toContain('canceled');
    expect(session.shown().lastIndexOf(showCursor)).toBeGreaterThan(
      session.shown().lastIndexOf(hideCursor),
    );
    expect(storedIn(machine)).toEqual(before);
  }
});

describe('without a terminal', () => {
  test('a command that would prompt fails, and names the option to use instead', async () => {
    const machine = await openConfiguredMachine({ mfaCodes: [] });
    machine.writeConfig(configOf(machine, withMfa));
    const cannotAsk = (question: string, hint: string) => ({
      exitCode: 2,
      message: `cannot prompt for "${question}": there is no terminal`,
      hints: [hint],
    });
    await expectRefusal(
      machine,
      'auth user configure',
      {},
      cannotAsk(
        'AWS Access Key ID',
        'pass --stdin and give the key as JSON, or --from-aws-profile NAME',
      ),
    );
    await expectRefusal(
      machine,
      'auth login',
      {},
      {
        exitCode: 4,
        message: `no session for identity emergency-user: a code of the MFA device ${mfaDevice} is needed, and no one can be prompted (there is no terminal)`,
        hints: ['add --mfa-token <code>'],
      },
    );
    await expectRefusal(
      machine,
      'auth login -i',
      {},
      cannotAsk('Identity', 'to choose without a prompt: add -i emergency-user'),
    );
    await expectRefusal(
      machine,
      'auth logout emergency-user --keychain',
      {},
      cannotAsk(
        'Delete the stored access key of emergency-user?',
        'to delete without a prompt: add --force',
      ),
    );
    expect(sessionCalls(machine)).toEqual([]);
  });

  test('a given code is used once', async () => {
    const machine = await openConfiguredMachine({ mfaCodes: ['246802'] });
    machine.writeConfig(configOf(machine, withMfa));
    await expectRefusal(
      machine,
      'auth login --mfa-token 000000',
      {},
      {
        exitCode: 4,
        message: `no session for identity emergency-user: AWS refused the MFA code of ${mfaDevice}: wrong, expired, or used before`,
        hints: [
          'with the next code, after at most 30 seconds: atmos auth login --identity emergency-user',
        ],
      },
    );
    expect(sessionCalls(machine)).toHaveLength(1);
    expect(
      await machine.atmos('auth exec -- true', { env: { ATMOS_MFA_TOKEN: '246802' } }),
    ).toMatchObject({ exitCode: 0 });
  });
});

describe('the program that exec runs', () => {
  test('gets one SIGINT for one Ctrl-C and one SIGTERM sent to us, and sets our exit code', async () => {
    const machine = await openConfiguredMachine();
    const session = atTerminal(machine, `auth exec -- ${process.execPath} ${counter}`);
    await session.waitFor('counting');
    session.type(ctrlC);
    await session.waitFor('SIGINT 1');
    session.type(ctrlC);
    await session.waitFor('SIGINT 2');
    process.kill(session.pid, 'SIGTERM');
    await session.waitFor('SIGTERM after 2 SIGINT');
    expect(await session.ended).toMatchObject({ exitCode: 7 });
  });

  test('gets one SIGINT in the terminal of another process, and does not stop in the background', async () => {
    const machine = await openConfiguredMachine();
    const session = await shellAtTerminal(
      machine,
      `atmos auth exec -- "$NODE" ${counter} &\npid=$!\nread -r line\nkill -INT $pid\nread -r line\nkill -TERM $pid\nwait $pid\necho "ended $?"`,
    );
    await session.waitFor('counting');
    session.type('\r');
    await session.waitFor('SIGINT 1');
    session.type('\r');
    await session.waitFor('SIGTERM after 1 SIGINT');
    await expect(session.waitFor('ended 7')).resolves.toBeUndefined();
  });

  test('that a signal terminates gives 128 plus the signal, and a missing program gives 127', async () => {
    const machine = await openConfiguredMachine();
    const exec = (...program: string[]) =>
      machine.atmos(['auth', 'exec', '--', ...program], { env: { PATH: '/usr/bin:/bin' } });
    expect(await exec('sh', '-c', 'kill -KILL $$')).toEqual({
      exitCode: 137,
      stdout: '',
      stderr: '',
    });
    expect(await exec('sh', '-c', 'kill -TERM $$')).toEqual({
      exitCode: 143,
      stdout: '',
      stderr: '',
    });
    expect(await exec('sh', '-c', 'kill -INT $$')).toEqual({
      exitCode: 130,
      stdout: '',
      stderr: '',
    });
    expect(await exec('terrafrm-that-is-not-there')).toMatchObject({
      exitCode: 127,
      stderr: expect.stringMatching(
        /^error: command "terrafrm-that-is-not-there" was not found on PATH\n/,
      ),
    });
    expect(await exec(machine.project)).toMatchObject({
      exitCode: 126,
      stderr: expect.stringMatching(/^error: cannot run ".*": it is a directory\n/),
    });
  });
});

test('a background job that would prompt fails and does not stop', async () => {
  const machine = withoutPassword(await openConfiguredMachine());
  const session = await shellAtTerminal(machine, 'atmos auth login &\nwait $!\necho "ended $?"');
  await session.waitFor('there is no terminal');
  await expect(session.waitFor('ended 3')).resolves.toBeUndefined();
});
