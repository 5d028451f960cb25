import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { openDesk, sessionCalls, storedKey, user, yamlOf, type Desk } from './desk.ts';

interface Started {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A host that records programs instead of starting them, and returns this exit. */
function noting(exitCode: number | null = 0, signal: NodeJS.Signals | null = null) {
  const started: Started[] = [];
  const spawn: Host['spawn'] = (program, args, { env }) => {
    started.push({ program, args, env });
    return { ended: Promise.resolve({ exitCode, signal }), kill: () => {} };
  };
  return { host: { spawn }, started };
}

const ambient = {
  AWS_ACCESS_KEY_ID: 'AKIAAMBIENT',
  AWS_PROFILE: 'ambient',
  AWS_REGION: 'eu-west-1',
  ATMOS_MFA_TOKEN: '000000',
  CREDENTIALS_DIRECTORY: '/run/credentials/unit',
  TERM: 'xterm',
};

async function exec(desk: Desk, line: string, env = {}) {
  const { host, started } = noting();
  const result = await desk.run(line, { host, env: { ...ambient, ...env } });
  return { ...result, child: started[0] };
}

describe('a program', () => {
  test('gets the session, but no other credentials and none of our secrets', async () => {
    const desk = await openDesk({ entries: storedKey });
    const { child, ...result } = await exec(desk, 'auth exec -- terraform plan -out=x --help');
    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(child).toEqual({
      program: 'terraform',
      args: ['plan', '-out=x', '--help'],
      env: {
        PATH: desk.env['PATH'],
        TERM: 'xterm',
        XDG_DATA_HOME: desk.env['XDG_DATA_HOME'],
        XDG_STATE_HOME: desk.env['XDG_STATE_HOME'],
        AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
        AWS_SECRET_ACCESS_KEY: expect.stringMatching(/^.{40}$/),
        AWS_SESSION_TOKEN: expect.any(String),
        AWS_CREDENTIAL_EXPIRATION: '2026-01-01T12:00:00Z',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_REGION: 'eu-west-1',
        ATMOS_IDENTITY: 'dev',
      },
    });
    expect(JSON.stringify(child)).not.toContain(testPassword);
    expect(JSON.stringify(child)).not.toContain(user.secretAccessKey);
  });

  test.each([
    ['the configured region', 'credentials:\n  region: eu-central-1', {}, 'eu-central-1'],
    ['the region of the environment if none is configured', '', {}, undefined],
    ['no region that no one has chosen', '', { AWS_REGION: undefined }, undefined],
  ])('gets %s', async (_, identity, env, region) => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(yamlOf(desk, { identity }));
    const { child } = await exec(desk, 'auth exec -- x', env);
    expect(child?.env['AWS_DEFAULT_REGION']).toBe(region);
    expect(child?.env['AWS_REGION']).toBe(
      region ?? ('AWS_REGION' in env ? undefined : 'eu-west-1'),
    );
  });

  test.each([
    [7, null, 7],
    [null, 'SIGTERM', 143],
    [null, 'SIGKILL', 137],
  ] as const)('ends with %j and %j: exit code %i', async (exitCode, signal, code) => {
    const desk = await openDesk();
    const { host } = noting(exitCode, signal);
    expect(await desk.run('auth exec -i off -- x', { host })).toEqual({
      exitCode: code,
      stdout: '',
      stderr: '',
    });
  });

  test('may be missing', async () => {
    const desk = await openDesk();
    const spawn: Host['spawn'] = () => ({
      ended: Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' })),
      kill: () => {},
    });
    expect(await desk.run('auth exec -i off -- ./x', { host: { spawn } })).toMatchObject({
      code: 'ERR_COMMAND_NOT_FOUND',
      exitCode: 127,
      stdout: '',
    });
  });

  test.each(['false', 'off', 'no', '0'])(
    'without authentication (-i %s) keeps its AWS variables, and gets no secret of our own',
    async (off) => {
      const desk = await openDesk();
      const { child, ...result } = await exec(desk, `auth exec -i ${off} -- x`, {
        ATMOS_KEYRING_PASSWORD_ENV: 'MY_PASSWORD',
        MY_PASSWORD: 'another secret',
      });
      expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect(child?.env).toEqual({
        PATH: desk.env['PATH'],
        TERM: 'xterm',
        XDG_DATA_HOME: desk.env['XDG_DATA_HOME'],
        XDG_STATE_HOME: desk.env['XDG_STATE_HOME'],
        AWS_ACCESS_KEY_ID: 'AKIAAMBIENT',
        AWS_PROFILE: 'ambient',
        AWS_REGION: 'eu-west-1',
        ATMOS_KEYRING_PASSWORD_ENV: 'MY_PASSWORD',
      });
      expect(desk.stored()).toEqual({});
    },
  );

  test('is not started without a session', async () => {
    const desk = await openDesk();
    const { child, ...result } = await exec(desk, 'auth exec -- x');
    expect(result).toMatchObject({ code: 'ERR_AUTH_KEYS_MISSING', exitCode: 4, stdout: '' });
    expect(child).toBeUndefined();
  });
});

describe('in mode process', () => {
  const command = 'auth exec --credentials process -- x';

  test('gets a profile, and nothing is opened', async () => {
    const desk = await openDesk({ entries: storedKey });
    const file = join(desk.root, 'password');
    writeFileSync(file, testPassword, { mode: 0o600 });
    const { child, ...result } = await exec(desk, command, { ATMOS_KEYRING_PASSWORD_FILE: file });
    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const { env = {} } = child ?? {};
    expect(env).toMatchObject({ AWS_PROFILE: 'dev', AWS_REGION: 'eu-west-1' });
    expect(
      Object.keys(env).filter((name) => /ACCESS_KEY|SESSION_TOKEN|PASSWORD$/.test(name)),
    ).toEqual([]);
    expect(sessionCalls(desk)).toBe(0);
  });

  test.each([
    [
      'file',
      'the password of the file keyring (ATMOS_KEYRING_PASSWORD) is not passed on to programs, so --credentials process cannot work',
      'hint: atmos auth keyring unlock\nhint: export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>\n',
    ],
    [
      'memory',
      'the memory keyring (from ATMOS_KEYRING_TYPE) cannot be read by another process, so --credentials process cannot work',
      '',
    ],
  ])(
    'is refused for the keyring %s, whose password or entries the profile would not find',
    async (type, message, hint) => {
      const desk = await openDesk({ entries: storedKey });
      const { child, ...result } = await exec(desk, command, { ATMOS_KEYRING_TYPE: type });
      expect(result).toEqual({
        code: 'ERR_USAGE',
        exitCode: 2,
        stdout: '',
        stderr: `error: ${message}\nhint: use --credentials env\n${hint}`,
      });
      expect(child).toBeUndefined();
    },
  );

  test('uses mode env, with a warning, when the path of our program cannot be written in an AWS file', async () => {
    const desk = await openDesk({ entries: storedKey });
    const { host, started } = noting();
    const file = join(desk.root, 'password');
    writeFileSync(file, testPassword, { mode: 0o600 });
    const result = await desk.run(command, {
      host: { ...host, scriptPath: '/opt/100%/main.cjs' },
      env: { ATMOS_KEYRING_PASSWORD_FILE: file },
    });
    expect(result).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        'warning: the path of this program cannot be written in an AWS file, so the credentials are set in the environment\n',
    });
    expect(started[0]?.env['AWS_SESSION_TOKEN']).toEqual(expect.any(String));
  });
});

describe('env: of the configuration', () => {
  const hostile = 'LD_PRELOAD: /x/evil.so\nNODE_OPTIONS: --require /x/evil.js\nAWS_PROFILE: evil\n';
  const indent = (lines: string) => lines.replaceAll(/^(?=.)/gm, '  ');

  test('takes precedence over the environment; env: of the identity over that, and the credentials over both', async () => {
    const desk = await openDesk({ entries: storedKey });
    const identity = `env:
  - { key: TF_VAR_shared, value: identity }
  - { key: AWS_PAGER, value: '' }
  - { key: AWS_REGION, value: ap-south-1 }
  - { key: AWS_EC2_METADATA_DISABLED, value: 'false' }`;
    const project =
      'TF_VAR_shared: project\nTF_INPUT: false\nTF_VAR_count: 3\nAWS_REGION: sa-east-1\n';
    desk.configure(`${yamlOf(desk, { identity })}env:\n${indent(project)}`);
    const { child, ...result } = await exec(desk, 'auth exec -- x');
    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(child?.env).toMatchObject({
      TF_VAR_shared: 'identity',
      TF_INPUT: 'false',
      TF_VAR_count: '3',
      AWS_PAGER: '',
      AWS_REGION: 'ap-south-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
    });
    expect(child?.env).not.toHaveProperty('AWS_DEFAULT_REGION');
  });

  test('takes precedence without authentication also, and then no env: of an identity is set', async () => {
    const desk = await openDesk();
    const identity = 'env: [{ key: TF_VAR_identity, value: x }]';
    desk.configure(`${yamlOf(desk, { identity })}env: { TF_VAR_project: y }\n`);
    const { child } = await exec(desk, 'auth exec -i off -- x');
    expect(child?.env).toMatchObject({ TF_VAR_project: 'y', AWS_PROFILE: 'ambient' });
    expect(child?.env).not.toHaveProperty('TF_VAR_identity');
  });

  test.each(['env', 'process'])('sets no region for the credentials: mode %s', async (mode) => {
    const desk = await openDesk({ entries: storedKey });
    const file = join(desk.root, 'password');
    writeFileSync(file, testPassword, { mode: 0o600 });
    const identity = 'credentials:\n  region: eu-central-1\nenv: [{ key: TF_VAR_a, value: b }]';
    desk.configure(`${yamlOf(desk, { identity })}env: { AWS_REGION: sa-east-1 }\n`);
    const { child } = await exec(desk, `auth exec --credentials ${mode} -- x`, {
      ATMOS_KEYRING_PASSWORD_FILE: file,
    });
    expect(child?.env).toMatchObject({ TF_VAR_a: 'b', AWS_REGION: 'eu-central-1' });
  });

  test('never sets variables that load code or select credentials, at any level', async () => {
    const desk = await openDesk({ entries: storedKey });
    const identity = `env:
  - { key: Bash_Env, value: /x/evil.sh }
  - { key: GIT_SSH_COMMAND, value: evil }
  - { key: AWS_ROLE_ARN, value: evil }
  - { key: TF_VAR_fine, value: fine }`;
    const config = desk.configure(`${yamlOf(desk, { identity })}env:\n${indent(hostile)}`);
    const { child, exitCode, stderr } = await exec(desk, 'auth exec -- x');
    expect(exitCode).toBe(0);
    const why =
      ': a configuration must not set variables that load code, run as a command, or decide whose credentials count';
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual([
      expect.stringContaining('programs do not get env.AWS_PROFILE ('),
      expect.stringContaining('programs do not get Bash_Env ('),
    ]);
    expect(lines[0]).toContain(
      `, env.LD_PRELOAD (${config}:17:15), env.NODE_OPTIONS (${config}:18:17)${why}`,
    );
    expect(lines[1]).toContain(`, GIT_SSH_COMMAND (${config}:13:`);
    expect(lines[1]).toContain(`, AWS_ROLE_ARN (${config}:14:`);
    expect(child?.env).toMatchObject({ TF_VAR_fine: 'fine' });
    expect(Object.keys(child?.env ?? {})).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^(LD_|NODE_|GIT_|bash_env|AWS_PROFILE|AWS_ROLE)/i),
      ]),
    );
  });

  test('sets other variables that may be harmful only in a trusted file', async () => {
    const desk = await openDesk({ entries: storedKey });
    const identity = "env: [{ key: HTTPS_PROXY, value: 'http://u:secret@proxy.example' }]";
    const config = desk.configure(yamlOf(desk, { identity }));
    const refused = await exec(desk, 'auth exec -- x');
    expect(refused).toMatchObject({ code: 'ERR_CONFIG_UNTRUSTED', exitCode: 2, child: undefined });
    expect(refused.stderr).toContain(
      'it sets HTTPS_PROXY to "http://…@proxy.example" for programs',
    );
    expect(refused.stderr).toContain(config);
    expect(sessionCalls(desk)).toBe(0);

    const { child } = await exec(desk, 'auth exec -- x', { ATMOS_AUTH_TRUST: '1' });
    expect(child?.env['HTTPS_PROXY']).toBe('http://u:secret@proxy.example');

    desk.configure(`${yamlOf(desk)}env: { PATH: ./bin }\n`);
    expect(await exec(desk, 'auth exec -i off -- x')).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      child: undefined,
    });
  });

  test.each([
    ['of the project', '', "env: { 'LD_PRELOAD=/x/evil.so#': y }\n"],
    ['of an identity', "env: [{ key: 'LD_PRELOAD=/x/evil.so#', value: y }]", ''],
    ['with NUL', 'env: [{ key: A, value: "secret\\0" }]', ''],
  ])('contains only what an environment can: %s', async (_, identity, project) => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(`${yamlOf(desk, { identity })}${project}`);
    const { child, stderr, ...result } = await exec(desk, 'auth exec -- x');
    expect(result).toEqual({ code: 'ERR_CONFIG_INVALID', exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /is not a name for an environment variable\nhint: |contains a NUL character/,
    );
    expect(stderr).not.toContain('secret');
    expect(child).toBeUndefined();
  });
});
