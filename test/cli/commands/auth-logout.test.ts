import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { formatEnvelope } from '../../../src/store/envelope.ts';
import type { ItemKind } from '../../../src/store/key.ts';
import { itemKey } from '../../../src/store/key.ts';
import { openDesk, user, yamlOf, type Desk } from './desk.ts';
import { person } from './person.ts';

function entry(alias: string, item: ItemKind, realm = 'r'): Record<string, string> {
  const credentials = awsCredentials(user);
  return { [itemKey({ realm, alias }, item)]: formatEnvelope({ credentials, realm, alias, item }) };
}

/**
 * Two identities and a provider with all possible entries, and an identity that is no longer
 * configured.
 */
async function openFull(): Promise<Desk> {
  const desk = await openDesk({
    entries: {
      ...entry('dev', 'key'),
      ...entry('dev', 'session'),
      ...entry('Ops', 'key'),
      ...entry('Ops', 'session'),
      ...entry('sso', 'token'),
      ...entry('gone', 'key'),
      ...entry('dev', 'key', 'other'),
      unrelated: 'of somebody else',
    },
  });
  desk.configure(
    `${yamlOf(desk)}    Ops:\n      kind: aws/assume-role\n  providers:\n    sso:\n      kind: aws/iam-identity-center\n      start_url: https://d-1.awsapps.com/start\n      region: eu-west-1\n`,
  );
  return desk;
}

/** The entries that a command removes from the keyring. */
async function takenBy(desk: Desk, run: () => Promise<void>): Promise<string[]> {
  const keys = () => desk.openKeyring().keys();
  const before = await keys();
  await run();
  const after = await keys();
  return before.filter((key) => !after.includes(key));
}

describe('logout', () => {
  test.each([
    ['auth logout', {}, 'dev'],
    ['auth logout dev', {}, 'dev'],
    ['auth logout DEV', {}, 'dev'],
    ['auth logout -i dev', {}, 'dev'],
    ['auth logout', { ATMOS_IDENTITY: 'ops' }, 'Ops'],
    ['auth -i ops logout', {}, 'Ops'],
  ])(
    '%s with %j removes the session of one identity, and keeps the access key',
    async (command, env, name) => {
      const desk = await openFull();
      const key = `atmos_r_${name.toLowerCase()}@session`;
      const taken = await takenBy(desk, async () => {
        expect(await desk.run(command, { env })).toEqual({
          exitCode: 0,
          stdout: '',
          stderr: `removed the session of ${name}: ${key}\n`,
        });
        expect(await desk.run(command, { env })).toEqual({
          exitCode: 0,
          stdout: '',
          stderr: 'nothing to remove in realm r\n',
        });
      });
      expect(taken).toEqual([key]);
    },
  );

  test('prompts for an identity with a bare -i', async () => {
    const desk = await openFull();
    const ada = person('Ops');
    const { stderr } = await desk.run('auth logout -i', { person: ada });
    expect(ada.asked).toEqual(['Identity: Ops, dev']);
    expect(stderr).toBe('removed the session of Ops: atmos_r_ops@session\n');
  });

  test('prompts with the identity first that was picked last', async () => {
    const desk = await openFull();
    await desk.run('auth whoami -i', { person: person('dev') });
    const ada = person('dev');
    await desk.run('auth logout -i --dry-run', { person: ada });
    expect(ada.asked).toEqual(['Identity: dev, Ops']);
  });

  test('removes the token of a provider', async () => {
    const desk = await openFull();
    expect((await desk.run('auth logout sso')).stderr).toBe(
      'removed the token of sso: atmos_r_sso@token\n',
    );
  });

  test('with --all removes only the entries of configured identities', async () => {
    const desk = await openFull();
    const taken = await takenBy(desk, async () => {
      const { stdout, stderr } = await desk.run('auth logout --all -o json');
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({
        removed: [
          {
            key: 'atmos_r_ops@session',
            realm: 'r',
            identity: 'Ops',
            provider: null,
            item: 'session',
          },
          {
            key: 'atmos_r_dev@session',
            realm: 'r',
            identity: 'dev',
            provider: null,
            item: 'session',
          },
          { key: 'atmos_r_sso@token', realm: 'r', identity: 'sso', provider: null, item: 'token' },
        ],
        left: [],
        removed_files: [],
        left_files: [],
        ended: [],
        dry_run: false,
      });
    });
    expect(taken).toEqual(['atmos_r_dev@session', 'atmos_r_ops@session', 'atmos_r_sso@token']);
  });

  test('with --dry-run needs no password and removes nothing', async () => {
    const desk = await openFull();
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    const taken = await takenBy(desk, async () => {
      expect(await desk.run('auth logout dev --keychain --dry-run', { env })).toEqual({
        exitCode: 0,
        stdout: '',
        stderr:
          'would remove the session of dev: atmos_r_dev@session\n' +
          'would remove the key of dev: atmos_r_dev\n',
      });
      const { stdout } = await desk.run('auth logout dev --dry-run -o json', { env });
      expect(JSON.parse(stdout)).toEqual({
        removed: [
          {
            key: 'atmos_r_dev@session',
            realm: 'r',
            identity: 'dev',
            provider: null,
            item: 'session',
          },
        ],
        left: [],
        removed_files: [],
        left_files: [],
        ended: [],
        dry_run: true,
      });
    });
    expect(taken).toEqual([]);
  });

  test('finds entries of an identity that is no longer configured', async () => {
    const desk = await openFull();
    expect((await desk.run('auth logout gone --keychain --force')).stderr).toBe(
      'removed the key of gone: atmos_r_gone\n',
    );
    expect(await desk.run('auth logout gone')).toMatchObject({
      code: 'ERR_IDENTITY_UNKNOWN',
      exitCode: 2,
    });
  });

  test('continues after an entry of another program, keeps it, and fails at the end', async () => {
    const desk = await openFull();
    const [stolen = ''] = Object.values(entry('x', 'session'));
    await desk.openKeyring().set('atmos_r_ops@session', stolen);
    const taken = await takenBy(desk, async () => {
      const { stderr, ...result } = await desk.run('auth logout --all');
      expect(result).toEqual({ code: 'ERR_KEYRING_FOREIGN', exitCode: 3, stdout: '' });
      expect(stderr).toBe(
        'removed the session of dev: atmos_r_dev@session\n' +
          'removed the token of sso: atmos_r_sso@token\n' +
          'error: the entry atmos_r_ops@session is the session of identity x of realm r, not the session of identity Ops of realm r\n' +
          'hint: set auth.realm to a name of its own, so that no two identities share an entry\n',
      );
    });
    expect(taken).toEqual(['atmos_r_dev@session', 'atmos_r_sso@token']);
  });

  test('removes a damaged entry', async () => {
    const desk = await openFull();
    writeFileSync(join(desk.directory, 'atmos_r_dev@session'), 'text', { mode: 0o600 });
    expect(await desk.run('auth logout')).toMatchObject({
      exitCode: 0,
      stderr: 'removed the session of dev: atmos_r_dev@session\n',
    });
  });
});

describe('with --all-realms', () => {
  const session = JSON.stringify({
    type: 'aws',
    data: { access_key_id: 'A', secret_access_key: 's', session_token: 't' },
  });
  const key = JSON.stringify({ type: 'aws', data: { access_key_id: 'A', secret_access_key: 's' } });
  const [ofDev = ''] = Object.values(entry('dev', 'session'));

  /** Our own entries of three realms, one of Atmos, and uncertain ones. */
  function openRealms(more: Record<string, string> = {}): Promise<Desk> {
    return openDesk({
      entries: {
        ...entry('dev', 'key'),
        ...entry('dev', 'session'),
        ...entry('b_c', 'session', 'a'),
        ...entry('dev', 'key', 'other'),
        ...entry('sso', 'token', 'other'),
        atmos_0123456789abcdef_old: key,
        'atmos_0123456789abcdef_old@session': session,
        unrelated: 'of somebody else',
        ...more,
      },
    });
  }

  test('removes the sessions and tokens of every realm, by their content, and keeps access keys', async () => {
    const desk = await openRealms();
    const taken = await takenBy(desk, async () => {
      const env = { ATMOS_IDENTITY: 'off' };
      expect(await desk.run('auth logout --all-realms', { env })).toEqual({
        exitCode: 0,
        stdout: '',
        stderr:
          'removed the session of old: atmos_0123456789abcdef_old@session\n' +
          'removed the session of b_c: atmos_a_b_c@session\n' +
          'removed the token of sso: atmos_other_sso@token\n' +
          'removed the session of dev: atmos_r_dev@session\n',
      });
      expect((await desk.run('auth logout --all-realms')).stderr).toBe(
        'nothing to remove in any realm\n',
      );
    });
    expect(taken).toEqual([
      'atmos_0123456789abcdef_old@session',
      'atmos_a_b_c@session',
      'atmos_other_sso@token',
      'atmos_r_dev@session',
    ]);
  });

  test('also removes access keys with --keychain and after confirmation', async () => {
    const desk = await openRealms();
    const taken = await takenBy(desk, async () => {
      const command = 'auth logout --all-realms --keychain -o json';
      const refused = await desk.run(command);
      expect(refused).toMatchObject({ code: 'ERR_NO_TERMINAL', exitCode: 2, stdout: '' });
      const no = person(false);
      expect(JSON.parse((await desk.run(command, { person: no })).stdout)).toEqual({
        removed: [],
        left: [],
        removed_files: [],
        left_files: [],
        ended: [],
        dry_run: false,
      });
      expect(no.asked).toEqual([
        'Delete the stored access keys of old (realm 0123456789abcdef), dev (realm other), dev (realm r)? (y/N)',
      ]);
    });
    expect(taken).toEqual([]);
    const { stdout } = await desk.run('auth logout --all-realms --keychain --force -o json');
    expect(JSON.parse(stdout).removed).toHaveLength(7);
    expect(await desk.openKeyring().keys()).toEqual(['unrelated']);
  });

  test('and --dry-run lists everything including access keys, and removes nothing', async () => {
    const desk = await openRealms();
    const taken = await takenBy(desk, async () => {
      const { stdout, stderr } = await desk.run(
        'auth logout --all-realms --keychain --dry-run -o json',
      );
      expect(stderr).toBe('');
      const { removed, dry_run } = JSON.parse(stdout);
      expect(dry_run).toBe(true);
      expect(removed).toHaveLength(7);
      expect(removed).toContainEqual({
        key: 'atmos_a_b_c@session',
        realm: 'a',
        identity: 'b_c',
        provider: null,
        item: 'session',
      });
    });
    expect(taken).toEqual([]);
  });

  test('keeps uncertain entries and reports why', async () => {
    const desk = await openRealms({
      'atmos_0123456789abcdef_x@session': key,
      'atmos_0123456789abcdef_y@token': key,
      atmos_0123456789abcdef_z: session,
      atmos_some_name: key,
      'atmos_r_renamed@session': ofDev,
      'atmos_r_partly@session': JSON.stringify({ ...JSON.parse(ofDev), item: undefined }),
      'atmos_r_text@session': 'no envelope',
    });
    const left: [string, string][] = [
      [
        'atmos_0123456789abcdef_x@session',
        'its owner is not recorded, its name is that of a session, and its content is a key',
      ],
      [
        'atmos_0123456789abcdef_y@token',
        'its owner is not recorded, its name is that of a token, and its content is a key',
      ],
      [
        'atmos_0123456789abcdef_z',
        'its owner is not recorded, its name is that of a key, and its content is a session',
      ],
      ['atmos_r_partly@session', 'its owner is recorded only in part'],
      ['atmos_r_renamed@session', 'its content is the session of dev of realm r'],
      ['atmos_r_text@session', 'its owner is not recorded, and it is not a JSON object'],
      ['atmos_some_name', 'its owner is not recorded, and its name does not contain the realm'],
    ];
    const { exitCode, stdout } = await desk.run(
      'auth logout --all-realms --keychain --dry-run -o json',
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).left).toEqual(left.map(([name, reason]) => ({ key: name, reason })));
    const { stderr } = await desk.run('auth logout --all-realms --keychain --force');
    for (const [name, reason] of left)
      expect(stderr).toContain(`warning: ${name} was not removed: ${reason}\n`);
    expect(await desk.openKeyring().keys()).toEqual(
      [...left.map(([name]) => name), 'unrelated'].sort(),
    );
  });

  test('continues after an entry that cannot be read, and fails at the end', async () => {
    const desk = await openRealms();
    writeFileSync(join(desk.directory, 'atmos_a_b_c@session'), 'text', { mode: 0o600 });
    const taken = await takenBy(desk, async () => {
      const { stderr, ...result } = await desk.run('auth logout --all-realms');
      expect(result).toEqual({ code: 'ERR_KEYRING_DAMAGED', exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/\nerror: the entry \S+atmos_a_b_c@session is damaged: /);
    });
    expect(taken).toHaveLength(3);
  });

  test('changes nothing outside of the keyring', async () => {
    const desk = await openRealms();
    const config = join(desk.root, '.config/atmos/profiles/aws');
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'atmos.yaml'), '');
    await desk.run('auth logout --all-realms --keychain --force');
    expect(existsSync(join(config, 'atmos.yaml'))).toBe(true);
  });

  test('needs no atmos.yaml', async () => {
    const desk = await openRealms();
    const env = { ATMOS_KEYRING_TYPE: 'file', ATMOS_AUTH_REALM: 'r' };
    const host = { workingDirectory: () => '/nonexistent' };
    const { exitCode } = await desk.run('auth logout --all-realms', { env, host });
    expect(exitCode).toBe(0);
    expect(await desk.openKeyring().keys()).not.toContain('atmos_a_b_c@session');
  });

  test.each(['dev', '--all', '-i dev', '-i'])('cannot be combined with %s', async (other) => {
    const desk = await openDesk();
    expect(await desk.run(`auth logout --all-realms ${other}`)).toMatchObject({
      code: 'ERR_USAGE',
      exitCode: 2,
      stderr: expect.stringContaining('error: --all-realms cannot be combined'),
    });
  });
});

describe('access keys', () => {
  test('are removed when the user confirms', async () => {
    const desk = await openFull();
    const ada = person(true);
    const taken = await takenBy(desk, async () => {
      expect(await desk.run('auth logout --all --keychain', { person: ada })).toEqual({
        exitCode: 0,
        stdout: '',
        stderr:
          'removed the session of Ops: atmos_r_ops@session\n' +
          'removed the key of Ops: atmos_r_ops\n' +
          'removed the session of dev: atmos_r_dev@session\n' +
          'removed the key of dev: atmos_r_dev\n' +
          'removed the token of sso: atmos_r_sso@token\n',
      });
    });
    expect(ada.asked).toEqual(['Delete the stored access keys of Ops, dev? (y/N)']);
    expect(taken).toHaveLength(5);
    expect((await desk.openKeyring().keys()).sort()).toEqual([
      'atmos_other_dev',
      'atmos_r_gone',
      'unrelated',
    ]);
  });

  test('and all other entries are kept when the user declines', async () => {
    const desk = await openFull();
    const taken = await takenBy(desk, async () => {
      const ada = person(false);
      expect(await desk.run('auth logout dev --keychain', { person: ada })).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: 'logout canceled: nothing was removed\n',
      });
      expect(ada.asked).toEqual(['Delete the stored access key of dev? (y/N)']);
      const json = await desk.run('auth logout dev --keychain -o json', { person: person(false) });
      expect(json).toMatchObject({
        exitCode: 0,
        stdout:
          '{\n  "removed": [],\n  "left": [],\n  "removed_files": [],\n  "left_files": [],\n  "ended": [],\n  "dry_run": false\n}\n',
      });
    });
    expect(taken).toEqual([]);
  });

  test('are removed without a prompt only with --force', async () => {
    const desk = await openFull();
    const taken = await takenBy(desk, async () => {
      expect(await desk.run('auth logout dev --keychain')).toEqual({
        code: 'ERR_NO_TERMINAL',
        exitCode: 2,
        stdout: '',
        stderr:
          'error: cannot prompt for "Delete the stored access key of dev?": there is no terminal\n' +
          'hint: to delete without a prompt: add --force\n',
      });
    });
    expect(taken).toEqual([]);
    expect(await desk.run('auth logout dev --keychain --force')).toMatchObject({ exitCode: 0 });
  });

  test('cause no prompt if none exist', async () => {
    const desk = await openFull();
    const ada = person();
    expect(await desk.run('auth logout sso --keychain', { person: ada })).toMatchObject({
      exitCode: 0,
    });
    expect(await desk.run('auth logout sso --keychain')).toMatchObject({
      exitCode: 0,
      stderr: 'nothing to remove in realm r\n',
    });
    expect(ada.asked).toEqual([]);
  });
});

describe('logout refuses', () => {
  test.each([
    ['auth logout deb', {}, 'ERR_IDENTITY_UNKNOWN', 2, 'hint: did you mean dev?\n'],
    ['auth logout dev -i ops', {}, 'ERR_USAGE', 2, 'error: the identity is given twice'],
    [
      'auth logout dev --all',
      {},
      'ERR_USAGE',
      2,
      'error: --all cannot be combined with the name of an identity\n',
    ],
    ['auth logout -i', {}, 'ERR_NO_TERMINAL', 2, 'hint: to choose without a prompt: add -i Ops\n'],
    [
      'auth logout',
      { ATMOS_IDENTITY: 'off' },
      'ERR_USAGE',
      2,
      'error: authentication is switched off by ATMOS_IDENTITY: there is nothing to log out from\n',
    ],
    [
      'auth logout',
      { ATMOS_KEYRING_PASSWORD: 'another one' },
      'ERR_KEYRING_PASSWORD_WRONG',
      3,
      'error: the password (from ATMOS_KEYRING_PASSWORD) does not open',
    ],
    [
      'auth logout',
      { ATMOS_KEYRING_TYPE: 'system' },
      'ERR_KEYRING_UNAVAILABLE',
      3,
      'hint: to use an encrypted file with a password: export ATMOS_KEYRING_TYPE=file',
    ],
  ])('%s with %j', async (command, env, code, exitCode, text) => {
    const desk = await openFull();
    const before = desk.stored();
    const result = await desk.run(command, { env });
    expect(result).toMatchObject({ code, exitCode, stdout: '' });
    expect(result.stderr).toContain(text);
    expect(desk.stored()).toEqual(before);
  });
});

test('--local is only for signing out of providers', async () => {
  const desk = await openDesk();
  for (const command of [
    'auth logout --local',
    'auth logout dev --local',
    'auth logout --all-realms --local',
  ]) {
    const { exitCode, stderr } = await desk.run(command);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('error: --local requires --provider or --all\n');
  }
});
