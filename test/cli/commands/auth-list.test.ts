import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { arnOf, chainYaml, openChainDesk } from './chain-desk.ts';
import { user } from './desk.ts';

const hour = 60 * 60_000;

describe('auth list', () => {
  test('shows a chain as a tree, with the expiry of each session, and sends no request', async () => {
    const desk = await openChainDesk();
    await desk.run('auth login -i hub');
    const before = desk.sts.calls.length;
    expect(await desk.run('auth list')).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: [
        'dev (aws/user)  until 12:00 (in 12h)',
        '└── hub (aws/assume-role)  until 01:00 (in 1h)',
        '    └── leaf (aws/assume-role) [default] [alias: l]  no session',
        '',
      ].join('\n'),
    });
    desk.clock.now = new Date(desk.clock.now.getTime() + 3 * hour);
    expect((await desk.run('auth list --identities hub')).stdout).toBe(
      'hub (aws/assume-role)  via identity dev  expired 01:00 (2h ago)\n',
    );
    expect(desk.sts.calls).toHaveLength(before);
  });

  test('says locked instead of prompting for a password or running a command', async () => {
    const desk = await openChainDesk();
    await desk.run('auth login -i dev');
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    const { stdout, stderr } = await desk.run('auth list --identities dev', { env });
    expect(stdout).toBe('dev (aws/user)  locked\n');
    expect(stderr).toMatch(/^note: sessions are not known: no password/);
    desk.configure(
      chainYaml(desk, { keyring: 'type: file, spec: { password_command: "exit 7" }' }),
    );
    const ofCommand = await desk.run('auth list -o json', { env });
    expect(JSON.parse(ofCommand.stdout)).toMatchObject({
      identities: { leaf: { session: { state: 'locked', expires_at: null } } },
    });
  });

  test('lists without a keyring', async () => {
    const desk = await openChainDesk();
    desk.configure(chainYaml(desk, { keyring: 'type: system' }));
    const { exitCode, stdout, stderr } = await desk.run('auth list --identities=dev');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'dev (aws/user)  unknown\n' });
    expect(stderr).toMatch(/^note: sessions are not known: /);
  });

  test('prints the same as YAML and as JSON, in the names of atmos.yaml', async () => {
    const desk = await openChainDesk();
    await desk.run('auth login');
    const json: unknown = JSON.parse((await desk.run('auth list -o json')).stdout);
    expect(load((await desk.run('auth list -f yaml')).stdout)).toEqual(json);
    expect(json).toMatchObject({
      providers: {},
      identities: {
        leaf: {
          kind: 'aws/assume-role',
          default: true,
          alias: 'l',
          tags: ['production', 'all'],
          via: { identity: 'hub' },
          chain: [
            { type: 'identity', name: 'dev', kind: 'aws/user' },
            { type: 'identity', name: 'hub', kind: 'aws/assume-role' },
            { type: 'identity', name: 'leaf', kind: 'aws/assume-role' },
          ],
          region: null,
          session: { state: 'valid', expires_at: '2026-01-01T01:00:00Z', reason: null },
          problem: null,
        },
      },
    });
  });

  test('shows two tables, and what is wrong below them', async () => {
    const desk = await openChainDesk();
    const identities = '    lost: { kind: aws/assume-role, via: { identity: gone } }\n';
    const more = `  providers:
    portal: { kind: aws/saml, url: 'https://idp', region: eu-west-1, default: true }\n`;
    const file = desk.configure(chainYaml(desk, { identities, more }));
    const short = file.replace(desk.root, '~');
    expect((await desk.run('auth list -f table')).stdout.split('\n')).toEqual([
      'PROVIDER  KIND      REGION     URL          DEFAULT  SESSION',
      'portal    aws/saml  eu-west-1  https://idp  yes      broken',
      '',
      'IDENTITY  KIND             VIA                      DEFAULT  ALIAS  SESSION',
      'dev       aws/user         -                        -        -      no session',
      'hub       aws/assume-role  identity dev             -        -      no session',
      'leaf      aws/assume-role  identity hub             yes      l      no session',
      'lost      aws/assume-role  identity gone (missing)  -        -      broken',
      '',
      `portal is broken: provider portal has the kind aws/saml (${short}:25:21), which this version does not support`,
      `lost is broken: via.identity of identity lost (${short}:23:53) is not an identity: "gone"`,
      '',
    ]);
  });

  test.each([
    [
      'a cycle',
      '    a: { kind: aws/assume-role, via: { identity: b } }\n    b: { kind: aws/assume-role, via: { identity: a } }\n',
      'leads back to itself',
    ],
    ['a kind that is not supported', '    a: { kind: gcp/project }\n', 'does not support'],
    ['an identity without a kind', '    a: { default: false }\n', 'no kind'],
    [
      'a malformed ARN',
      '    a: { kind: aws/assume-role, via: { identity: dev }, principal: { assume_role: x } }\n',
      'is not the ARN of a role',
    ],
    [
      'a provider that is missing',
      '    a: { kind: aws/assume-role, via: { provider: p } }\n',
      'is not a provider',
    ],
  ])('shows %s as broken', async (_, identities, problem) => {
    const desk = await openChainDesk();
    desk.configure(chainYaml(desk, { identities }));
    for (const format of ['tree', 'table', 'json', 'yaml', 'mermaid', 'graphviz', 'markdown']) {
      const { exitCode, stderr } = await desk.run(`auth list -f ${format}`);
      expect({ format, exitCode, stderr }).toEqual({ format, exitCode: 0, stderr: '' });
    }
    const { stdout } = await desk.run('auth list');
    expect(stdout).toMatch(/^(├── )?a \(.*broken: /m);
    expect(stdout).toContain(problem);
    expect(stdout).toContain('leaf (aws/assume-role) [default]');
  });

  test('prints no secret and no value of a tag', async () => {
    const desk = await openChainDesk();
    const credentials = `credentials: { access_key_id: ${user.accessKeyId}, secret_access_key: '${user.secretAccessKey}', region: !env CANARY }`;
    desk.configure(
      chainYaml(desk, {
        identities: `    a: { kind: aws/user, alias: !env CANARY, tags: [!env CANARY], ${credentials} }\n`,
        more: `  providers:
    p: { kind: aws/saml, url: !env CANARY, username: canary, password: canary, region: !env CANARY }\n`,
      }),
    );
    for (const format of ['tree', 'table', 'json', 'yaml', 'mermaid', 'graphviz', 'markdown']) {
      const result = await desk.run(`auth list -f ${format}`, { env: { CANARY: 'canary' } });
      expect(result.exitCode).toBe(0);
      expect(result.stdout).not.toContain('canary');
      expect(result.stdout).not.toContain(user.secretAccessKey);
      expect(result.stdout).not.toContain(user.accessKeyId);
    }
    const { stdout } = await desk.run('auth list', { env: { CANARY: 'canary' } });
    expect(stdout).toContain('<value of !env CANARY>');
  });

  test.each([
    ['--providers --identities', 'ERR_USAGE', '--providers and --identities cannot be combined'],
    [
      '--identities=dev,gone',
      'ERR_IDENTITY_UNKNOWN',
      'unknown identity "gone": it is one of dev, hub, leaf',
    ],
    ['--providers gone', 'ERR_USAGE', 'unknown provider "gone": no name is configured'],
    [
      '--tags nope',
      'ERR_USAGE',
      'no identity has the tag "nope": the tags are all, human, production',
    ],
    ['--tags=', 'ERR_USAGE', '--tags must contain at least one tag'],
    ['-f csv', 'ERR_USAGE', 'invalid value "csv" for -f'],
  ])('refuses %s', async (options, code, message) => {
    const desk = await openChainDesk();
    const result = await desk.run(`auth list ${options}`);
    expect(result).toMatchObject({ code, exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  test.each([
    ['--identities', ['dev', 'hub', 'leaf']],
    ['--identities LEAF,hub', ['hub', 'leaf']],
    ['--tags human,production', ['dev', 'leaf']],
    ['--identities dev --tags production', []],
    ['--providers', []],
  ])('filters with %s', async (options, names) => {
    const desk = await openChainDesk();
    const { stdout } = await desk.run(`auth list -f json ${options}`);
    expect(Object.keys((JSON.parse(stdout) as { identities: object }).identities)).toEqual(names);
  });

  test('shows nothing, and the profiles that have identities', async () => {
    const desk = await openChainDesk();
    desk.configure('auth: { realm: r, keyring: { type: file } }\n');
    expect(await desk.run('auth list')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'no providers or identities\n',
    });
    expect(JSON.parse((await desk.run('auth list -o json')).stdout)).toEqual({
      providers: {},
      identities: {},
    });
  });

  test('says how a session does not match the settings', async () => {
    const desk = await openChainDesk();
    await desk.run('auth login');
    desk.configure(chainYaml(desk).replace(`'${arnOf('leaf')}'`, `'${arnOf('hub')}'`));
    const { stdout } = await desk.run('auth list -o json --identities leaf');
    expect(JSON.parse(stdout)).toMatchObject({
      identities: {
        leaf: {
          session: {
            state: 'changed',
            reason: `a setting changed after the session was opened: principal.assume_role was ${arnOf('leaf')} and is now ${arnOf('hub')}`,
          },
        },
      },
    });
  });
});
