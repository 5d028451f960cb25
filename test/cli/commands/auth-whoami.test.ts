import { expect, test } from 'vitest';
import { device, openDesk, sessionCalls, storedKey, yamlOf, type Desk } from './desk.ts';

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
  key_refused_at: null,
  keyring: {
    type: 'file',
    source: `auth.keyring.type (${place(desk, '4:11')})`,
    location: desk.directory,
    fallback: null,
  },
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

test('a session that AWS takes', async () => {
  const desk = await openLoggedIn();
  const principal = 'arn:aws:iam::012345678901:user/ada';
  expect(await whoamiJson(desk)).toEqual({
    exitCode: 0,
    who: {
      ...known(desk),
      principal,
      account: '012345678901',
      expires_at: '2026-01-01T12:00:00Z',
      valid: true,
      reason: null,
    },
  });
  expect(await desk.run('auth whoami')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr:
      '✓ Current Authentication Status\n' +
      `  Realm      r (auth.realm (${place(desk, '2:10')}))\n` +
      '  Provider   aws-user\n' +
      '  Identity   dev\n' +
      `  Principal  ${principal}\n` +
      '  Account    012345678901\n' +
      '  Region     us-east-1\n' +
      '  Expires    2026-01-01T12:00:00Z\n' +
      `  Keyring    file (auth.keyring.type (${place(desk, '4:11')}))\n`,
  });
});

test('a session that could not be checked is no failure, and it is said', async () => {
  const desk = await openLoggedIn();
  await desk.sts.close();
  const reason = `not checked with AWS: cannot reach ${desk.sts.url}: connection refused (ECONNREFUSED)`;
  expect(await whoamiJson(desk)).toEqual({
    exitCode: 0,
    who: { ...known(desk), expires_at: '2026-01-01T12:00:00Z', valid: null, reason },
  });
  const { exitCode, stderr } = await desk.run('auth whoami');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^\? Current Authentication Status\n/);
  expect(stderr).toMatch(new RegExp(`\\nwarning: ${reason.replaceAll(/[()]/g, '\\$&')}\\n$`));
});

test('no session', async () => {
  const desk = await openDesk({ entries: storedKey });
  expect(await whoamiJson(desk)).toEqual({
    exitCode: 4,
    who: { ...known(desk), valid: false, reason: 'there is no session' },
  });
  const { stderr, ...result } = await desk.run('auth whoami');
  expect(result).toEqual({ code: 'ERR_AUTH_NO_SESSION', exitCode: 4, stdout: '' });
  expect(stderr).toMatch(/^✗ Current Authentication Status\n/);
  expect(stderr).toMatch(
    /\nerror: identity dev is not authenticated: there is no session\nhint: atmos auth login --identity dev\n$/,
  );
  expect(sessionCalls(desk)).toBe(0);
});

test('a session that has expired, or that AWS does not take any more', async () => {
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
  expect((await desk.run('auth whoami')).stderr).toContain(
    'error: identity dev is not authenticated: the session has expired\n',
  );
});

test('a key that AWS refused the last time', async () => {
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
    'warning: AWS refused the access key of identity dev at 2026-01-01T00:00:00Z\n',
  );
});

test('no key: the JSON has every field all the same', async () => {
  const desk = await openDesk();
  expect(await whoamiJson(desk)).toEqual({
    exitCode: 4,
    who: {
      ...known(desk),
      region: null,
      valid: false,
      reason: 'no access key is stored for identity dev',
    },
  });
  const { code, exitCode, stderr } = await desk.run('auth whoami');
  expect({ code, exitCode }).toEqual({ code: 'ERR_AUTH_KEYS_MISSING', exitCode: 4 });
  expect(stderr).toMatch(
    /\nerror: no access key is stored for identity dev\nhint: atmos auth user configure --identity dev\n$/,
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
    'warning: the memory keyring keeps nothing: no session of another command is there\n',
  );
});

test('a keyring that does not open leaves it unsaid', async () => {
  const desk = await openDesk({ entries: storedKey });
  const env = { ATMOS_KEYRING_PASSWORD: 'another one' };
  expect(await desk.run('auth whoami -o json', { env })).toMatchObject({
    code: 'ERR_KEYRING_PASSWORD_WRONG',
    exitCode: 3,
    stdout: '',
  });
});

test('a device changes what a session is of', async () => {
  const desk = await openLoggedIn();
  desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
  expect(await whoamiJson(desk)).toMatchObject({
    exitCode: 4,
    who: { reason: 'there is no session' },
  });
});
