import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { openDesk, storedKey, yamlOf, type Desk } from './desk.ts';

type Environment = Readonly<Record<string, string | undefined>>;

async function openTwo(): Promise<Desk> {
  const desk = await openDesk({ entries: { ...storedKey, atmos_r_other: storedKey.atmos_r_dev } });
  desk.configure(
    `${yamlOf(desk, { identity: 'env: [{ key: ATMOS_IDENTITY, value: nobody }]' })}    other:
      kind: aws/user
      spec:
        endpoint_url: ${desk.sts.url}
      env: [{ key: ATMOS_IDENTITY, value: nobody }]
env: { ATMOS_IDENTITY: dev }
`,
  );
  return desk;
}

/** The environment of a program that `exec` starts. */
async function childOf(desk: Desk, line: string, env: Environment = {}): Promise<Environment> {
  let child: Environment = {};
  const spawn: Host['spawn'] = (_, __, options) => {
    child = options.env;
    return { ended: Promise.resolve({ exitCode: 0, signal: null }), kill: () => {} };
  };
  expect(await desk.run(line, { env, host: { spawn } })).toMatchObject({ exitCode: 0 });
  return child;
}

async function identityOf(desk: Desk, line: string, env: Environment): Promise<string> {
  const { stdout } = await desk.run(`${line} -o json`, { env });
  return (JSON.parse(stdout) as { identity: string }).identity;
}

describe.each(['env', 'process'])('with --credentials %s', (mode) => {
  const passwordFile = (desk: Desk) => {
    const file = join(desk.root, 'password');
    writeFileSync(file, testPassword, { mode: 0o600 });
    return { ATMOS_KEYRING_PASSWORD_FILE: file };
  };

  test('whoami in a program of exec uses the identity of exec, unless it is given another one', async () => {
    const desk = await openTwo();
    const child = await childOf(desk, `auth exec -i other --credentials ${mode} -- x`, {
      ATMOS_IDENTITY: 'dev',
      ...passwordFile(desk),
    });
    // They take precedence over the environment, the `env:` of atmos.yaml and that of the identity.
    expect(child['ATMOS_IDENTITY']).toBe('other');
    const env = { ...child, ATMOS_KEYRING_PASSWORD: testPassword };
    expect(await identityOf(desk, 'auth whoami', env)).toBe('other');
    expect(await identityOf(desk, 'auth whoami -i dev', env)).toBe('dev');
    const nested = await childOf(desk, `auth exec --credentials ${mode} -- x`, env);
    expect(nested['ATMOS_IDENTITY']).toBe('other');
    const inner = await childOf(desk, `auth exec -i dev --credentials ${mode} -- x`, env);
    expect(inner['ATMOS_IDENTITY']).toBe('dev');
  });

  test('whoami in a shell that has evaluated auth env uses its identity', async () => {
    const desk = await openTwo();
    const { stdout } = await desk.run(`auth env -f json -i other --credentials ${mode}`);
    const { ATMOS_IDENTITY } = JSON.parse(stdout) as Record<string, string>;
    expect(ATMOS_IDENTITY).toBe('other');
    expect(await identityOf(desk, 'auth whoami', { ATMOS_IDENTITY })).toBe('other');
  });
});

test('without authentication exec sets no identity', async () => {
  const desk = await openDesk();
  const child = await childOf(desk, 'auth exec -i off -- x');
  expect(child).not.toHaveProperty('ATMOS_IDENTITY');
});

test('an identity whose name would switch authentication off is not set', async () => {
  const desk = await openDesk({ entries: { atmos_r_off: storedKey.atmos_r_dev } });
  desk.configure(yamlOf(desk).replace('    dev:', '    off:'));
  const { stdout } = await desk.run('auth env -f json');
  expect(JSON.parse(stdout)).toMatchObject({ AWS_PROFILE: 'off' });
  expect(JSON.parse(stdout)).not.toHaveProperty('ATMOS_IDENTITY');
  expect(await childOf(desk, 'auth exec -- x')).not.toHaveProperty('ATMOS_IDENTITY');
});

test('a handle uses its own identity', async () => {
  const desk = await openTwo();
  const { stdout } = await desk.run('auth env -f json -i other');
  const { AWS_CONFIG_FILE = '' } = JSON.parse(stdout) as Record<string, string>;
  const handle = /([a-z]{22})\.aws-config$/.exec(AWS_CONFIG_FILE)?.[1];
  const answer = await desk.run(`auth credential-process --handle ${handle}`, {
    env: { ATMOS_IDENTITY: 'nobody' },
  });
  expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
});

describe("the user's own AWS files", () => {
  const warning =
    'warning: --credentials process hides AWS files from programs: ~/.aws/config, ~/.aws/credentials\n';

  test('are named once when programs no longer read them', async () => {
    const desk = await openDesk({ entries: storedKey });
    mkdirSync(join(desk.root, '.aws'));
    for (const name of ['config', 'credentials']) writeFileSync(join(desk.root, '.aws', name), '');
    const { stdout, stderr } = await desk.run('auth env -f json');
    expect(stderr).toBe(warning);
    expect((await desk.run('auth env --credentials env')).stderr).toBe('');
    const file = join(desk.root, 'password');
    writeFileSync(file, testPassword, { mode: 0o600 });
    const spawn: Host['spawn'] = () => ({
      ended: Promise.resolve({ exitCode: 0, signal: null }),
      kill: () => {},
    });
    const exec = await desk.run('auth exec --credentials process -- x', {
      env: { ATMOS_KEYRING_PASSWORD_FILE: file },
      host: { spawn },
    });
    expect(exec).toMatchObject({ exitCode: 0, stderr: warning });
    // A shell with the profile already uses our files instead, and has shown the warning before.
    const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = JSON.parse(stdout) as Environment;
    const env = { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE };
    expect((await desk.run('auth env', { env })).stderr).toBe('');
  });
});
