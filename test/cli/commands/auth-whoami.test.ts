import { existsSync } from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { credentialVariables } from '../../../src/core/variables.ts';
import { chainYaml, openChainDesk } from './chain-desk.ts';
import { device, openDesk, sessionCalls, storedKey, user, yamlOf, type Desk } from './desk.ts';

const place = ({ project }: Desk, at: string) => `${project}/atmos.yaml:${at}`;

const known = (desk: Desk) => ({
  identity: 'dev',
  kind: 'aws/user',
  provider: 'aws-user',
  realm: 'r',
  realm_source: `auth.realm (${place(desk, '2:10')})`,
  principal: null,
  account: null,
  region: 'us-east-1',
  expires_at: null,
  expiration: null,
  environment: environmentOf(desk),
  credentials_ref: 'dev',
  source: null as string | null,
  token_source: null as string | null,
  key_refused_at: null,
  keyring: {
    type: 'file',
    source: `auth.keyring.type (${place(desk, '4:11')})`,
    location: desk.directory,
    fallback: null,
  },
});

/** From `auth env`: the file is that of the handle, whose name is a hash. */
const environmentOf = ({ root }: Desk) => ({
  ATMOS_IDENTITY: 'dev',
  AWS_CONFIG_FILE: expect.stringMatching(
    new RegExp(`^${root}/state/atmos/handles/[a-z]{22}\\.aws-config$`),
  ),
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PROFILE: 'dev',
  AWS_SDK_LOAD_CONFIG: '1',
  AWS_SHARED_CREDENTIALS_FILE: `${root}/state/atmos/handles/empty`,
});

async function whoamiJson(desk: Desk) {
  const { exitCode, stdout, stderr } = await desk.run('auth whoami -o json');
  expect(stderr).toBe('');
  return { exitCode, who: JSON.parse(stdout) as unknown };
}

async function openLoggedIn(): Promise<Desk> {
  const desk = await openDesk({ entries: storedKey });
  expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
  return desk;
}

test('a session that AWS accepts is valid', async () => {
  const desk = await openLoggedIn();
  const principal = 'arn:aws:iam::012345678901:user/ada';
  expect(await whoamiJson(desk)).toEqual({
    exitCode: 0,
    who: {
      ...known(desk),
      principal,
      account: '012345678901',
      expires_at: '2026-01-01T12:00:00Z',
      expiration: '2026-01-01T12:00:00Z',
      source: 'keyring',
      valid: true,
      reason: null,
    },
  });
  expect(await desk.run('auth whoami')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: 'dev in account 012345678901, realm r: valid until 12:00 (in 12h)\n',
  });
  expect(await desk.run('auth whoami --verbose')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr:
      'dev in account 012345678901, realm r: valid until 12:00 (in 12h)\n' +
      '  Realm      r (auth.realm (~/project/atmos.yaml:2:10))\n' +
      '  Provider   aws-user\n' +
      '  Identity   dev\n' +
      `  Principal  ${principal}\n` +
      '  Account    012345678901\n' +
      '  Region     us-east-1\n' +
      '  Expires    12:00 (in 12h)\n' +
      '  Keyring    file (auth.keyring.type (~/project/atmos.yaml:4:11))\n',
  });
});

test('a session that could not be checked is not a failure, and the reason is shown', async () => {
  const desk = await openLoggedIn();
  await desk.sts.close();
  const reason = `not checked with AWS: cannot reach ${desk.sts.url}: connection refused (ECONNREFUSED)`;
  expect(await whoamiJson(desk)).toEqual({
    exitCode: 0,
    who: {
      ...known(desk),
      expires_at: '2026-01-01T12:00:00Z',
      expiration: '2026-01-01T12:00:00Z',
      source: 'keyring',
      valid: null,
      reason,
    },
  });
  const { exitCode, stderr } = await desk.run('auth whoami');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^dev, realm r: not checked, expires at 12:00 \(in 12h\)\n/);
  expect(stderr).toMatch(new RegExp(`\\nwarning: ${reason.replaceAll(/[()]/g, '\\$&')}\\n$`));
});

test('a missing session is a failure', async () => {
  const desk = await openDesk({ entries: storedKey });
  expect(await whoamiJson(desk)).toEqual({
    exitCode: 4,
    who: { ...known(desk), valid: false, reason: 'there is no session' },
  });
  const { stderr, ...result } = await desk.run('auth whoami');
  expect(result).toEqual({ code: 'ERR_AUTH_NO_SESSION', exitCode: 4, stdout: '' });
  expect(stderr).toMatch(
    /^error: identity dev is not authenticated: there is no session\nhint: atmos auth login --identity dev\n$/,
  );
  expect(sessionCalls(desk)).toBe(0);
});

test('an expired session, or one that AWS no longer accepts, is a failure', async () => {
  const desk = await openLoggedIn();
  desk.sts.script({ fail: { code: 'InvalidClientTokenId', message: 'no' } });
  expect(await whoamiJson(desk)).toMatchObject({
    exitCode: 4,
    who: { valid: false, reason: expect.stringMatching(/^AWS does not know the session ASIA…/) },
  });
  desk.clock.now = new Date('2026-01-01T12:00:00Z');
  expect(await whoamiJson(desk)).toMatchObject({
    exitCode: 4,
    who: { valid: false, reason: 'the session has expired', expires_at: '2026-01-01T12:00:00Z' },
  });
  desk.clock.now = new Date('2026-01-01T12:05:00Z');
  expect((await desk.run('auth whoami')).stderr).toMatch(
    /^dev, realm r: expired at 12:00 \(5m ago\)\nerror: identity dev is not authenticated: the session has expired\n/,
  );
});

test('a session that AWS refused before its end is opened again by the hint', async () => {
  const desk = await openChainDesk();
  await desk.run('auth login');
  desk.sts.script({ fail: { code: 'InvalidClientTokenId', message: 'no' } });
  const { exitCode, stderr } = await desk.run('auth whoami');
  expect(exitCode).toBe(4);
  expect(stderr).toContain('hint: atmos auth login --identity leaf --force\n');
  expect((await desk.run('auth login --identity leaf --force')).stderr).toMatch(/^✓ Logged in/);
});

describe('the credentials of the environment', () => {
  test('are shown in one line if their kind is ambient', async () => {
    const desk = await openChainDesk();
    desk.configure(chainYaml(desk, { identities: '    any: { kind: ambient }\n' }));
    expect(await desk.run('auth whoami -i any')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'any: uses the credentials of its environment\n',
    });
  });

  test('are shown in one line with the account if AWS tells it', async () => {
    const { desk, run } = await openAmbientDesk();
    expect(await run()).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `here: uses the credentials of its environment, account ${user.account}\n`,
    });
    desk.sts.script({ fail: { code: 'InvalidClientTokenId', message: 'no' } });
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(4);
    expect(stderr).toContain(
      'identity here is not authenticated: AWS does not know the access key',
    );
    expect(stderr).toContain('\nhint: renew the credentials of the environment\n');
    await desk.sts.close();
    const unchecked = await run();
    expect(unchecked.exitCode).toBe(0);
    expect(unchecked.stderr).toMatch(
      /^here: uses the credentials of its environment\nwarning: not checked with AWS: /,
    );
  });

  async function openAmbientDesk() {
    const desk = await openChainDesk();
    const identities = `    here: { kind: aws/ambient, principal: { region: us-east-1 }, spec: { endpoint_url: '${desk.sts.url}' } }\n`;
    desk.configure(chainYaml(desk, { identities }));
    const env = {
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    };
    // The SDK reads the environment of the process.
    for (const name of credentialVariables) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    return { desk, run: () => desk.run('auth whoami -i here', { env }) };
  }
});

test('an access key that AWS refused last time is reported', async () => {
  const desk = await openDesk({ entries: storedKey });
  desk.sts.script({ fail: { code: 'InvalidClientTokenId', message: 'no' } });
  expect(await desk.run('auth login')).toMatchObject({
    code: 'ERR_AUTH_KEYS_REFUSED',
    exitCode: 4,
  });
  expect(await whoamiJson(desk)).toMatchObject({
    exitCode: 4,
    who: { valid: false, key_refused_at: '2026-01-01T00:00:00Z' },
  });
  expect((await desk.run('auth whoami')).stderr).toContain(
    'warning: AWS refused the access key of identity dev at 00:00 (now)\n',
  );
});

test('without an access key the JSON still has every field', async () => {
  const desk = await openDesk();
  expect(await whoamiJson(desk)).toEqual({
    exitCode: 4,
    who: {
      ...known(desk),
      region: null,
      credentials_ref: null,
      valid: false,
      reason: 'no access key is stored for identity dev',
    },
  });
  const { code, exitCode, stderr } = await desk.run('auth whoami');
  expect({ code, exitCode }).toEqual({ code: 'ERR_AUTH_KEYS_MISSING', exitCode: 4 });
  expect(stderr).toMatch(
    /^error: no access key is stored for identity dev\nhint: atmos auth user configure --identity dev\nhint: to sign in with a browser instead: atmos auth login --identity dev --webflow\n$/,
  );
  desk.configure(yamlOf(desk, { identity: 'credentials:\n  region: eu-central-1' }));
  expect(await whoamiJson(desk)).toMatchObject({ who: { region: 'eu-central-1' } });
});

test('the memory keyring has no session of another command', async () => {
  const desk = await openDesk();
  const env = { ATMOS_KEYRING_TYPE: 'memory' };
  const { exitCode, stdout, stderr } = await desk.run('auth whoami -o json', { env });
  expect(exitCode).toBe(4);
  expect(JSON.parse(stdout)).toMatchObject({
    keyring: {
      type: 'memory',
      source: 'ATMOS_KEYRING_TYPE',
      location: 'this process',
      fallback: null,
    },
  });
  expect(stderr).toBe(
    'warning: the memory keyring keeps entries only until the process exits: it has no session of another command\n',
  );
});

test('a locked keyring leaves the session unknown', async () => {
  const desk = await openDesk({ entries: storedKey });
  const env = { ATMOS_KEYRING_PASSWORD: 'another one' };
  expect(await desk.run('auth whoami -o json', { env })).toMatchObject({
    code: 'ERR_KEYRING_PASSWORD_WRONG',
    exitCode: 3,
    stdout: '',
  });
});

test('an MFA device changes the kind of the session', async () => {
  const desk = await openLoggedIn();
  desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
  expect(await whoamiJson(desk)).toMatchObject({
    exitCode: 4,
    who: {
      reason: `a setting changed after the session was opened: credentials.mfa_arn was not set and is now ${device}`,
    },
  });
});

describe('environment in the JSON', () => {
  test('contains what auth env sets, and writes nothing', async () => {
    const desk = await openLoggedIn();
    desk.configure(yamlOf(desk, { identity: 'credentials:\n  region: eu-central-1' }));
    const { who } = await whoamiJson(desk);
    const { environment } = who as { environment: Record<string, string> };
    expect(existsSync(environment['AWS_CONFIG_FILE'] ?? '')).toBe(false);
    const { stdout } = await desk.run('auth env -f json');
    const { ATMOS_AUTH_ENV_SET: _, ...set } = JSON.parse(stdout) as Record<string, string | null>;
    const values = Object.entries(set).filter(([, value]) => value !== null);
    expect(environment).toEqual(Object.fromEntries(values));
    expect(environment).toMatchObject({ AWS_REGION: 'eu-central-1' });
    expect(existsSync(environment['AWS_CONFIG_FILE'] ?? '')).toBe(true);
  });

  test('contains the names of env:, and none of its values', async () => {
    const desk = await openLoggedIn();
    const secrets = ['hunter2', 'swordfish', 'sesame'];
    desk.configure(
      yamlOf(desk, {
        identity: `env:
  - { key: TF_VAR_db, value: hunter2 }
  - { key: HTTPS_PROXY, value: "http://u:swordfish@proxy" }
  - { key: MY_TOKEN, value: !env SECRET }
  - { key: LD_PRELOAD, value: x }`,
      }),
    );
    const { stdout } = await desk.run('auth whoami -o json', { env: { SECRET: 'sesame' } });
    expect(JSON.parse(stdout)).toMatchObject({
      environment: {
        ...environmentOf(desk),
        HTTPS_PROXY: '***REDACTED***',
        MY_TOKEN: '***REDACTED***',
        TF_VAR_db: '***REDACTED***',
      },
    });
    expect(stdout).not.toContain('LD_PRELOAD');
    for (const secret of [...secrets, user.secretAccessKey]) expect(stdout).not.toContain(secret);
  });
});

test('ATMOS_AUTH_WHOAMI_OUTPUT replaces -o', async () => {
  const desk = await openLoggedIn();
  const env = { ATMOS_AUTH_WHOAMI_OUTPUT: 'json' };
  expect(JSON.parse((await desk.run('auth whoami', { env })).stdout)).toMatchObject({
    valid: true,
  });
  const empty = { ATMOS_AUTH_WHOAMI_OUTPUT: '' };
  expect(await desk.run('auth whoami', { env: empty })).toMatchObject({ exitCode: 0, stdout: '' });
  expect(
    await desk.run('auth whoami', { env: { ATMOS_AUTH_WHOAMI_OUTPUT: 'yaml' } }),
  ).toMatchObject({
    code: 'ERR_USAGE',
    exitCode: 2,
    stderr:
      'error: invalid value "yaml" for ATMOS_AUTH_WHOAMI_OUTPUT: expected json\nhint: atmos auth whoami --help\n',
  });
});
