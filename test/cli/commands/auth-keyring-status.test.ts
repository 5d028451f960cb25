import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDesk, storedKey, yamlOf } from './desk.ts';
import { person } from './person.ts';

const command = 'auth keyring status';

test('a keyring that opens is ready', async () => {
  const desk = await openDesk({ entries: { ...storedKey, unrelated: 'x' } });
  const { exitCode, stdout, stderr } = await desk.run(`${command} -o json`);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const source = `auth.keyring.type (${desk.project}/atmos.yaml:4:11)`;
  expect(JSON.parse(stdout)).toEqual({
    type: 'file',
    source,
    location: desk.directory,
    location_source: 'default',
    network_file_system: null,
    persistent: true,
    state: 'ready',
    reason: null,
    entries: 2,
    owners: { 'atmos-auth': 1, 'atmos-store': 0, other: 1 },
    items: { key: 1, session: 0, token: 0 },
    weak_entries: 1,
    sessions: null,
    server: null,
    agent: {
      running: false,
      process_id: null,
      expires_at: null,
      idle_expires_at: null,
      reason: null,
    },
    fallback: null,
  });
  expect(await desk.run(command)).toEqual({
    exitCode: 0,
    stdout: '',
    stderr:
      '  Keyring     file (auth.keyring.type (~/project/atmos.yaml:4:11))\n' +
      `  Where       ~/data/atmos/keyring (default)\n` +
      '  State       ready\n' +
      '  Entries     2 (1 key, 1 of other programs), 1 weakly encrypted: atmos auth keyring rekey --upgrade\n' +
      '  Agent       none\n' +
      '  Persistent  yes\n',
  });
});

test('a keyring that does not exist yet is ready, and status does not create it', async () => {
  const desk = await openDesk();
  expect(JSON.parse((await desk.run(`${command} -o json`)).stdout)).toMatchObject({
    state: 'ready',
    entries: 0,
  });
  expect(desk.stored()).toEqual({});
});

test.each([
  [
    'no password',
    { ATMOS_KEYRING_PASSWORD: undefined },
    'no password: neither ATMOS_KEYRING_PASSWORD nor ATMOS_KEYRING_PASSWORD_FILE is set',
  ],
  [
    'a wrong one',
    { ATMOS_KEYRING_PASSWORD: 'another one' },
    'the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring $',
  ],
])(
  'with %s the keyring is locked, without a prompt and without failing',
  async (_, env, reason) => {
    const desk = await openDesk({ entries: storedKey });
    const ada = person('correct horse battery staple');
    const { exitCode, stdout } = await desk.run(`${command} -o json`, { env, person: ada });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'locked',
      reason: reason.replace('$', desk.directory),
      entries: 1,
    });
    expect(ada.asked).toEqual([]);
  },
);

test.each([
  ['that only a user knows', undefined, ['hint: atmos auth keyring unlock']],
  ['that a variable contains', 'another one', null],
])('of a keyring locked under a password %s, the hints are %s %s', async (_, variable, hints) => {
  const desk = await openDesk({ entries: storedKey });
  const { stderr } = await desk.run(command, { env: { ATMOS_KEYRING_PASSWORD: variable } });
  expect(stderr).toContain('locked: ');
  expect(stderr.match(/^hint: .*/gm)).toEqual(hints);
});

test('a password command is not run for status', async () => {
  const desk = await openDesk({ entries: storedKey });
  const keyring = `type: file\nspec:\n  password_command: touch ${desk.root}/ran`;
  desk.configure(yamlOf(desk, { keyring }));
  const env = { ATMOS_KEYRING_PASSWORD: undefined };
  expect(JSON.parse((await desk.run(`${command} -o json`, { env })).stdout)).toMatchObject({
    state: 'locked',
    reason: 'the password command has not been run yet',
  });
});

test('the memory keyring is always ready and empty', async () => {
  const desk = await openDesk();
  const env = { ATMOS_KEYRING_TYPE: 'memory' };
  expect(JSON.parse((await desk.run(`${command} -o json`, { env })).stdout)).toEqual({
    type: 'memory',
    source: 'ATMOS_KEYRING_TYPE',
    location: 'this process',
    location_source: null,
    network_file_system: null,
    persistent: false,
    state: 'ready',
    reason: null,
    entries: 0,
    owners: { 'atmos-auth': 0, 'atmos-store': 0, other: 0 },
    items: { key: 0, session: 0, token: 0 },
    weak_entries: null,
    sessions: null,
    server: null,
    agent: null,
    fallback: null,
  });
  expect((await desk.run(command, { env })).stderr).toContain(
    '  Persistent  no: entries are deleted when this process exits\n',
  );
});

describe('an unusable keyring', () => {
  test('fails with a fix', async () => {
    const desk = await openDesk({ entries: storedKey });
    writeFileSync(join(desk.directory, '.state/version'), '99\n', { mode: 0o600 });
    const reason = `the keyring ${desk.directory}/.state has version 99; this atmos-auth supports version 1`;
    const json = await desk.run(`${command} -o json`);
    expect(json).toMatchObject({ exitCode: 3, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ state: 'unavailable', reason, entries: null });
    const { stderr, ...result } = await desk.run(command);
    expect(result).toEqual({ code: 'ERR_KEYRING_VERSION', exitCode: 3, stdout: '' });
    expect(stderr).toContain(
      `  State       unavailable\n  Agent       none\n  Persistent  yes\nerror: ${reason}\nhint: npm install --global atmos-auth@latest\n`,
    );
  });

  test('is detected by its entries alone', async () => {
    const desk = await openDesk();
    // The verifier is invalid, and there is no entry to compare with.
    mkdirSync(join(desk.directory, '.state'), { recursive: true, mode: 0o700 });
    writeFileSync(join(desk.directory, '.state/verifier'), 'text', { mode: 0o600 });
    const { stderr, ...result } = await desk.run(command);
    expect(result).toMatchObject({ code: 'ERR_KEYRING_UNAVAILABLE', exitCode: 3 });
    expect(stderr).toMatch(
      /\nerror: the file keyring cannot be used: the entry \S+verifier is damaged: /,
    );
  });

  test('is reported if a file is in the place of the directory', async () => {
    const desk = await openDesk();
    mkdirSync(join(desk.root, 'data/atmos'), { recursive: true });
    writeFileSync(desk.directory, '');
    expect(await desk.run(command)).toMatchObject({ exitCode: 3, stdout: '' });
    expect((await desk.run(`${command} -o json`)).stdout).toContain('"state": "unavailable"');
  });

  test('an unknown type is a mistake in the configuration', async () => {
    const desk = await openDesk();
    const env = { ATMOS_KEYRING_TYPE: 'fil' };
    expect(await desk.run(command, { env })).toEqual({
      code: 'ERR_KEYRING_UNKNOWN_TYPE',
      exitCode: 2,
      stdout: '',
      stderr:
        'error: unknown keyring type "fil" (from ATMOS_KEYRING_TYPE): expected one of system, file, memory, vault\n' +
        'hint: did you mean file?\n',
    });
  });
});

describe('without an atmos.yaml', () => {
  const elsewhere = { workingDirectory: () => '/nonexistent' };

  test('status uses the environment and the defaults', async () => {
    const desk = await openDesk();
    const env = { ATMOS_KEYRING_TYPE: 'file', ATMOS_KEYRING_FILE_PATH: desk.directory };
    const { exitCode, stdout } = await desk.run(`${command} -o json`, { env, host: elsewhere });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      source: 'ATMOS_KEYRING_TYPE',
      location: desk.directory,
      location_source: 'ATMOS_KEYRING_FILE_PATH',
    });
    expect(await desk.run(command, { host: elsewhere })).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      exitCode: 3,
      stderr: expect.stringContaining(
        'hint: to use an encrypted file with a password: export ATMOS_KEYRING_TYPE=file',
      ),
    });
  });

  test('a named configuration must exist', async () => {
    const desk = await openDesk();
    const named = await desk.run(`${command} --config none.yaml`);
    expect(named).toMatchObject({ code: 'ERR_CONFIG_NOT_FOUND', exitCode: 2 });
    const env = { ATMOS_CONFIG: '/nonexistent/atmos.yaml' };
    expect(await desk.run(command, { env })).toMatchObject({ code: 'ERR_CONFIG_NOT_FOUND' });
  });

  test('an invalid configuration is reported', async () => {
    const desk = await openDesk();
    desk.configure('auth: [');
    expect(await desk.run(command)).toMatchObject({ code: 'ERR_CONFIG_SYNTAX', exitCode: 2 });
  });
});
