import {
  chmodSync,
  chownSync,
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { isRoot, strangerId } from '../support/privilege.ts';
import {
  accessKey,
  configOf,
  keyOnStdin,
  openConfiguredMachine,
  openMachine,
  password,
  type Machine,
} from './machine.ts';
import { expectError, expectRefusal, storedIn } from './stored.ts';

const nameOfKey = 'atmos_script_emergency-user';
const entryOf = ({ keyring }: Machine, name = nameOfKey) => join(keyring, name);

const fileHint = 'export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>';

describe('the keyring type', () => {
  test('is refused when it is unknown, with the supported types', async () => {
    const machine = await openConfiguredMachine();
    await expectRefusal(
      machine,
      'auth login',
      { env: { ATMOS_KEYRING_TYPE: 'flie' } },
      {
        exitCode: 2,
        message:
          'unknown keyring type "flie" (from ATMOS_KEYRING_TYPE): expected one of system, file, memory, vault',
        hints: ['did you mean file?'],
      },
    );
    machine.writeConfig(configOf(machine, { keyring: 'type: keychain' }));
    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { input: keyOnStdin },
      {
        exitCode: 2,
        message: `unknown keyring type "keychain" (from auth.keyring.type (${machine.project}/atmos.yaml:4:11)): expected one of system, file, memory, vault`,
        hints: ['set auth.keyring.type to system, file, memory or vault'],
      },
    );
  });

  test.skipIf(process.platform !== 'linux')(
    'is refused when that keyring is unreachable, and no other one is used (without a bus: Linux only)',
    async () => {
      const machine = await openMachine();
      const options = { input: keyOnStdin, env: { ATMOS_KEYRING_TYPE: 'system' } };
      const before = storedIn(machine);
      const result = await machine.atmos('auth user configure --stdin', options);
      expect(result).toMatchObject({ exitCode: 3, stdout: '' });
      expect(result.stderr).toMatch(
        /^error: .*the system keyring.* \(type system from ATMOS_KEYRING_TYPE\)\n/,
      );
      expect(result.stderr).toMatch(
        /^hint: to use an encrypted file with a password: export ATMOS_KEYRING_TYPE=file$/m,
      );
      expect(storedIn(machine)).toEqual(before);
    },
  );
});

describe('the keyring password', () => {
  test('opens and stores nothing when it is wrong', async () => {
    const machine = await openConfiguredMachine();
    const wrong = { env: { ATMOS_KEYRING_PASSWORD: 'not the password' }, input: keyOnStdin };
    for (const command of [
      'auth login',
      'auth user configure --stdin',
      'auth keyring list --long',
      'auth credential-process',
    ]) {
      await expectRefusal(machine, command, wrong, {
        exitCode: 3,
        message: `the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${machine.keyring}`,
        hints: ['check the password: it was set with the first entry or by the last keyring rekey'],
      });
    }
  });

  test('creates no keyring when it is too short', async () => {
    const machine = await openMachine();
    const options = { env: { ATMOS_KEYRING_PASSWORD: '7 bytes' }, input: keyOnStdin };
    await expectRefusal(machine, 'auth user configure --stdin', options, {
      exitCode: 3,
      message: `the password for the new keyring ${machine.keyring} has 7 bytes, and at least 8 are needed`,
      hints: ['to generate one: openssl rand -base64 24'],
    });
  });

  test('is an error when its variable is empty, even if a password file is set', async () => {
    const machine = await openConfiguredMachine();
    const file = join(machine.home, 'password');
    writeFileSync(file, password);
    const env = { ATMOS_KEYRING_PASSWORD: '', ATMOS_KEYRING_PASSWORD_FILE: file };
    await expectRefusal(
      machine,
      'auth login',
      { env },
      {
        exitCode: 3,
        message:
          "the variable ATMOS_KEYRING_PASSWORD, which should contain the keyring's password, is empty",
        hints: ['unset ATMOS_KEYRING_PASSWORD', fileHint],
      },
    );
  });

  test('is an error when its file does not exist', async () => {
    const machine = await openConfiguredMachine();
    const env = {
      ATMOS_KEYRING_PASSWORD: undefined,
      ATMOS_KEYRING_PASSWORD_FILE: '/nonexistent/password',
    };
    await expectRefusal(
      machine,
      'auth login',
      { env },
      {
        exitCode: 3,
        message:
          'the password file /nonexistent/password (from ATMOS_KEYRING_PASSWORD_FILE) does not exist',
        hints: [],
      },
    );
  });

  test('is reported with the variables to set when it is missing and no one can be prompted', async () => {
    const machine = await openConfiguredMachine();
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    await expectRefusal(
      machine,
      'auth login',
      { env },
      {
        exitCode: 3,
        message: `the file keyring ${machine.keyring} is locked: ATMOS_KEYRING_PASSWORD is not set, and no one can be prompted (there is no terminal)`,
        hints: ['atmos auth keyring unlock', fileHint],
      },
    );
    await expectRefusal(
      machine,
      'auth credential-process',
      { env },
      {
        exitCode: 3,
        message: `the file keyring ${machine.keyring} is locked: ATMOS_KEYRING_PASSWORD is not set, and this program never prompts`,
        hints: ['atmos auth keyring unlock', fileHint],
      },
    );
  });
});

describe('an entry', () => {
  test('that is damaged is named, and the others still work', async () => {
    const machine = await openConfiguredMachine();
    await machine.atmos('auth login');
    const entry = entryOf(machine);
    const text = readFileSync(entry, 'utf8').split('.');
    const flip = (part = '') => (part.startsWith('A') ? `B${part.slice(1)}` : `A${part.slice(1)}`);
    writeFileSync(entry, text.with(3, flip(text[3])).join('.'));
    const message = `the entry ${entry} is damaged: its content was changed`;
    const hints = [`before storing it again or restoring it from a backup: mv ${entry} ~/`];

    await expectRefusal(machine, 'auth login --force', {}, { exitCode: 3, message, hints });
    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { input: keyOnStdin },
      { exitCode: 3, message, hints },
    );

    const list = await machine.atmos('auth keyring list --long -o json');
    expectError({ ...list, stdout: '' }, { exitCode: 3, message, hints });
    expect(JSON.parse(list.stdout)).toMatchObject([
      { item: 'key', kind: null, size_bytes: null },
      { item: 'session', kind: 'aws' },
    ]);
  });

  test('that is truncated, or not an entry at all, is reported as damaged', async () => {
    const machine = await openConfiguredMachine();
    const entry = entryOf(machine);
    const text = readFileSync(entry);
    for (const [content, fault] of [
      [text.subarray(0, -2), 'its tag has the wrong length'],
      [Buffer.from('hello\n'), 'it has 1 parts, not the 5 of a JWE'],
      [Buffer.alloc(0), 'it has 1 parts, not the 5 of a JWE'],
    ] as const) {
      writeFileSync(entry, content);
      await expectRefusal(
        machine,
        'auth login',
        {},
        {
          exitCode: 3,
          message: `the entry ${entry} is damaged: ${fault}`,
          hints: [`before storing it again or restoring it from a backup: mv ${entry} ~/`],
        },
      );
    }
  });

  test('that was renamed to another name is not used', async () => {
    const machine = await openConfiguredMachine();
    await machine.atmos('auth login');
    const entry = entryOf(machine);
    renameSync(entryOf(machine, `${nameOfKey}@session`), entry);
    for (const command of [
      'auth login --force',
      'auth exec -- true',
      'auth user configure --stdin',
    ]) {
      await expectRefusal(
        machine,
        command,
        { input: keyOnStdin },
        {
          exitCode: 3,
          message: `the entry ${entry} contains the entry "${nameOfKey}@session": its file was renamed or copied`,
          hints: ['rename the file back, or move it to another directory'],
        },
      );
    }
  });

  test('of another realm is not used for an identity of the same name', async () => {
    const machine = await openMachine();
    const { atmos } = machine;
    const config = (realm: string, identity: string) =>
      configOf(machine)
        .replace('realm: script', `realm: ${realm}`)
        .replace('emergency-user', identity);
    machine.writeConfig(config('script', 'emergency_user'));
    await atmos('auth user configure --stdin', { input: keyOnStdin });
    await atmos('auth login');
    machine.writeConfig(config('script_emergency', 'user'));

    const theirs = (item: string) =>
      `the entry atmos_script_emergency_user${item === 'key' ? '' : `@${item}`} is the ${item} of identity emergency_user of realm script, ` +
      `not the ${item} of identity user of realm script_emergency`;
    const hints = ['set auth.realm to a name of its own, so that no two identities share an entry'];
    const refused = { exitCode: 3, hints };
    await expectRefusal(machine, 'auth login', {}, { ...refused, message: theirs('session') });
    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { input: keyOnStdin },
      { ...refused, message: theirs('key') },
    );
    await expectRefusal(
      machine,
      'auth logout user',
      {},
      { ...refused, message: theirs('session') },
    );
  });

  test('that other users can read is not used', async () => {
    const machine = await openConfiguredMachine();
    const entry = entryOf(machine);
    chmodSync(entry, 0o640);
    await expectRefusal(
      machine,
      'auth login',
      {},
      {
        exitCode: 3,
        message: `the entry ${entry} is open to other users (mode 0640)`,
        hints: [`chmod 600 ${entry}`],
      },
    );
  });

  test('that is a symbolic link is neither read nor written through', async () => {
    const machine = await openConfiguredMachine();
    const entry = entryOf(machine);
    const elsewhere = join(machine.home, 'elsewhere');
    renameSync(entry, elsewhere);
    symlinkSync(elsewhere, entry);
    for (const command of ['auth login', 'auth user configure --stdin']) {
      await expectRefusal(
        machine,
        command,
        { input: keyOnStdin },
        {
          exitCode: 3,
          message: `the entry ${entry} is a symbolic link`,
          hints: [`ls -ld ${entry}`],
        },
      );
    }
  });

  test('that contains a session in place of an access key is refused', async () => {
    const machine = await openConfiguredMachine();
    const session = JSON.stringify({
      access_key_id: 'ASIAIOSFODNN7EXAMPLE',
      secret_access_key: accessKey.secretAccessKey,
    });
    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { input: session },
      {
        exitCode: 2,
        message:
          'the access key id is the id of a session, which expires; a long-lived key starts with AKIA (from --stdin)',
      },
    );
  });
});

describe('the keyring directory', () => {
  test.skipIf(!isRoot)(
    'is not used when it belongs to another user (root only: skipped otherwise)',
    async () => {
      const machine = await openConfiguredMachine();
      chownSync(machine.keyring, strangerId, strangerId);
      for (const command of ['auth login', 'auth keyring list', 'auth user configure --stdin']) {
        await expectRefusal(
          machine,
          command,
          { input: keyOnStdin },
          {
            exitCode: 3,
            message: new RegExp(
              `^error: ${machine.keyring}.* belongs to user ${strangerId}, who could replace the keyring$`,
            ),
            hints: [
              `ls -ld ${machine.keyring}`,
              'export ATMOS_KEYRING_FILE_PATH=<a directory of your own>',
            ],
          },
        );
      }
      const status = await machine.atmos('auth keyring status -o json');
      expect(status.exitCode).toBe(3);
      expect(JSON.parse(status.stdout)).toMatchObject({
        state: 'unavailable',
        reason: expect.stringContaining(`belongs to user ${strangerId}`),
        entries: null,
      });
    },
  );

  test('is not used when other users can write in it', async () => {
    const machine = await openConfiguredMachine();
    chmodSync(machine.keyring, 0o777);
    await expectRefusal(
      machine,
      'auth login',
      {},
      {
        exitCode: 3,
        message: new RegExp(
          `^error: ${machine.keyring}.* can be written by other users, who could replace the keyring$`,
        ),
        hints: [`chmod go-w ${machine.keyring}`],
      },
    );
  });

  test('is not changed when it has a newer version', async () => {
    const machine = await openConfiguredMachine();
    writeFileSync(join(machine.keyring, '.state/version'), '2\n');
    for (const command of [
      'auth login',
      'auth user configure --stdin',
      'auth logout emergency-user --keychain --force',
    ]) {
      await expectRefusal(
        machine,
        command,
        { input: keyOnStdin },
        {
          exitCode: 3,
          message: `the keyring ${machine.keyring}/.state has version 2; this atmos-auth supports version 1`,
          hints: ['npm install --global atmos-auth@latest'],
        },
      );
    }
  });

  test('is refused when it is the home directory, and the error names a file in it', async () => {
    const machine = await openMachine();
    const env = { ATMOS_KEYRING_FILE_PATH: join(machine.home, 'keyring.json') };
    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { env, input: keyOnStdin },
      {
        exitCode: 3,
        message: `the keyring path ${env.ATMOS_KEYRING_FILE_PATH} (from ATMOS_KEYRING_FILE_PATH) names a file, so its directory ${machine.home} would become the keyring`,
        hints: ['name a directory of its own, without an extension: ~/.local/share/atmos/keyring'],
      },
    );
  });
});

describe.skipIf(!canMount())('a file system (needs root and mount: skipped otherwise)', () => {
  test('that is full keeps the stored entries, and login still gives its session to the program', async () => {
    const machine = await openMachine();
    const disk = mountTmpfs('size=64k');
    machine.env['ATMOS_KEYRING_FILE_PATH'] = join(disk, 'keyring');
    await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
    const before = storedIn({ home: disk });
    fill(disk);

    const noSpace = (item: string) => ({
      message: `cannot write ${disk}/keyring/${nameOfKey}${item}: no space left on the device`,
      hints: [`df -h ${disk}/keyring/${nameOfKey}${item}`],
    });
    expectError(await machine.atmos('auth user configure --stdin', { input: keyOnStdin }), {
      exitCode: 3,
      ...noSpace(''),
    });
    const login = await machine.atmos('auth login');
    expect(login).toMatchObject({ exitCode: 3, stdout: '' });
    expect(login.stderr).toContain(`error: ${noSpace('@session').message}\n`);
    const exec = await machine.atmos('auth exec -- true');
    expect(exec).toMatchObject({ exitCode: 0, stdout: '' });
    expect(exec.stderr).toBe(
      `warning: the session is used, but could not be stored: ${noSpace('@session').message}\n`,
    );

    const { filler: _, ...after } = storedIn({ home: disk });
    expect(after).toEqual(before);
  });

  test('that is read-only is only read', async () => {
    const machine = await openConfiguredMachine();
    const disk = mountTmpfs('size=64k');
    const keyring = join(disk, 'keyring');
    cpSync(machine.keyring, keyring, { recursive: true });
    machine.env['ATMOS_KEYRING_FILE_PATH'] = keyring;
    const { exitCode } = await machine.run('mount', ['-o', 'remount,ro', disk]);
    expect(exitCode).toBe(0);
    const before = storedIn({ home: disk });

    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { input: keyOnStdin },
      {
        exitCode: 3,
        message: `cannot lock ${keyring}/.state/lock: the file system is read-only`,
        hints: ['export ATMOS_KEYRING_FILE_PATH=<a directory that can be written>'],
      },
    );
    expect((await machine.atmos('auth keyring list --long')).stdout).toContain(nameOfKey);
    expect(storedIn({ home: disk })).toEqual(before);

    // An entry that another program made without writing our state.
    await machine.run('mount', ['-o', 'remount,rw', disk]);
    rmSync(join(keyring, '.state'), { recursive: true });
    await machine.run('mount', ['-o', 'remount,ro', disk]);
    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { input: keyOnStdin },
      {
        exitCode: 3,
        message: `cannot make ${keyring}/.state: the file system is read-only`,
        hints: ['export ATMOS_KEYRING_FILE_PATH=<a directory that can be written>'],
      },
    );
  });
});

function fill(disk: string): void {
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
    try {
      writeFileSync(join(disk, 'filler'), Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}
