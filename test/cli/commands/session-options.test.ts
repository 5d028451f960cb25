import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { chainYaml, openChainDesk } from './chain-desk.ts';
import type { Desk } from './desk.ts';

const minutes = 60_000;

/** Runs a command and returns the environment of the program that it would start. */
async function started(desk: Desk, line: string, env = {}) {
  let given: Readonly<Record<string, string | undefined>> | undefined;
  const spawn: Host['spawn'] = (_program, _args, options) => {
    given = options.env;
    return { ended: Promise.resolve({ exitCode: 0, signal: null }), kill: () => {} };
  };
  const result = await desk.run(line, { host: { spawn }, env });
  return { ...result, env: given };
}

const commands = ['auth exec %s -- x', 'auth shell %s --shell sh -- -c x'];

describe.each(commands)('%s', (command) => {
  const line = (options: string) => command.replace('%s', options);

  test('gives the program another region, and opens the session where it did before', async () => {
    const desk = await openChainDesk();
    desk.configure(
      chainYaml(desk, { leaf: '      env: [{ key: AWS_REGION, value: eu-west-3 }]\n' }),
    );
    await desk.run('auth login');
    const calls = desk.sts.calls.length;
    const { env } = await started(desk, line('--region ap-south-1'), { AWS_REGION: 'eu-west-1' });
    expect(env).toMatchObject({ AWS_REGION: 'ap-south-1', AWS_DEFAULT_REGION: 'ap-south-1' });
    expect(desk.sts.calls).toHaveLength(calls);
    expect((await started(desk, line(''))).env).toMatchObject({ AWS_REGION: 'eu-west-3' });
  });

  test('renews a session that lasts less than --min-validity', async () => {
    const desk = await openChainDesk();
    await desk.run('auth login');
    desk.clock.now = new Date(desk.clock.now.getTime() + 20 * minutes);
    const calls = desk.sts.calls.length;
    await started(desk, line('--min-validity 40m'));
    expect(desk.sts.calls).toHaveLength(calls);
    const { env } = await started(desk, line('--min-validity 41m'));
    expect(desk.sts.calls).toHaveLength(calls + 1);
    expect(env?.['AWS_CREDENTIAL_EXPIRATION']).toBe('2026-01-01T01:20:00Z');
  });

  test.each([
    ['--region Frankfurt', '"Frankfurt" is not the name of a region'],
    [
      '--region cn-north-1',
      'the region cn-north-1 is in the partition aws-cn, but the credentials of identity leaf are for the partition aws',
    ],
    ['--min-validity soon', '--min-validity "soon" is not a duration'],
    ['--min-validity -5m', '--min-validity "-5m" is not a duration'],
    ['--min-validity 0', '--min-validity "0" is not a duration'],
    ['--min-validity 2h', 'a session of identity leaf lasts 1h at most, and 2h are required'],
    ['-i off --region eu-west-1', 'authentication is switched off, so --region has no effect'],
    ['-i off --min-validity 5m', 'authentication is switched off, so --min-validity has no effect'],
  ])('refuses %s before it asks for anything', async (options, message) => {
    const desk = await openChainDesk();
    const result = await started(desk, line(options), { ATMOS_KEYRING_PASSWORD: undefined });
    expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2, stdout: '', env: undefined });
    expect(result.stderr).toContain(`error: ${message}\n`);
    expect(desk.sts.calls).toEqual([]);
  });
});

describe('an identity without credentials of its own', () => {
  const identities = `    here: { kind: aws/ambient }
    none: { kind: ambient }
`;

  test.each([
    [
      '-i here --min-validity 5m',
      'identity here uses the credentials of the environment, whose validity is not known',
    ],
    ['-i none --region eu-west-1', 'identity none has no credentials that need a region'],
  ])('is refused with %s', async (options, message) => {
    const desk = await openChainDesk();
    desk.configure(chainYaml(desk, { identities }));
    const result = await desk.run(`auth env ${options}`);
    expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(`error: ${message}\n`);
  });

  test('of AWS takes the region for its programs', async () => {
    const desk = await openChainDesk();
    desk.configure(chainYaml(desk, { identities }));
    const { exitCode, stdout } = await desk.run('auth env -i here --region eu-west-1 -f json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ AWS_REGION: 'eu-west-1' });
  });
});

describe('auth env', () => {
  test('opens a session with --login, or if one must last, also in mode process', async () => {
    const desk = await openChainDesk();
    const file = join(desk.root, 'password');
    writeFileSync(file, testPassword, { mode: 0o600 });
    const env = { ATMOS_KEYRING_PASSWORD: undefined, ATMOS_KEYRING_PASSWORD_FILE: file };
    await desk.run('auth env', { env });
    expect(desk.sts.calls).toEqual([]);
    const { stdout } = await desk.run('auth env --login', { env });
    expect(stdout).toContain('export AWS_PROFILE=leaf\n');
    expect(stdout).not.toContain('AWS_SECRET_ACCESS_KEY=');
    expect(desk.sts.calls).toHaveLength(3);
    await desk.run('auth env --login', { env });
    expect(desk.sts.calls).toHaveLength(3);
    desk.clock.now = new Date(desk.clock.now.getTime() + 20 * minutes);
    await desk.run('auth env --min-validity 45m', { env });
    expect(desk.sts.calls).toHaveLength(4);
  });

  test('prints nothing if the session cannot be opened', async () => {
    const desk = await openChainDesk({ entries: {} });
    const result = await desk.run('auth env --login');
    expect(result).toMatchObject({ code: 'ERR_AUTH_KEYS_MISSING', exitCode: 4, stdout: '' });
  });

  test('prints another region in both modes, which --unset removes', async () => {
    const desk = await openChainDesk();
    for (const mode of ['env', 'process']) {
      const { stdout } = await desk.run(
        `auth env --region ap-south-1 --credentials ${mode} -f json`,
      );
      expect(JSON.parse(stdout)).toMatchObject({
        AWS_REGION: 'ap-south-1',
        AWS_DEFAULT_REGION: 'ap-south-1',
        ATMOS_AUTH_ENV_SET: expect.stringContaining('AWS_DEFAULT_REGION'),
      });
    }
  });

  test.each(['--login', '--region eu-west-1', '--min-validity 5m'])(
    'refuses --unset with %s',
    async (option) => {
      const desk = await openChainDesk();
      const result = await desk.run(`auth env --unset ${option}`);
      expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2, stdout: '' });
      expect(result.stderr).toContain(
        `--unset applies to every identity, so it cannot be combined with ${option.split(' ')[0]}`,
      );
    },
  );
});
