import { describe, expect, test } from 'vitest';
import { arnOf, chainYaml, openChainDesk } from './chain-desk.ts';
import { device, openDesk, storedKey, yamlOf } from './desk.ts';

const minutes = 60_000;

describe('login --plan', () => {
  test('explains a chain before the first login, without a request', async () => {
    const desk = await openChainDesk();
    const before = desk.stored();
    expect(await desk.run('auth login --plan')).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `identity dev (aws/user)
  Gives    aws credentials
  Session  no session
  Login    opens a session for up to 12h: there is no session
identity hub (aws/assume-role)
  Gives    aws credentials
  Session  no session
  Login    opens a session for up to 1h: there is no session
identity leaf (aws/assume-role)
  Gives    aws credentials
  Session  no session
  Login    opens a session for up to 1h: there is no session
  Limit    opened with a session of another role, it lasts one hour at most
A login as leaf would open 3 of 3 sessions
`,
    });
    expect(desk.sts.calls).toEqual([]);
    expect(desk.stored()).toEqual(before);
  });

  test('tells which sessions are used, have expired or end too soon, and opens none', async () => {
    const desk = await openChainDesk();
    await desk.run('auth login');
    const calls = desk.sts.calls.length;
    expect((await desk.run('auth login --plan')).stdout).toContain(
      'A login as leaf would open nothing\n',
    );
    desk.clock.now = new Date(desk.clock.now.getTime() + 50 * minutes);
    const { stdout } = await desk.run('auth login --plan');
    expect(stdout).toContain('until 01:00 (in 10m)\n  Login    uses the session\n');
    expect(stdout).toContain('opens a session for up to 1h: it ends too soon\n');
    expect(stdout).toContain('A login as leaf would open 1 of 3 sessions\n');
    desk.clock.now = new Date(desk.clock.now.getTime() + 80 * minutes);
    const later = await desk.run('auth login --plan -o json');
    expect(JSON.parse(later.stdout)).toMatchObject({
      identity: 'leaf',
      keyring: { state: 'ready', reason: null },
      links: [
        { name: 'dev', action: 'use', because: null, may_ask: [] },
        { name: 'hub', action: 'open', because: 'expired', max_duration: 3600 },
        {
          type: 'identity',
          name: 'leaf',
          kind: 'aws/assume-role',
          gives: 'aws',
          action: 'open',
          because: 'expired',
          session: { state: 'expired', expires_at: '2026-01-01T01:00:00Z', reason: null },
          limits: ['opened with a session of another role, it lasts one hour at most'],
        },
      ],
    });
    expect(desk.sts.calls).toHaveLength(calls);
  });

  test('agrees with what login then does', async () => {
    const desk = await openChainDesk();
    await desk.run('auth login -i hub');
    const { stdout } = await desk.run('auth login --plan -o json');
    const { links } = JSON.parse(stdout) as { links: { action: string }[] };
    expect(links.map(({ action }) => action)).toEqual(['skip', 'use', 'open']);
    const calls = desk.sts.calls.length;
    await desk.run('auth login');
    expect(desk.sts.calls).toHaveLength(calls + 1);
  });

  test('skips a user whose access key opens the role, and asks for a code of its device', async () => {
    const desk = await openChainDesk();
    const configure = (fields = '') =>
      desk.configure(
        chainYaml(desk)
          .replace('duration: 1h', 'duration: 2h')
          .replace('kind: aws/user', `$&${fields}`),
      );
    configure();
    expect((await desk.run('auth login --plan -i hub')).stdout).toBe(`identity dev (aws/user)
  Gives    aws credentials
  Session  no session
  Login    does not need it
identity hub (aws/assume-role)
  Gives    aws credentials
  Session  no session
  Login    opens a session for up to 2h: there is no session
  Limit    opened with the access key of dev, because AWS refuses more than one hour to a session of it
A login as hub would open 1 of 2 sessions
`);
    configure(`\n      credentials: { mfa_arn: '${device}' }`);
    const { stdout } = await desk.run('auth login --plan -i hub -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      links: [
        { name: 'dev', action: 'skip', may_ask: [] },
        { name: 'hub', action: 'open', max_duration: 7200, may_ask: ['mfa-code'] },
      ],
    });
  });

  test('names a setting that has changed, with its old and its new value', async () => {
    const desk = await openChainDesk();
    await desk.run('auth login');
    desk.configure(chainYaml(desk).replace('duration: 1h', "duration: 1h, external_id: 'other'"));
    const { stdout } = await desk.run('auth login --plan');
    expect(stdout).toContain(
      'opens a session for up to 1h: a setting changed after the session was opened: principal.external_id was not set and is now other\n',
    );
    expect(stdout).toContain('A login as leaf would open 2 of 3 sessions\n');
    expect((await desk.run('auth login --plan --force -i dev')).stdout).toContain(
      'opens a session for up to 12h: it is forced\n',
    );
  });

  test('says that the keyring is locked, and asks for nothing', async () => {
    const desk = await openChainDesk();
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    const result = await desk.run('auth login --plan', { env });
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain(
      '  Session  locked\n  Login    depends on the keyring, which was not read\n',
    );
    expect(result.stdout).toContain('What a login as leaf would open is not known\n');
    expect(result.stderr).toMatch(/^note: sessions are not known: no password/);
    const json = await desk.run('auth login --plan -o json', { env });
    expect(JSON.parse(json.stdout)).toMatchObject({
      keyring: { state: 'locked', reason: expect.any(String) },
      links: [
        { action: 'unknown' },
        { action: 'unknown' },
        { action: 'unknown', session: { state: 'locked' } },
      ],
    });
  });

  test('knows that an MFA code may be needed, if a device is configured', async () => {
    const desk = await openDesk({ entries: storedKey });
    const keys = 'access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: abc';
    desk.configure(yamlOf(desk, { identity: `credentials: { ${keys}, mfa_arn: ${device} }` }));
    expect((await desk.run('auth login --plan')).stdout).toContain('the code of an MFA device');
    desk.configure(yamlOf(desk, { identity: `credentials: { ${keys} }` }));
    expect((await desk.run('auth login --plan')).stdout).not.toContain('MFA');
  });

  test('has nothing to do for credentials of the environment, and reads them for a role', async () => {
    const desk = await openChainDesk();
    const identities = `    any: { kind: ambient }
    here: { kind: aws/ambient }
    role: { kind: aws/assume-role, via: { identity: here }, principal: { assume_role: '${arnOf('hub')}' } }\n`;
    desk.configure(chainYaml(desk, { identities }));
    const nothing = 'Login    nothing to do: programs use the credentials of their environment\n';
    for (const name of ['any', 'here']) {
      const { stdout } = await desk.run(`auth login --plan -i ${name}`);
      expect(stdout).toContain(nothing);
      expect(stdout).toContain(`A login as ${name} would open nothing\n`);
      const json = await desk.run(`auth login --plan --force -o json -i ${name}`);
      expect(JSON.parse(json.stdout)).toMatchObject({ links: [{ action: 'skip', because: null }] });
    }
    const { stdout } = await desk.run('auth login --plan -i role');
    expect(stdout).toContain('Login    reads the credentials of the environment\n');
    expect(stdout).not.toContain('nothing to do');
  });

  test.each([
    ['auth login -o json', 'ERR_USAGE', '--output is only for --plan'],
    ['auth login --plan -i gone', 'ERR_IDENTITY_UNKNOWN', 'unknown identity "gone"'],
  ])('%s is refused', async (line, code, message) => {
    const desk = await openChainDesk();
    const result = await desk.run(line);
    expect(result).toMatchObject({ code, exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
  });
});

describe('login --tags', () => {
  test('logs in to each identity that has one of the tags', async () => {
    const desk = await openChainDesk();
    const { exitCode, stdout, stderr } = await desk.run('auth login --tags production,human');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr.match(/Logged in as \w+/g)).toEqual(['Logged in as dev', 'Logged in as leaf']);
    const again = await desk.run('auth login --tags all', { env: { ATMOS_IDENTITY: 'dev' } });
    expect(again.stderr.match(/^(Already l|✓ L)ogged in as \w+/gm)).toEqual([
      'Already logged in as dev',
      'Already logged in as hub',
      'Already logged in as leaf',
    ]);
  });

  test('continues after a failure, and exits with the highest exit code', async () => {
    const desk = await openChainDesk();
    const identities = `    broken: { kind: aws/assume-role, tags: [all], via: { identity: gone } }
    denied: { kind: aws/assume-role, tags: [all], via: { identity: dev }, principal: { assume_role: '${arnOf('other')}' }, spec: { endpoint_url: '${desk.sts.url}' } }\n`;
    desk.configure(chainYaml(desk, { identities }));
    const { exitCode, stderr } = await desk.run('auth login --tags all');
    expect(exitCode).toBe(4);
    // The attempt for denied has opened the session of dev.
    expect(stderr.match(/^(Already l|✓ L)ogged in as \w+/gm)).toEqual([
      'Already logged in as dev',
      '✓ Logged in as hub',
      '✓ Logged in as leaf',
    ]);
    expect(stderr).toContain('via.identity of identity broken');
    expect(stderr).toContain('no session for identity denied');
  });

  test('shows the plan of each', async () => {
    const desk = await openChainDesk();
    const { stdout } = await desk.run('auth login --tags production,human --plan');
    expect(stdout).toContain('A login as dev would open 1 of 1 sessions\n');
    expect(stdout).toContain('A login as leaf would open 3 of 3 sessions\n');
    expect(desk.sts.calls).toEqual([]);
  });

  test.each([
    [
      '--tags prodution',
      'no identity has the tag "prodution": the tags are all, human, production',
    ],
    ['--tags x,y', 'no identity has one of the tags "x", "y": the tags are all, human, production'],
    ['--tags=', '--tags must contain at least one tag'],
    ['--tags all -i dev', '--tags and --identity cannot be combined'],
    [
      '--tags all --plan -o json',
      '--output is only for one identity, not for --tags\nhint: leave out --output\n',
    ],
  ])('refuses %s', async (options, message) => {
    const desk = await openChainDesk();
    const result = await desk.run(`auth login ${options}`);
    expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(desk.sts.calls).toEqual([]);
  });
});
