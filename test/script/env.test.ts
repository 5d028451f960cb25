import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import {
  configOf,
  openConfiguredMachine,
  openMachine,
  password,
  sessionCalls,
  type Machine,
} from './machine.ts';
import { expectError, storedIn } from './stored.ts';

test('mode process opens neither the keyring nor the network', async () => {
  const machine = await openConfiguredMachine();
  const { stdout: expected } = await machine.atmos('auth env');
  // A keyring that cannot be opened, without a password or a server.
  writeFileSync(join(machine.keyring, '.state/version'), '99\n');
  chmodSync(machine.keyring, 0o777);
  delete machine.env['ATMOS_KEYRING_PASSWORD'];
  await machine.sts.close();
  const before = storedIn(machine);

  expect(await machine.atmos('auth env')).toEqual({
    exitCode: 0,
    stdout: expected,
    stderr:
      'warning: programs are never prompted for the password of the file keyring, and ATMOS_KEYRING_PASSWORD is not set\n' +
      'hint: atmos auth keyring unlock\n' +
      'hint: export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>\n',
  });
  expect(storedIn(machine)).toEqual(before);
});

test('mode process loads no module that could open them', async () => {
  const machine = await openConfiguredMachine();
  expect(await loadedBy(machine, 'auth env')).not.toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^(backend|file-keyring|memory|registry|lock|native|koffi|sts|open)\b/),
    ]),
  );
  // The same module names are loaded where a session is used.
  const others = await loadedBy(machine, 'auth env --credentials env');
  for (const name of [/^file-keyring\b/, /^sts\b/, /^open\b/]) {
    expect(others).toContainEqual(expect.stringMatching(name));
  }
});

test('the profile finds the project, the realm and the keyring again, whatever the variables are', async () => {
  const machine = await openMachine();
  const { atmos, home } = machine;
  const profile = join(machine.project, 'profiles/night');
  mkdirSync(profile, { recursive: true });
  writeFileSync(join(profile, 'auth.yaml'), 'auth:\n  realm: night\n');
  const keyring = join(home, 'a keyring');
  const pinned = { env: { ATMOS_PROFILE: 'night', ATMOS_KEYRING_FILE_PATH: keyring } };
  await atmos('auth user configure --stdin', { ...pinned, input: keyJson() });
  const { stdout } = await atmos('auth env -f json', pinned);
  const handle =
    /--handle (\S+)$/m.exec(readFileSync(JSON.parse(stdout).AWS_CONFIG_FILE, 'utf8'))?.[1] ?? '';

  const options = {
    directory: '/',
    env: { ATMOS_AUTH_REALM: 'day', ATMOS_IDENTITY: 'nobody', ATMOS_KEYRING_TYPE: 'memory' },
  };
  const answer = await atmos(`auth credential-process --handle ${handle}`, options);
  expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(answer.stdout)).toMatchObject({ Version: 1 });
  expect(Object.keys(storedIn({ home: keyring }))).toContain('atmos_night_emergency-user@session');

  const file = handle;
  expect(dirname(file)).toBe(join(home, '.local/state/atmos/handles'));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(password);
  writeFileSync(file, readFileSync(file, 'utf8').replace('night', 'noon'));
  expectError(await atmos(`auth credential-process --handle ${handle}`, options), {
    exitCode: 2,
    message: `the handle "${handle}" was changed after it was made`,
    hints: ['to write a new one: atmos auth env'],
  });
  rmSync(file);
  expect(await atmos(`auth credential-process --handle ${handle}`, options)).toMatchObject({
    exitCode: 2,
    stdout: '',
  });
});

test("a shell evaluates the output to the exact values, and unsets another tool's variables", async () => {
  const machine = await openConfiguredMachine();
  machine.writeConfig(configOf(machine, { identity: 'credentials:\n  region: eu-central-1' }));
  const others = {
    AWS_PROFILE: 'other',
    AWS_ACCESS_KEY_ID: 'AKIAI44QH8DHBEXAMPLE',
    AWS_ROLE_ARN: 'arn',
    AWS_REGION: 'us-west-1',
  };
  const show =
    'eval "$1"; echo "${AWS_ACCESS_KEY_ID-none} ${AWS_ROLE_ARN-none} ${AWS_PROFILE-none} $AWS_REGION"';

  const { stdout: profileLines } = await machine.atmos('auth env');
  const inProfile = await machine.run('sh', ['-c', show, 'sh', profileLines], { env: others });
  expect(inProfile).toEqual({
    exitCode: 0,
    stdout: 'none none emergency-user eu-central-1\n',
    stderr: '',
  });

  const { stdout: sessionLines } = await machine.atmos('auth env --credentials env');
  const inSession = await machine.run('sh', ['-c', show, 'sh', sessionLines], { env: others });
  expect(inSession.stdout).toMatch(/^ASIA\w{16} none none eu-central-1\n$/);
  expect(sessionCalls(machine)).toHaveLength(1);
});

const shells = [
  ['sh', 'bash', 'eval "$(atmos auth env -i other)"', 'eval "$(atmos auth env --unset)"'],
  ['bash', 'bash', 'eval "$(atmos auth env -i other)"', 'eval "$(atmos auth env --unset)"'],
  ['dash', 'bash', 'eval "$(atmos auth env -i other)"', 'eval "$(atmos auth env --unset)"'],
  ['zsh', 'bash', 'eval "$(atmos auth env -i other)"', 'eval "$(atmos auth env --unset)"'],
  ['fish', 'fish', 'atmos auth env -i other | source', 'atmos auth env --unset | source'],
] as const;
const installed = shells.filter(([shell]) =>
  ['/bin', '/usr/bin'].some((directory) => existsSync(join(directory, shell))),
);

test.each(installed)(
  'a shell keeps the selected identity until it is unset: %s',
  async (...given) => {
    const [shell, format, choose, takeBack] = given;
    const machine = await openConfiguredMachine();
    const { sts, home } = machine;
    machine.writeConfig(
      `${configOf(machine)}    other:\n      kind: aws/user\n      spec:\n        endpoint_url: ${sts.url}\n`,
    );
    const bin = join(home, 'bin');
    mkdirSync(bin);
    const program = `#!/bin/sh\nexec '${process.execPath}' '${builtCli()}' "$@"\n`;
    writeFileSync(join(bin, 'atmos'), program, { mode: 0o755 });
    const status = format === 'fish' ? '$status' : '$?';
    const lines = ['atmos auth whoami', choose, `echo ${status}`, 'atmos auth whoami', takeBack];
    const script = [...lines, `echo ${status}`, 'atmos auth whoami'].join('\n');
    const env = {
      PATH: `${bin}:${machine.env['PATH']}`,
      ATMOS_AUTH_ENV_FORMAT: format,
    };
    const { stdout, stderr } = await machine.run(shell, ['-c', script], { env });
    expect(stdout).toBe('0\n0\n');
    expect(stderr.match(/(?<=^error: .*identity )[\w-]+/gm)).toEqual([
      'emergency-user',
      'other',
      'emergency-user',
    ]);
  },
);

test('a GitHub job masks its secrets before they are written', async () => {
  const machine = await openConfiguredMachine();
  const file = join(machine.home, 'github-env');
  writeFileSync(file, 'BEFORE=1\n');
  const env = { GITHUB_ENV: file, CI: 'true' };
  const { exitCode, stdout, stderr } = await machine.atmos('auth env --credentials env -f github', {
    env,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const written = readFileSync(file, 'utf8');
  expect(written).toMatch(/^BEFORE=1\nATMOS_AUTH_ENV_SET=[^]*\nAWS_ACCESS_KEY_ID=ASIA/);
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    const value = new RegExp(`^${name}=(.+)$`, 'm').exec(written)?.[1];
    expect(stdout).toContain(`::add-mask::${value}\n`);
  }
  expectError(await machine.atmos('auth env -f github'), {
    exitCode: 2,
    message: 'the format github writes to the file of GITHUB_ENV, which is not set',
    hints: ['add --output-file <file>'],
  });
});

/** The names of the modules that a command has loaded when it exits. */
async function loadedBy(machine: Machine, command: string): Promise<string[]> {
  const hook = join(machine.home, 'loaded.cjs');
  const list = join(machine.home, 'loaded.json');
  writeFileSync(
    hook,
    `process.once('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`,
  );
  const args = ['--require', hook, builtCli(), ...command.split(' ')];
  const { exitCode } = await machine.run(process.execPath, args);
  expect(exitCode).toBe(0);
  const loaded: string[] = JSON.parse(readFileSync(list, 'utf8'));
  return loaded.map((path) => basename(path));
}

function keyJson(): string {
  return JSON.stringify({
    AccessKey: {
      AccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
  });
}
