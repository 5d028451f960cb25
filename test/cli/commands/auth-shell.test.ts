import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { openDesk, sessionCalls, storedKey, user, type Desk } from './desk.ts';

interface Started {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs a command with a host that records the shell instead of starting it. */
async function shell(desk: Desk, line: string, env = {}, fields: Partial<Host> = {}) {
  const started: Started[] = [];
  const spawn: Host['spawn'] = (program, args, options) => {
    started.push({ program, args, env: options.env });
    return { ended: Promise.resolve({ exitCode: 5, signal: null }), kill: () => {} };
  };
  const result = await desk.run(line, {
    host: { spawn, ...fields },
    env: { SHELL: '/bin/sh', ...env },
  });
  return { ...result, started };
}

describe('auth shell', () => {
  test('starts a login shell with the session, and passes its exit code on', async () => {
    const desk = await openDesk({ entries: storedKey });
    const { started, ...result } = await shell(desk, 'auth shell', {
      AWS_PROFILE: 'other',
      PS1: '$ ',
      SHLVL: '1',
    });
    expect(result).toEqual({
      exitCode: 5,
      stdout: '',
      stderr: 'Starting sh as dev; type exit to leave it\nLeft sh as dev\n',
    });
    expect(started).toEqual([
      {
        program: '/bin/sh',
        args: ['-l'],
        env: expect.objectContaining({
          ATMOS_IDENTITY: 'dev',
          ATMOS_SHLVL: '1',
          AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
          PS1: '$ ',
          SHLVL: '1',
        }),
      },
    ]);
    expect(started[0]?.env).not.toHaveProperty('AWS_PROFILE');
    expect(started[0]?.env).not.toHaveProperty('ATMOS_KEYRING_PASSWORD');
    expect(JSON.stringify(started)).not.toContain(user.secretAccessKey);
  });

  test.each([
    [undefined, '1'],
    ['1', '2'],
    ['41', '42'],
    ['', '1'],
    ['-3', '1'],
    ['many', '1'],
    ['99999999999999999999', '1'],
  ])('after ATMOS_SHLVL=%j sets %j', async (ATMOS_SHLVL, level) => {
    const desk = await openDesk();
    const { started } = await shell(desk, 'auth shell -i off', { ATMOS_SHLVL });
    expect(started[0]?.env['ATMOS_SHLVL']).toBe(level);
  });

  test.each([
    ['--shell', 'auth shell --shell fish', { ATMOS_SHELL: 'tcsh' }, 'fish'],
    ['ATMOS_SHELL', 'auth shell', { ATMOS_SHELL: 'tcsh' }, 'tcsh'],
    ['SHELL', 'auth shell', {}, '/bin/sh'],
  ])('takes the shell from %s', async (_, line, env, program) => {
    const desk = await openDesk();
    const { started } = await shell(desk, `${line} -i off`, env);
    expect(started[0]?.program).toBe(program);
  });

  test.each([undefined, '/gone/zsh', 'gone-zsh', '/etc'])(
    'with SHELL=%j takes bash from PATH, else sh',
    async (SHELL) => {
      const desk = await openDesk();
      const bin = join(desk.root, 'bin');
      mkdirSync(bin);
      const env = { SHELL, PATH: bin };
      expect((await shell(desk, 'auth shell -i off', env)).started[0]?.program).toBe('sh');
      writeFileSync(join(bin, 'bash'), '');
      chmodSync(join(bin, 'bash'), 0o755);
      const { started } = await shell(desk, 'auth shell -i off', env);
      expect(started[0]?.program).toBe(join(bin, 'bash'));
    },
  );

  test('that was not found is not announced', async () => {
    const desk = await openDesk();
    for (const name of ['gone-shell', '/gone/shell']) {
      const { stderr } = await shell(desk, `auth shell -i off --shell ${name}`);
      expect(stderr).toBe('');
    }
  });

  test('on Windows takes the command processor, without arguments', async () => {
    const desk = await openDesk();
    const env = { ComSpec: 'C:\\Windows\\system32\\cmd.exe' };
    const { started } = await shell(desk, 'auth shell -i off', env, { platform: 'win32' });
    expect(started[0]).toMatchObject({ program: env.ComSpec, args: [] });
  });

  test('passes arguments on instead of -l, and then prints nothing', async () => {
    const desk = await openDesk({ entries: storedKey });
    const { started, ...result } = await shell(desk, 'auth shell --shell bash -- -c env');
    expect(result).toEqual({ exitCode: 5, stdout: '', stderr: '' });
    expect(started[0]).toMatchObject({ program: 'bash', args: ['-c', 'env'] });
  });

  test('can set a profile instead of the credentials', async () => {
    const desk = await openDesk({ entries: storedKey });
    const unlocked = {
      ATMOS_KEYRING_PASSWORD: undefined,
      ATMOS_KEYRING_PASSWORD_FILE: join(desk.root, 'password'),
    };
    const { started } = await shell(desk, 'auth shell --credentials process', unlocked);
    expect(started[0]?.env).toMatchObject({ AWS_PROFILE: 'dev', ATMOS_IDENTITY: 'dev' });
    expect(started[0]?.env).not.toHaveProperty('AWS_ACCESS_KEY_ID');
    expect(sessionCalls(desk)).toBe(0);
  });

  test('is refused with an argument before "--"', async () => {
    const desk = await openDesk();
    const result = await desk.run('auth shell bash');
    expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('"atmos auth shell" does not accept the argument "bash"');
  });
});
