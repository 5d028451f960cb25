import { writeFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { audience, issuer, jwks, validToken } from '../clouds/jwt.ts';
import { secretsIn, textsUnder } from './canary.ts';
import {
  accessKey,
  keyOnStdin,
  mfaDevice,
  openMachine,
  sessionCalls,
  type Machine,
  type MachineOptions,
  type Result,
  type RunOptions,
} from './machine.ts';

// Kinds whose credentials come from outside of this program, run by the built program.

const roleArn = 'arn:aws:iam::123456789012:role/deploy';
const requestToken = 'CanaryOfTheRequestTokenOfTheJob';
const session = {
  Version: 1,
  AccessKeyId: 'ASIAOFTHEPROGRAM0000',
  SecretAccessKey: 'CanarySecretOfTheProgram0123456789abcdef',
  SessionToken: 'CanarySessionTokenOfTheProgram',
};

/** Of the test that runs. No command shows them, unless it is its purpose. */
let secrets: Record<string, string> = {};
beforeEach(() => void (secrets = {}));

/** A machine with this content of `auth`, in which every command is allowed. */
async function machineWith(auth: string, options: MachineOptions = {}): Promise<Machine> {
  const machine = await openMachine(options);
  machine.writeConfig(`auth:\n  realm: script\n  keyring: { type: file }\n${auth}`);
  machine.env['ATMOS_AUTH_TRUST'] = '1';
  return machine;
}

/** Runs a command that shows no secret. */
async function run(machine: Machine, command: string, options?: RunOptions): Promise<Result> {
  const result = await machine.atmos(command, options);
  expect(secretsIn(result.stdout + result.stderr, secrets)).toEqual([]);
  return result;
}

describe('an identity of kind ambient', () => {
  const auth = '  identities: { here: { kind: ambient, default: true } }\n';

  test('changes nothing, stores nothing and needs no login', async () => {
    const machine = await machineWith(auth);
    const env = { AWS_ACCESS_KEY_ID: 'AKIAOFTHEUSER0000000', AWS_PROFILE: 'mine' };
    expect(await run(machine, 'auth validate')).toMatchObject({ exitCode: 0 });
    expect(await run(machine, 'auth login', { env })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'Nothing to do: programs use the credentials of their environment as here\n',
    });
    const shown = await run(machine, 'auth env', { env });
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).not.toMatch(/AWS_/);
    const child = await run(machine, 'auth exec -- sh -c env', { env });
    expect(child.stdout).toContain('AWS_ACCESS_KEY_ID=AKIAOFTHEUSER0000000\n');
    expect(child.stdout).toContain('AWS_PROFILE=mine\n');
    expect(child.stdout).toContain('ATMOS_IDENTITY=here\n');
    const who = await run(machine, 'auth whoami -o json');
    expect(who.exitCode).toBe(0);
    expect(JSON.parse(who.stdout)).toMatchObject({ identity: 'here', provider: 'ambient' });
    expect(await run(machine, 'auth logout here')).toMatchObject({ exitCode: 0 });
    expect(await run(machine, 'auth keyring list')).toMatchObject({ exitCode: 0 });
    expect(await run(machine, 'auth keyring status')).toMatchObject({ exitCode: 0 });
  });

  test('has no credentials for credential-process', async () => {
    const machine = await machineWith(auth);
    const result = await run(machine, 'auth credential-process');
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('it has no credentials of its own');
  });
});

describe('an identity of kind aws/ambient', () => {
  const keys = {
    AWS_ACCESS_KEY_ID: accessKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
  };
  const open = async () => {
    const machine = await openMachine();
    machine.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    machine.writeConfig(`auth:
  realm: script
  keyring: { type: file }
  identities:
    here:
      kind: aws/ambient
      default: true
      principal: { region: eu-west-1 }
      spec: { endpoint_url: ${machine.sts.url} }
`);
    secrets = { key: accessKey.secretAccessKey };
    return machine;
  };

  test('is the identity of the environment, and only adds the region', async () => {
    const machine = await open();
    expect(await run(machine, 'auth validate')).toMatchObject({ exitCode: 0 });
    const login = await run(machine, 'auth login', { env: keys });
    expect(login.stderr).toMatch(/^Nothing to do/);
    const who = await run(machine, 'auth whoami -o json', { env: keys });
    expect(JSON.parse(who.stdout)).toMatchObject({
      provider: 'aws-ambient',
      principal: 'arn:aws:iam::123456789012:user/emergency',
      region: 'eu-west-1',
    });
    const shown = await run(machine, 'auth env', { env: keys });
    expect(shown.stdout).toContain('AWS_REGION=');
    expect(shown.stdout).not.toMatch(/unset AWS_ACCESS|AWS_PROFILE|AWS_EC2/);
    const child = await machine.atmos('auth exec -- sh -c env', { env: keys });
    expect(child.stdout).toContain(`AWS_SECRET_ACCESS_KEY=${accessKey.secretAccessKey}\n`);
    expect(child.stdout).toContain('AWS_REGION=eu-west-1\n');
    expect(await run(machine, 'auth logout here')).toMatchObject({ exitCode: 0 });
    const files = Object.values(textsUnder(machine.home)).join('\n');
    expect(secretsIn(files, secrets)).toEqual([]);
  });

  test('gives its credentials to credential-process', async () => {
    const machine = await open();
    const { stdout, exitCode } = await machine.atmos('auth credential-process', { env: keys });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      Version: 1,
      AccessKeyId: accessKey.accessKeyId,
      SecretAccessKey: accessKey.secretAccessKey,
    });
  });

  test('fails without credentials, and for a profile that leads back to it', async () => {
    const machine = await open();
    const none = await run(machine, 'auth credential-process');
    expect(none).toMatchObject({ exitCode: 4, stdout: '' });
    expect(none.stderr).toContain('the environment has no AWS credentials that can be used');
    const config = join(machine.home, 'aws-config');
    writeFileSync(
      config,
      `[profile p]\ncredential_process = atmos auth credential-process -i here\n`,
    );
    const env = { AWS_PROFILE: 'p', AWS_CONFIG_FILE: config };
    const loop = await run(machine, 'auth credential-process', { env });
    expect(loop.exitCode).toBe(4);
    expect(loop.stderr).toContain('would get them from the identity here itself');
  });

  test('fails for a profile that leads back to it through a role', async () => {
    const machine = await open();
    const role = `kind: aws/assume-role, via: { identity: here }, principal: { assume_role: '${roleArn}' }`;
    machine.writeConfig(`auth:
  realm: script
  keyring: { type: file }
  identities:
    here: { kind: aws/ambient, default: true, principal: { region: eu-west-1 } }
    role: { ${role}, spec: { endpoint_url: ${machine.sts.url} } }
`);
    const [config, child] = [join(machine.project, 'aws'), join(machine.project, 'child')];
    const command = `${process.execPath} ${builtCli()} auth credential-process -i role 2>> ${child}`;
    writeFileSync(config, `[profile p]\ncredential_process = sh -c "${command}"\n`);
    const env = { AWS_PROFILE: 'p', AWS_CONFIG_FILE: config };
    const loop = await run(machine, 'auth credential-process -i role', { env });
    expect(loop.exitCode).toBe(4);
    expect(loop.stderr).toContain('the profile p (AWS_PROFILE) gave none');
    // The SDK runs the command of the profile, and the program that it starts runs no other.
    const errors = readFileSync(child, 'utf8').match(/^error: .*/gm) ?? [];
    expect(new Set(errors).size).toBe(1);
    expect(errors[0]).toContain(
      'runs this program, which would get them from the identity here again',
    );
  });
});

describe('an identity of kind aws/credential-process', () => {
  const auth = `  identities:
    saml:
      kind: aws/credential-process
      default: true
      spec: { command: 'echo run >> runs; echo to-the-user >&2; cat answer' }
`;
  const open = async (answer: object) => {
    const machine = await machineWith(auth);
    writeFileSync(join(machine.project, 'answer'), JSON.stringify(answer));
    secrets = { secret: session.SecretAccessKey, token: session.SessionToken };
    return machine;
  };
  const runs = ({ project }: Machine) => readFileSync(join(project, 'runs'), 'utf8');
  const inOneHour = () => new Date(Date.now() + 3600_000).toISOString();

  test('keeps the session that the program prints until it expires', async () => {
    const machine = await open({ ...session, Expiration: inOneHour() });
    const first = await run(machine, 'auth login');
    expect(first.exitCode).toBe(0);
    expect(first.stderr).toMatch(/^to-the-user\n✓ Logged in as saml until /);
    expect((await run(machine, 'auth login')).stderr).toMatch(/^Already logged in as saml until /);
    expect(runs(machine)).toBe('run\n');
    const { stdout } = await machine.atmos('auth credential-process');
    expect(JSON.parse(stdout)).toMatchObject({ SessionToken: session.SessionToken });
    await run(machine, 'auth logout saml');
    await run(machine, 'auth login');
    expect(runs(machine)).toBe('run\nrun\n');
  });

  test('uses credentials without an expiry, and stores none', async () => {
    const machine = await open(session);
    expect(await run(machine, 'auth login')).toMatchObject({ exitCode: 0 });
    const child = await machine.atmos('auth exec -- sh -c env');
    expect(child.stdout).toContain(`AWS_SESSION_TOKEN=${session.SessionToken}\n`);
    expect(runs(machine)).toBe('run\nrun\n');
    expect((await run(machine, 'auth keyring list')).stdout).not.toContain('saml');
  });

  test('requests credentials without an expiry again, and whoami and list say so', async () => {
    const machine = await open({ ...session, Expiration: inOneHour() });
    machine.env['AWS_ENDPOINT_URL_STS'] = machine.sts.url;
    await run(machine, 'auth login');
    expect((await run(machine, 'auth keyring list')).stdout).toContain('saml');
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = accessKey;
    const key = { Version: 1, AccessKeyId, SecretAccessKey };
    writeFileSync(join(machine.project, 'answer'), JSON.stringify(key));
    secrets = { key: SecretAccessKey };
    const login = await run(machine, 'auth login --force');
    expect(login).toMatchObject({ exitCode: 0, stdout: '' });
    expect(login.stderr).toBe(
      'to-the-user\nThe credentials of saml have no expiry: they are not stored, and requested again for each use\n',
    );
    expect((await run(machine, 'auth keyring list')).stdout).not.toContain('saml');
    expect((await run(machine, 'auth list')).stdout).toContain('opened for each use');
    expect((await run(machine, 'auth login --plan')).stdout).toContain('it is never stored');
    const who = await run(machine, 'auth whoami');
    expect(who).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        'to-the-user\nsaml in account 123456789012, realm script: valid, without an expiry, requested again for each use\n',
    });
    expect(runs(machine)).toBe('run\nrun\nrun\n');
    await run(machine, 'auth logout saml');
    const after = await run(machine, 'auth whoami');
    expect(after.exitCode).toBe(4);
    expect(after.stderr).toContain('there is no session');
    expect(runs(machine)).toBe('run\nrun\nrun\n');
  });

  test('runs no program of a project that is not trusted', async () => {
    const machine = await open({ ...session, Expiration: inOneHour() });
    const result = await run(machine, 'auth login', { env: { ATMOS_AUTH_TRUST: undefined } });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('runs the credential command echo run');
    expect(() => runs(machine)).toThrow('ENOENT');
  });

  test('fails without quoting an output that is not an answer', async () => {
    const machine = await open([session]);
    const result = await run(machine, 'auth login');
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toContain('did not print one JSON object');
  });
});

describe('a role that is opened with a token', () => {
  const role = {
    roles: [{ arn: roleArn, trust: [{ issuer, audience }] }],
    issuers: [{ url: issuer, audiences: [audience], jwks }],
  };
  const open = async (provider: string) => {
    const machine = await machineWith('', { sts: role });
    machine.writeConfig(`auth:
  realm: script
  keyring: { type: file }
  providers: { ci: { ${provider} } }
  identities:
    deploy:
      kind: aws/assume-role
      default: true
      via: { provider: ci }
      principal: { assume_role: '${roleArn}', region: eu-west-1 }
      spec: { endpoint_url: ${machine.sts.url} }
`);
    return machine;
  };

  /** Logs in twice; only the first one needs the token. Nothing of it is stored. */
  async function expectLogin(machine: Machine, token: string, env = {}): Promise<void> {
    secrets = { token };
    expect(await run(machine, 'auth validate')).toMatchObject({ exitCode: 0 });
    const first = await run(machine, 'auth login', { env });
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stderr).toMatch(/^✓ Logged in as deploy until /);
    expect((await run(machine, 'auth login')).stderr).toMatch(/^Already logged in as deploy/);
    expect(machine.sts.calls.map(({ action }) => action)).toEqual(['AssumeRoleWithWebIdentity']);
    const who = await run(machine, 'auth whoami -o json');
    expect(JSON.parse(who.stdout)).toMatchObject({
      provider: 'ci',
      principal: expect.stringContaining('assumed-role/deploy/') as string,
    });
    const written = Object.entries(textsUnder(machine.home)).filter(
      ([path]) => !path.endsWith('token'),
    );
    expect(secretsIn(written.map(([, text]) => text).join('\n'), secrets)).toEqual([]);
  }

  test('from a file beside the configuration', async () => {
    const machine = await open(`kind: oidc/token, spec: { file: token, audience: ${audience} }`);
    const token = validToken(new Date());
    writeFileSync(join(machine.project, 'token'), token);
    await expectLogin(machine, token);
  });

  test('from a variable', async () => {
    const machine = await open('kind: oidc/token, spec: { variable: CI_TOKEN }');
    const token = validToken(new Date());
    await expectLogin(machine, token, { CI_TOKEN: token });
  });

  test('from a command, which gets no password of the keyring', async () => {
    const command = 'test -z "$ATMOS_KEYRING_PASSWORD" && cat ../token';
    const machine = await open(`kind: oidc/token, spec: { command: '${command}' }`);
    const token = validToken(new Date());
    writeFileSync(join(machine.home, 'token'), token);
    await expectLogin(machine, token);
  });

  test('of GitHub Actions', async () => {
    const token = validToken(new Date());
    const server = createServer((request, response) => {
      const isAllowed = request.headers.authorization === `bearer ${requestToken}`;
      response.statusCode = isAllowed ? 200 : 401;
      response.end(JSON.stringify({ value: token }));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const machine = await open(`kind: github/oidc, spec: { audience: ${audience} }`);
    await expectLogin(machine, token, {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    });
  });

  test.each([
    ['kind: oidc/token, spec: { file: missing }', {}, 'does not exist'],
    ['kind: oidc/token, spec: { variable: CI_TOKEN }', {}, 'is not set'],
    [
      `kind: oidc/token, spec: { variable: CI_TOKEN, audience: other }`,
      { CI_TOKEN: validToken(new Date()) },
      'is for "sts.amazonaws.com", not for the audience "other"',
    ],
    [
      'kind: oidc/token, spec: { variable: CI_TOKEN }',
      { CI_TOKEN: validToken(new Date(), { exp: 1 }) },
      'expired at 1970-01-01T00:00:01Z',
    ],
    [`kind: github/oidc, spec: { audience: ${audience} }`, {}, 'are not set'],
    [
      `kind: github/oidc, spec: { audience: ${audience} }`,
      {
        ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      },
      'cannot reach http://127.0.0.1:1',
    ],
  ])('is not requested without one: %s', async (provider, env: Record<string, string>, message) => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: _, ...tokens } = env;
    secrets = tokens;
    const machine = await open(provider);
    const result = await run(machine, 'auth login', { env });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('link 1 of 2, provider ci');
    expect(result.stderr).toContain(message);
    expect(machine.sts.calls).toEqual([]);
  });
});

describe('an identity of kind aws/user with mfa_process', () => {
  const open = async (code: string) => {
    const machine = await openMachine({ mfaCodes: ['271828', '314159'] });
    machine.writeConfig(`auth:
  realm: script
  keyring: { type: file }
  identities:
    emergency-user:
      kind: aws/user
      default: true
      credentials: { mfa_arn: '${mfaDevice}', mfa_process: 'echo run >> runs; echo ${code}' }
      spec: { endpoint_url: ${machine.sts.url} }
`);
    const stored = await run(machine, 'auth user configure --stdin', { input: keyOnStdin });
    expect(stored.exitCode).toBe(0);
    return machine;
  };

  test('opens a session where no one can be prompted', async () => {
    const machine = await open('271828');
    const { exitCode, stdout } = await machine.atmos('auth credential-process');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('SessionToken');
    expect(sessionCalls(machine)).toHaveLength(1);
  });

  test('does not run the program for a code that is given', async () => {
    const machine = await open('000000');
    const result = await run(machine, 'auth login --mfa-token 314159');
    expect(result.exitCode).toBe(0);
    expect(() => readFileSync(join(machine.project, 'runs'))).toThrow('ENOENT');
  });
});
