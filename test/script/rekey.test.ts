import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { openPty, type PtySession } from '../support/pty.ts';
import { configOf, openConfiguredMachine, openMachine, password, type Machine } from './machine.ts';
import { expectRefusal, storedIn } from './stored.ts';

const rekey = 'auth keyring rekey';
const newPassword = 'the password from now on';
const changed = `changed the password of the keyring ~/.local/share/atmos/keyring: 1 of 1 entries re-encrypted\n`;

function atTerminal(machine: Machine, command: string): PtySession {
  return openPty(process.execPath, [builtCli(), ...command.split(' ')], {
    env: { ...machine.env, TERM: 'xterm' },
    cwd: machine.project,
  });
}

/** Whether a command that opens the entry succeeds with this password. */
async function opensWith(machine: Machine, tried: string): Promise<boolean> {
  const env = { ATMOS_KEYRING_PASSWORD: tried };
  const { exitCode } = await machine.atmos('auth keyring list --long', { env });
  return exitCode === 0;
}

describe('rekey in a script', () => {
  test('changes the password from standard input, and prints its progress', async () => {
    const machine = await openConfiguredMachine();
    expect(await machine.atmos(`${rekey} --stdin`, { input: `${newPassword}\n` })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `${changed}Next: set ATMOS_KEYRING_PASSWORD to the new password wherever it is set, also for Atmos\n`,
    });
    expect(await opensWith(machine, newPassword)).toBe(true);
    expect(await opensWith(machine, password)).toBe(false);
    // A second run, as after an interruption, has nothing to do.
    expect(await machine.atmos(`${rekey} --stdin`, { input: newPassword })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `nothing to do: the keyring ~/.local/share/atmos/keyring already has the new password\n`,
    });
  });

  test('changes the password from one file to another, by option and by variable', async () => {
    const machine = await openConfiguredMachine();
    const [before, after] = [join(machine.home, 'before'), join(machine.home, 'after')];
    writeFileSync(before, `${password}\n`);
    writeFileSync(after, `${newPassword}\n`);
    const withFile = (file: string) => ({
      ATMOS_KEYRING_PASSWORD: undefined,
      ATMOS_KEYRING_PASSWORD_FILE: file,
    });
    const there = await machine.atmos(`${rekey} --new-password-file ../after -o json`, {
      env: withFile(before),
    });
    expect(there).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(there.stdout)).toEqual({
      location: machine.keyring,
      outcome: 'changed',
      entries: 1,
      rewritten: 1,
      weak_others: 0,
      unreadable: [],
      left: [],
      dry_run: false,
    });
    const back = await machine.atmos(rekey, {
      env: { ...withFile(after), ATMOS_KEYRING_NEW_PASSWORD_FILE: before },
    });
    expect(back.stderr).toBe(
      `${changed}Next: write the new password to ${after} (ATMOS_KEYRING_PASSWORD_FILE), also for Atmos\n`,
    );
    expect(await opensWith(machine, password)).toBe(true);
  });

  test('shows what would be done, without a new password', async () => {
    const machine = await openConfiguredMachine();
    const before = storedIn(machine);
    expect(await machine.atmos(`${rekey} --dry-run`)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `would re-encrypt 1 of 1 entries of the keyring ~/.local/share/atmos/keyring\n`,
    });
    expect(await machine.atmos(`${rekey} --upgrade --dry-run`)).toMatchObject({
      exitCode: 0,
      stderr: `nothing to do: all entries of atmos-auth in the keyring ~/.local/share/atmos/keyring already have the strongest encryption\n`,
    });
    expect(storedIn(machine)).toEqual(before);
  });

  test('needs no keyring', async () => {
    const machine = await openMachine();
    expect(await machine.atmos(`${rekey} --stdin`, { input: newPassword })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `nothing to do: the keyring ~/.local/share/atmos/keyring has no key or session yet; the first one that is stored sets its password\n`,
    });
    expect(existsSync(machine.keyring)).toBe(false);
  });

  test.each<[string, string, string | undefined, number, string | RegExp, string[]]>([
    [
      'no way to prompt',
      rekey,
      undefined,
      3,
      'the new password is missing, and no one can be prompted (there is no terminal)',
      ['pass --stdin or --new-password-file FILE, or set ATMOS_KEYRING_NEW_PASSWORD_FILE'],
    ],
    [
      'two sources',
      `${rekey} --stdin --new-password-file x`,
      newPassword,
      2,
      '--stdin and --new-password-file cannot be combined',
      ['use only one of them'],
    ],
    [
      'a new password that --upgrade does not need',
      `${rekey} --upgrade --stdin`,
      newPassword,
      2,
      '--upgrade keeps the password and cannot be combined with a new one',
      ['atmos auth keyring rekey --upgrade', 'atmos auth keyring rekey'],
    ],
    [
      'the current password',
      `${rekey} --stdin`,
      password,
      2,
      'the new password is the same as the current one',
      ['to keep the password and use stronger encryption: atmos auth keyring rekey --upgrade'],
    ],
    [
      'a short password',
      `${rekey} --stdin`,
      '7 bytes',
      3,
      'the new password has 7 bytes, and at least 8 are needed',
      ['to generate one: openssl rand -base64 24'],
    ],
    [
      'two lines',
      `${rekey} --stdin`,
      'two\nlines of text',
      3,
      'the new password has several lines; a password must be one line',
      ['to generate one: openssl rand -base64 24'],
    ],
  ])('is refused with %s', async (_, command, input, exitCode, message, hints) => {
    const machine = await openConfiguredMachine();
    const options = input === undefined ? {} : { input };
    await expectRefusal(machine, command, options, { exitCode, message, hints });
    expect(await opensWith(machine, password)).toBe(true);
  });

  test('is refused for a keyring that is not a file keyring', async () => {
    const machine = await openConfiguredMachine();
    machine.writeConfig(configOf(machine, { keyring: 'type: memory' }));
    await expectRefusal(
      machine,
      rekey,
      {},
      {
        exitCode: 2,
        message:
          /^error: the keyring type is memory \(from auth\.keyring\.type .*\), but only the password of a file keyring can be changed/,
        hints: ['export ATMOS_KEYRING_TYPE=file'],
      },
    );
  });
});

describe('rekey at a terminal', () => {
  test('prompts for the old password until it is right, and for the new one twice', async () => {
    const machine = await openConfiguredMachine();
    delete machine.env['ATMOS_KEYRING_PASSWORD'];
    const session = atTerminal(machine, rekey);
    await session.waitFor('Password of the keyring');
    session.type('not the password\r');
    await session.waitFor('the password that was typed does not open the keyring');
    await session.waitFor('Password of the keyring');
    session.type(`${password}\r`);
    await session.waitFor('New password of the keyring');
    session.type('short\r');
    await session.waitFor('The password needs at least 8 bytes');
    session.type(`${'\u007f'.repeat(5)}${newPassword}\r`);
    await session.waitFor('Repeat the password');
    session.type('something else\r');
    await session.waitFor('The passwords are different');
    session.type(`${'\u007f'.repeat(14)}${newPassword}\r`);
    await session.waitFor('changed the password of the keyring');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(session.shown()).not.toContain('from now on');
    expect(session.shown()).not.toContain('Next: ');
    expect(await opensWith(machine, newPassword)).toBe(true);
  });

  test('fails after three wrong passwords', async () => {
    const machine = await openConfiguredMachine();
    delete machine.env['ATMOS_KEYRING_PASSWORD'];
    const before = storedIn(machine);
    const session = atTerminal(machine, 'auth login');
    await session.waitFor('Password of the keyring');
    session.type('one\r');
    for (const typed of ['two', 'three']) {
      await session.waitFor('the password that was typed does not open the keyring');
      await session.waitFor('Password of the keyring');
      session.type(`${typed}\r`);
    }
    await session.waitFor('the password (from prompt) does not open the keyring');
    expect(await session.ended).toMatchObject({ exitCode: 3 });
    expect(storedIn(machine)).toEqual(before);
  });

  test('changes nothing when it is canceled at the new password', async () => {
    const machine = await openConfiguredMachine();
    const before = storedIn(machine);
    const session = atTerminal(machine, rekey);
    await session.waitFor('New password of the keyring');
    session.type('\u0003');
    expect(await session.ended).toMatchObject({ exitCode: 130 });
    expect(storedIn(machine)).toEqual(before);
    expect(readFileSync(join(machine.project, 'atmos.yaml'), 'utf8')).toContain('type: file');
  });
});
