import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { openDesk, storedKey, type Desk } from './desk.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A desk with an identity that only the profile `devops` contains. */
async function openWithProfile(): Promise<Desk> {
  const desk = await openDesk({ entries: { ...storedKey, atmos_r_ops: storedKey.atmos_r_dev } });
  const profile = join(desk.project, 'profiles', 'devops');
  mkdirSync(profile, { recursive: true, mode: 0o755 });
  const text = `auth: { identities: { ops: { kind: aws/user, spec: { endpoint_url: "${desk.sts.url}" } } } }\n`;
  writeFileSync(join(profile, 'a.yaml'), text, { mode: 0o644 });
  return desk;
}

/** The variables of `auth env`, evaluated in a shell that has `env`. */
async function afterEnv(desk: Desk, line: string, env: Environment = {}): Promise<Environment> {
  const { exitCode, stdout, stderr } = await desk.run(`${line} -f json`, { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const set = JSON.parse(stdout) as Record<string, string | null>;
  return {
    ...env,
    ...Object.fromEntries(Object.entries(set).map(([k, v]) => [k, v ?? undefined])),
  };
}

test.each(['process', 'env'])(
  'whoami finds the identity of a profile after auth env, and --unset removes both variables: mode %s',
  async (mode) => {
    const desk = await openWithProfile();
    const env = await afterEnv(desk, `--profile devops auth env -i ops --credentials ${mode}`);
    expect(env).toMatchObject({ ATMOS_IDENTITY: 'ops', ATMOS_PROFILE: 'devops' });
    const { stdout } = await desk.run('auth whoami -o json', { env });
    expect(JSON.parse(stdout)).toMatchObject({ identity: 'ops' });
    // Another auth env in that shell uses the same profile.
    const again = await afterEnv(desk, `auth env -i ops --credentials ${mode}`, env);
    expect(again['ATMOS_PROFILE']).toBe('devops');
    const back = await desk.run('auth env --unset -f bash', { env: again });
    expect(back.stdout).toMatch(/unset .*ATMOS_PROFILE/);
  },
);

test('a program of exec gets the profile', async () => {
  const desk = await openWithProfile();
  let child: Environment = {};
  const spawn: Host['spawn'] = (_, __, options) => {
    child = options.env;
    return { ended: Promise.resolve({ exitCode: 0, signal: null }), kill: () => {} };
  };
  const line = '--profile devops auth exec -i ops -- x';
  expect(await desk.run(line, { host: { spawn } })).toMatchObject({ exitCode: 0 });
  expect(child).toMatchObject({ ATMOS_IDENTITY: 'ops', ATMOS_PROFILE: 'devops' });
});

test('an ATMOS_PROFILE that the user set is neither set nor unset', async () => {
  const desk = await openWithProfile();
  const env = await afterEnv(desk, 'auth env -i ops', { ATMOS_PROFILE: 'devops' });
  expect(env['ATMOS_AUTH_ENV_SET']?.split(',')).not.toContain('ATMOS_PROFILE');
});

test('the profile of profiles.default is not set, because the project sets it', async () => {
  const desk = await openWithProfile();
  desk.configure('auth: { realm: r, keyring: { type: file } }\nprofiles: { default: devops }\n');
  expect(await afterEnv(desk, 'auth env -i ops')).not.toHaveProperty('ATMOS_PROFILE');
});
