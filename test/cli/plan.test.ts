import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDesk, yamlOf } from './commands/desk.ts';
import { person } from './commands/person.ts';

// Tested with a command that opens nothing.
const command = 'auth env -f json';

test('features that the configuration does not use are not mentioned', async () => {
  const desk = await openDesk();
  const text = yamlOf(desk, { keyring: 'type: file\nfallback: []' });
  desk.configure(text.replace('  realm: r\n', '  realm: r\n  session_files: false\n'));
  expect(await desk.run(command)).toMatchObject({ exitCode: 0, stderr: '' });
});

test('warnings of the configuration are shown', async () => {
  const desk = await openDesk();
  const config = desk.configure(yamlOf(desk, { keyring: 'type: file\nspek: {}' }));
  expect((await desk.run(command)).stderr).toBe(
    `warning: auth.keyring.spek (${config}:5:5) is not known: did you mean spec?\n`,
  );
});

test('text from a file cannot write control sequences', async () => {
  const desk = await openDesk({ hasDevice: true });
  desk.configure(yamlOf(desk, { keyring: 'type: file\n"spek\\e[2J": {}' }));
  const { stderr } = await desk.run(command);
  expect(stderr).toMatch(/^warning: auth\.keyring\S*spek/);
  expect(stderr).not.toContain('\u001b');

  const identity = 'credentials:\n  mfa_arn: "ada\\e[2J"';
  desk.configure(yamlOf(desk, { identity }));
  const asked = person();
  const refused = await desk.run('auth login', { person: asked });
  expect(refused).toMatchObject({ code: 'ERR_CONFIG_INVALID', exitCode: 2 });
  expect(refused.stderr).not.toContain('2J');
  expect(asked.asked).toEqual([]);
});

test('options select a profile and files', async () => {
  const desk = await openDesk();
  expect(await desk.run(`${command} --profile none`)).toMatchObject({
    code: 'ERR_PROFILE_UNKNOWN',
    exitCode: 2,
  });
  expect(await desk.run(`${command} --config none.yaml`)).toMatchObject({
    code: 'ERR_CONFIG_NOT_FOUND',
    exitCode: 2,
    stderr: expect.stringContaining(`${desk.project}/none.yaml (from --config) does not exist`),
  });
  expect(await desk.run(`${command} --config atmos.yaml,atmos.yaml`)).toMatchObject({
    exitCode: 0,
  });
});

test('an empty file name is a mistake', async () => {
  const desk = await openDesk();
  for (const [option, what] of [
    ['--config', 'file'],
    ['--config-path', 'directory'],
  ]) {
    expect(await desk.run([...command.split(' '), `${option}=`])).toMatchObject({
      code: 'ERR_USAGE',
      exitCode: 2,
      stderr: `error: ${option} requires the name of a ${what}, but the name is empty\n`,
    });
  }
});

test('--config-path selects a directory, and --base-path the base of imports', async () => {
  const desk = await openDesk();
  mkdirSync(join(desk.project, 'conf/base'), { recursive: true });
  const text = yamlOf(desk, { identity: 'credentials:\n  region: eu-west-1' });
  writeFileSync(join(desk.project, 'conf/base/more.yaml'), text);
  writeFileSync(join(desk.project, 'conf/atmos.yaml'), 'import: [more.yaml]\n');
  const run = (options: string) => desk.run(`${command} --config-path conf ${options}`);
  expect(await run('')).toMatchObject({ code: 'ERR_IDENTITY_REQUIRED' });
  const { exitCode, stdout } = await run('--base-path conf/base');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ AWS_REGION: 'eu-west-1' });
});

test('the top-level env: contains our settings if the environment does not', async () => {
  const desk = await openDesk();
  const path = desk.configure(`env:
  ATMOS_IDENTITY: ops
  ATMOS_AUTH_REALM: mine
  ATMOS_KEYRING_TYPE: memory
auth:
  realm: r
  keyring: { type: file }
  identities:
    dev: { kind: aws/user, default: true }
    ops: { kind: aws/user }
`);
  const status = async (env = {}) => {
    const { stdout } = await desk.run('auth keyring status -o json', { env });
    const { type, source } = JSON.parse(stdout) as Record<string, unknown>;
    return { type, source };
  };
  expect(await status()).toEqual({
    type: 'memory',
    source: `env.ATMOS_KEYRING_TYPE (${path}:4:23)`,
  });
  expect(await status({ ATMOS_KEYRING_TYPE: 'file' })).toEqual({
    type: 'file',
    source: 'ATMOS_KEYRING_TYPE',
  });
  expect(await status({ ATMOS_KEYRING_TYPE: '' })).toEqual({
    type: 'file',
    source: `auth.keyring.type (${path}:7:20)`,
  });
  const whoami = async (env = {}) => {
    const { stdout } = await desk.run('auth whoami -o json', { env });
    const { identity, realm, realm_source } = JSON.parse(stdout) as Record<string, unknown>;
    return { identity, realm, realm_source };
  };
  expect(await whoami()).toEqual({
    identity: 'ops',
    realm: 'mine',
    realm_source: `env.ATMOS_AUTH_REALM (${path}:3:21)`,
  });
  expect(await whoami({ ATMOS_IDENTITY: 'dev', ATMOS_AUTH_REALM: 'given' })).toEqual({
    identity: 'dev',
    realm: 'given',
    realm_source: 'ATMOS_AUTH_REALM',
  });
});

test('a command that only reads runs nothing', async () => {
  const desk = await openDesk();
  const path = desk.configure(`auth:\n  keyring:\n    type: !exec echo memory\n`);
  // The host of a desk cannot run programs: that would be a different error.
  const env = { ATMOS_AUTH_TRUST: '1', ATMOS_KEYRING_TYPE: 'file' };
  for (const line of ['auth keyring status', 'auth keyring list']) {
    const { stderr } = await desk.run(line, { env });
    expect(stderr).toContain(
      `warning: auth.keyring.type (${path}:3:11) is the output of a command, which this command does not run\n`,
    );
  }
  for (const line of ['profile list', '__complete -- auth logout ', 'completion bash']) {
    expect(await desk.run(line, { env })).toMatchObject({ exitCode: 0 });
  }
});

test('an identity of an unsupported kind, or with an invalid definition, is reported before anything is opened', async () => {
  const desk = await openDesk();
  desk.configure(yamlOf(desk).replace('aws/user', 'gcp/project'));
  expect(await desk.run(command)).toMatchObject({ code: 'ERR_IDENTITY_UNSUPPORTED', exitCode: 2 });
  desk.configure(yamlOf(desk, { identity: 'credentials:\n  region: [a]' }));
  expect(await desk.run(command)).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    exitCode: 2,
    stderr: expect.stringContaining('credentials.region of identity dev'),
  });
});

test('without a default the user chooses, and no hint is shown', async () => {
  const desk = await openDesk();
  desk.configure(yamlOf(desk).replace('default: true', 'default: false'));
  const ada = person('dev');
  expect(await desk.run(command, { person: ada })).toMatchObject({ exitCode: 0 });
  expect(ada.asked).toEqual(['Identity: dev']);
  expect(await desk.run(command)).toEqual({
    code: 'ERR_IDENTITY_REQUIRED',
    exitCode: 2,
    stdout: '',
    stderr:
      'error: no identity was given and no identity is the default; the identities are dev\n' +
      'hint: add -i dev\nhint: export ATMOS_IDENTITY=dev\n',
  });
});
