import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAuditRecord } from '../../src/auth/audit-record.ts';
import { openAuth } from '../../src/app/open.ts';
import { configFromObject } from '../../src/auth/load-config.ts';
import { planAuth } from '../../src/auth/plan.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import {
  openDesk,
  sessionCalls,
  storedKey,
  user,
  yamlOf,
  type Desk,
} from '../cli/commands/desk.ts';
import { errorOf } from '../support/error-of.ts';
import { fakeHost, testStart } from '../support/fake-host.ts';

/** A desk whose project is trusted, with a file for the audit beside it. */
async function openAuditDesk(
  file = '~/state/audit.jsonl',
  entries: Readonly<Record<string, string>> = storedKey,
) {
  const desk = await openDesk({ entries });
  desk.configure(`${yamlOf(desk)}  audit: { file: '${file}' }\n`);
  desk.env['ATMOS_AUTH_TRUST'] = '1';
  const path = join(desk.root, 'state/audit.jsonl');
  return { ...desk, path, uses: () => usesIn(path) };
}

function usesIn(path: string) {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map(parseAuditRecord);
}

const use = {
  time: testStart.toISOString(),
  identity: 'dev',
  kind: 'aws/user',
  principal: null,
  account: null,
  access_key_id: expect.stringMatching(/^ASIA/),
  pid: 1,
  outcome: 'ok',
};

describe('with auth.audit each use of an identity is recorded', () => {
  test.each([
    ['login', 'auth login'],
    ['env', 'auth env --credentials env'],
    ['env', 'auth env --login'],
    ['credential-process', 'auth credential-process'],
  ])('by the command %s: %s', async (command, words) => {
    const desk = await openAuditDesk();
    expect(await desk.run(words)).toMatchObject({ exitCode: 0 });
    expect(desk.uses()).toEqual([{ ...use, command }]);
    const text = readFileSync(desk.path, 'utf8');
    expect(text).not.toContain(user.secretAccessKey);
  });

  test('and a stored session is a use as well', async () => {
    const desk = await openAuditDesk();
    await desk.run('auth login');
    await desk.run('auth credential-process');
    const [first, second] = desk.uses();
    expect(second).toEqual({ ...first, command: 'credential-process' });
    expect(sessionCalls(desk)).toBe(1);
  });

  test('with the code of the error if no session could be opened', async () => {
    const desk = await openAuditDesk('~/state/audit.jsonl', { atmos_r_other: '{}' });
    const { code } = await desk.run('auth login');
    expect(code).toBe('ERR_AUTH_KEYS_MISSING');
    expect(desk.uses()).toEqual([
      { ...use, command: 'login', access_key_id: null, outcome: 'ERR_AUTH_KEYS_MISSING' },
    ]);
  });

  test('but not what gives no credentials', async () => {
    const desk = await openAuditDesk();
    for (const words of ['auth whoami', 'auth list', 'auth env', 'auth login --plan'])
      await desk.run(words);
    await desk.run('auth logout dev');
    expect(desk.uses()).toEqual([]);
  });

  test('by a Node program, which is the caller itself', async () => {
    const desk = await openAuditDesk();
    const host = fakeHost({
      env: desk.env,
      homeDirectory: desk.root,
      processId: 77,
      workingDirectory: () => desk.project,
    });
    const { path } = desk;
    const config = await configFromObject(
      {
        auth: {
          audit: { file: path },
          identities: { dev: { kind: 'aws/user', spec: { endpoint_url: desk.sts.url } } },
        },
      },
      host,
    );
    const plan = { ...planAuth(config, host), config };
    const keyring = openMemoryKeyring();
    const { manager } = await openAuth(plan, { host, keyring, warn() {} });
    const [identity] = config.identities;
    if (identity === undefined) throw new Error('no identity');
    await errorOf(manager.login(identity));
    expect(desk.uses()).toEqual([
      {
        ...use,
        command: 'createAuth',
        pid: 77,
        access_key_id: null,
        outcome: 'ERR_AUTH_KEYS_MISSING',
      },
    ]);
  });
});

describe('the file of auth.audit', () => {
  test('starts from the directory of the file that names it', async () => {
    const desk = await openAuditDesk('audit/uses.jsonl');
    await desk.run('auth login');
    expect(usesIn(join(desk.project, 'audit/uses.jsonl'))).toEqual([{ ...use, command: 'login' }]);
  });

  test('stops a use before anything is opened if it cannot be written, but no logout', async () => {
    const desk = await openAuditDesk();
    mkdirSync(desk.path, { recursive: true });
    for (const words of ['auth login', 'auth credential-process', 'auth env --credentials env']) {
      const { code, stdout, stderr } = await desk.run(words);
      expect({ code, stdout }).toEqual({ code: 'ERR_IO', stdout: '' });
      expect(stderr.replaceAll(desk.root, '$')).toContain(
        'cannot write the audit file $/state/audit.jsonl (from auth.audit.file ($/project/atmos.yaml:12:18)): it is a directory, not a regular file',
      );
    }
    expect(sessionCalls(desk)).toBe(0);
    expect(await desk.run('auth logout dev')).toMatchObject({ exitCode: 0 });
  });

  test('needs trust if a project names it', async () => {
    const desk = await openAuditDesk();
    const { code, stderr } = await desk.run('auth login', { env: { ATMOS_AUTH_TRUST: undefined } });
    expect(code).toBe('ERR_CONFIG_UNTRUSTED');
    expect(stderr).toContain('it writes a line for each use of an identity to ~/state/audit.jsonl');
    expect(existsSync(desk.path)).toBe(false);
    const shown = await desk.run('auth trust', { env: { ATMOS_AUTH_TRUST: undefined } });
    expect(`${shown.stdout}${shown.stderr}`).toContain('writes a line for each use of an identity');
  });

  test.each([
    ['audit: {}', 'auth.audit.file (12:3) is missing or empty'],
    ["audit: { file: '' }", 'auth.audit.file (12:18) is missing or empty'],
    ['audit: { file: !env NOT_SET }', 'auth.audit.file (12:18) is missing or empty'],
    ['audit: { file: [a] }', 'auth.audit.file (12:12) must be text, not a list'],
    ['audit: x', 'auth.audit (12:10) must be a map, not the text "x"'],
  ])('must be named: %s', async (audit, message) => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(`${yamlOf(desk)}  ${audit}\n`);
    const { code, stderr } = await desk.run('auth login');
    expect(code).toBe('ERR_CONFIG_INVALID');
    expect(stderr.replaceAll(`${desk.project}/atmos.yaml:`, '')).toContain(message);
  });

  test('of the user cannot be taken away by a project', async () => {
    const desk = await openDesk({ entries: storedKey });
    const own = join(desk.root, '.atmos/atmos.yaml');
    mkdirSync(join(desk.root, '.atmos'), { mode: 0o700 });
    writeFileSync(own, 'auth: { audit: { file: ~/state/audit.jsonl } }\n', { mode: 0o600 });
    await desk.run('auth login');
    expect(usesIn(join(desk.root, 'state/audit.jsonl'))).toHaveLength(1);
    desk.configure(`${yamlOf(desk)}  audit: !unset\n`);
    const { code, stderr } = await desk.run('auth login');
    expect(code).toBe('ERR_CONFIG_INVALID');
    expect(stderr.replaceAll(desk.root, '$')).toContain(
      'auth.audit.file ($/.atmos/atmos.yaml:1:24) is removed by a file of the project',
    );
  });
});

test('a role is recorded with its ARN and its account', async () => {
  const { openChainDesk } = await import('../cli/commands/chain-desk.ts');
  const chain: Desk = await openChainDesk();
  const path = join(chain.root, 'audit.jsonl');
  const yaml = readFileSync(join(chain.project, 'atmos.yaml'), 'utf8');
  chain.configure(yaml.replace('auth:\n', `auth:\n  audit: { file: '${path}' }\n`));
  const env = { ATMOS_AUTH_TRUST: '1' };
  expect(await chain.run('auth credential-process', { env })).toMatchObject({ exitCode: 0 });
  const [recorded] = usesIn(path);
  expect(recorded?.principal).toMatch(/^arn:aws:iam::\d{12}:role\//);
  expect(recorded?.principal).toContain(recorded?.account ?? 'none');
});
