import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { openPty } from '../support/pty.ts';
import { formsOf, secretsIn, textsUnder, watchCommandLines } from './canary.ts';
import { accessKey, configOf, keyOnStdin, mfaDevice, openMachine, type Result } from './machine.ts';

const limitMs = 120_000;
const { secretAccessKey } = accessKey;
const password = 'Canary "in" \\ the coal-mine / & 100 % Käfig?';
const codes = { used: '918273', typed: '645362' };
const withMfa = { identity: `credentials:\n  mfa_arn: ${mfaDevice}` };
const tellAll = ['-e', 'console.log(JSON.stringify({ argv: process.argv, env: process.env }))'];

let stopWatching = () => {};
afterEach(() => stopWatching());

test('a canary is found in every encoding', () => {
  const around = (text: string) => `${'x'.repeat(7)}${text}${'y'.repeat(5)}`;
  const disguises = [
    secretAccessKey,
    secretAccessKey.slice(5, 20),
    secretAccessKey.split('').toReversed().join(''),
    encodeURIComponent(secretAccessKey),
    Buffer.from(secretAccessKey).toString('hex'),
    ...[0, 1, 2].map((at) =>
      Buffer.from('z'.repeat(at) + around(secretAccessKey)).toString('base64url'),
    ),
    JSON.stringify({ nested: JSON.stringify({ secretAccessKey }) }),
  ];
  for (const disguise of disguises)
    expect(secretsIn(disguise, { secretAccessKey })).toEqual(['secretAccessKey']);
  expect(secretsIn(JSON.stringify(password), { password })).toEqual(['password']);
  expect(secretsIn('nothing of the kind', { secretAccessKey, password })).toEqual([]);
  expect(formsOf(codes.used)).toContain('OTE4Mjc');
});

test.skipIf(process.platform !== 'linux')(
  'the main job leaks no secret (process command lines are read from /proc: skipped without it)',
  { timeout: limitMs },
  async () => {
    const machine = await openMachine({ mfaCodes: Object.values(codes) });
    const { atmos } = machine;
    machine.writeConfig(configOf(machine, withMfa));
    machine.env['ATMOS_KEYRING_PASSWORD'] = password;
    // The log has its most detailed level.
    const logs = { ATMOS_LOGS_LEVEL: 'Trace', ATMOS_LOGS_FILE: join(machine.root, 'atmos.log') };
    Object.assign(machine.env, logs);
    const watch = watchCommandLines();
    stopWatching = watch.stop;
    const secrets: Record<string, string> = { secretAccessKey, password, ...codes };
    const outputs: Record<string, string> = {};
    const note = (command: string, { stdout, stderr }: Result) => {
      outputs[`${command}, ${Object.keys(outputs).length}`] = `${stdout}\n${stderr}`;
    };
    const run = async (command: string, exitCode = 0, env = {}, input = '') => {
      const result = await atmos(command, { env, input });
      expect({ command, exitCode: result.exitCode }).toEqual({ command, exitCode });
      note(command, result);
    };

    await run('auth user configure --stdin', 0, {}, keyOnStdin);
    await run('auth login', 0, { ATMOS_MFA_TOKEN: codes.used });
    const product = await atmos('auth credential-process');
    note('auth credential-process', { ...product, stdout: '' });
    const { SecretAccessKey, SessionToken } = JSON.parse(product.stdout);
    const session: Record<string, string> = { SecretAccessKey, SessionToken };
    Object.assign(secrets, session);

    await run('auth whoami');
    await run('auth whoami -o json');
    for (const format of ['bash', 'fish', 'powershell', 'dotenv', 'env', 'json'])
      await run(`auth env -f ${format}`);
    await run('auth env -f github -o github-env');
    note('auth env --credentials env', {
      ...(await atmos('auth env --credentials env')),
      stdout: '',
    });
    await run('auth keyring status -o json');
    await run('auth keyring list --long');
    await run('auth login --force', 4, { ATMOS_MFA_TOKEN: codes.used });
    await run('auth login', 3, { ATMOS_KEYRING_PASSWORD: `${password}!` });
    await run('auth user configure --stdin', 2, {}, keyOnStdin.slice(0, -3));
    await run('auth user configure --stdin', 2, {}, keyOnStdin.replace('AKIA', 'ASIA'));
    await run(
      'auth user configure --stdin',
      2,
      {},
      JSON.stringify({ access_key_id: secretAccessKey, secret_access_key: password }),
    );
    const echo = `the key ${secretAccessKey} (${encodeURIComponent(secretAccessKey)}), the code ${codes.used}`;
    machine.sts.script({ fail: { code: 'ValidationError', message: echo, status: 400 } });
    await run('auth login --force', 1, { ATMOS_MFA_TOKEN: codes.used });
    machine.sts.script({ raw: { status: 200, body: echo } });
    await run('auth login --force', 1, { ATMOS_MFA_TOKEN: codes.used });

    // A user logs in. The typed text is not shown.
    const terminal = openPty(process.execPath, [builtCli(), 'auth', 'login', '--force'], {
      env: {
        PATH: machine.env['PATH'] ?? '',
        HOME: machine.home,
        TERM: 'xterm',
        ATMOS_AUTH_TRUST: '1',
        ...logs,
      },
      cwd: machine.project,
    });
    await terminal.waitFor('Password of the keyring');
    terminal.type(`${password}\r`);
    await terminal.waitFor('MFA code of');
    terminal.type(`${codes.typed}\r`);
    expect(await terminal.ended).toMatchObject({ exitCode: 0 });
    expect(secretsIn(terminal.shown(), { secretAccessKey, password })).toEqual([]);

    const given = { ATMOS_MFA_TOKEN: codes.used, CREDENTIALS_DIRECTORY: machine.home };
    const child = await atmos(['auth', 'exec', '--', process.execPath, ...tellAll], { env: given });
    const told: { argv: string[]; env: Record<string, string> } = JSON.parse(child.stdout);
    expect(Object.keys(told.env)).toEqual(
      expect.arrayContaining(['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'HOME', 'PATH']),
    );
    expect(Object.keys(told.env)).not.toEqual(expect.arrayContaining(['CREDENTIALS_DIRECTORY']));
    expect(secretsIn(JSON.stringify(told), { secretAccessKey, password, ...codes })).toEqual([]);
    const { AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '' } = told.env;
    Object.assign(secrets, { second: AWS_SECRET_ACCESS_KEY, secondToken: AWS_SESSION_TOKEN });
    note('auth exec', { ...child, stdout: '' });

    await run('auth logout --all --keychain --force');
    await run('auth login', 4);

    const log = readFileSync(logs.ATMOS_LOGS_FILE, 'utf8');
    for (const event of ['key.saved', 'session.opened', 'mfa.asked', 'aws.failed', 'store.read'])
      expect(log).toContain(` ${event} pid=`);
    for (const [command, output] of Object.entries(outputs)) {
      expect({ command, found: secretsIn(output, secrets) }).toEqual({ command, found: [] });
    }
    for (const [file, text] of Object.entries(textsUnder(machine.root))) {
      expect({ file, found: secretsIn(text, secrets) }).toEqual({ file, found: [] });
    }
    const lines = watch.stop();
    expect(lines.some((line) => line.includes('auth\0login'))).toBe(true);
    for (const line of lines) {
      expect({ line, found: secretsIn(line, secrets) }).toEqual({ line, found: [] });
    }
  },
);

test('a secret in the wrong place of atmos.yaml is not quoted', async () => {
  const machine = await openMachine();
  const { atmos } = machine;
  const misplaced = [
    `credentials:\n  access_key_id: AKIAIOSFODNN7EXAMPLE\n  secret_access_key: [${secretAccessKey}]`,
    `credentials:\n  secret_access_key: !secret ${secretAccessKey}`,
    `credentials: ${secretAccessKey}`,
    `credentials:\n  secret_access_key: "${secretAccessKey}`,
    `credentials:\n  secret_access_key: *${secretAccessKey.replaceAll(/\W/g, '')}`,
    `env:\n  - key: TOKEN\n    value: {${secretAccessKey}: 1}`,
  ];
  for (const identity of misplaced) {
    machine.writeConfig(configOf(machine, { identity }));
    const { exitCode, stdout, stderr } = await atmos('auth login');
    expect({ identity, exitCode, stdout }).toEqual({ identity, exitCode: 2, stdout: '' });
    expect({ stderr, found: secretsIn(stderr, { secretAccessKey }) }).toEqual({
      stderr,
      found: [],
    });
  }
});

test('in mode process the program gets no secret, only the way to request one', async () => {
  const machine = await openMachine();
  machine.env['ATMOS_KEYRING_PASSWORD'] = password;
  await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
  await machine.atmos('auth login');
  const { stdout: product } = await machine.atmos('auth credential-process');
  const { SecretAccessKey, SessionToken } = JSON.parse(product);
  machine.writeConfig(
    configOf(machine, {
      keyring: 'type: file\nspec:\n  password_command: printf %s "$PASSWORD_STORE"',
    }),
  );
  delete machine.env['ATMOS_KEYRING_PASSWORD'];
  const child = await machine.atmos(
    ['auth', 'exec', '--credentials', 'process', '--', process.execPath, ...tellAll],
    { env: { ATMOS_AUTH_TRUST: '1' } },
  );
  expect(child).toMatchObject({ exitCode: 0, stderr: '' });
  expect(child.stdout).toContain('AWS_CONFIG_FILE');
  expect(
    secretsIn(child.stdout, { secretAccessKey, password, SecretAccessKey, SessionToken }),
  ).toEqual([]);
});
