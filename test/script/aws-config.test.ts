import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openTestKeyring } from '../support/file-keyring.ts';
import { peer } from '../support/peers.ts';
import { isRoot } from '../support/privilege.ts';
import { makeDirectory, openHomeMachine, unknownUser } from './home.ts';
import { keyOnStdin, mfaDevice, openMachine, password, type Machine } from './machine.ts';

const aws = peer('awscli')?.path ?? '';
const [python, go] = [peer('aws-python')?.path ?? '', peer('go-sdk')?.path ?? ''];
const pythonCaller = fileURLToPath(new URL('../interop/python/caller.py', import.meta.url));
const callers = fileURLToPath(new URL('callers.mjs', import.meta.url));
const limitMs = 120_000;
const arn = 'arn:aws:iam::123456789012:user/emergency';
const before = '\uFEFF# mine\r\n[default]\r\nregion = eu-west-3\r\n\r\n; the end';

const yaml = ({ sts }: Machine) => `auth:
  realm: script
  keyring: { type: file }
  identities:
    dev: { kind: aws/user, default: true, spec: { endpoint_url: ${sts.url} } }
    "prod east": { kind: aws/user, spec: { endpoint_url: ${sts.url} } }
    late:
      kind: aws/user
      spec: { endpoint_url: ${sts.url} }
      credentials: { mfa_arn: ${mfaDevice} }
`;
/** The profile of \`prod east\`, which no SDK would find by that name. */
const prodEast = 'atmos-3d18fa03';

/** A machine whose file has the profiles of three identities. */
async function openAwsMachine(text = before): Promise<Machine & { readonly file: string }> {
  const machine = await openMachine({ mfaCodes: ['271828'] });
  machine.writeConfig(yaml(machine));
  for (const name of ['dev', 'prod east', 'late']) {
    const command = ['auth', 'user', 'configure', '--stdin', '-i', name];
    expect(await machine.atmos(command, { input: keyOnStdin })).toMatchObject({ exitCode: 0 });
  }
  mkdirSync(join(machine.home, '.aws'));
  const file = join(machine.home, '.aws/config');
  writeFileSync(file, text, { mode: 0o644 });
  expect(await machine.atmos('auth aws-config --write')).toMatchObject({ exitCode: 0 });
  return { ...machine, file };
}

/** Runs a program of the desktop: it has no variable of the shell, except for the password. */
function runBare(
  { run, home }: Machine,
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
) {
  const variables = { PATH: '/usr/bin', HOME: home, ATMOS_KEYRING_PASSWORD: password, ...more };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return run('env', ['-i', ...lines, program, ...args], { directory: '/' });
}

/** Makes the stored session of an identity one that expired yesterday. */
async function expireSession({ keyring: directory }: Machine, identity: string): Promise<void> {
  const keyring = openTestKeyring({ directory, password });
  try {
    const key = `atmos_script_${identity}@session`;
    const entry = JSON.parse((await keyring.get(key)) ?? '');
    const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString();
    await keyring.set(
      key,
      JSON.stringify({ ...entry, data: { ...entry.data, expiration: yesterday } }),
    );
  } finally {
    await keyring.close();
  }
}

/** The session of `late` has expired, and a new one needs an MFA code. */
async function openWithExpired(text?: string) {
  const machine = await openAwsMachine(text);
  const login = ['auth', 'login', '-i', 'late', '--mfa-token', '271828'];
  expect(await machine.atmos(login)).toMatchObject({ exitCode: 0 });
  await expireSession(machine, 'late');
  return machine;
}

describe('the profiles', { timeout: limitMs }, () => {
  test('work for the JavaScript SDK, several in one process, and only the expired one fails', async () => {
    const machine = await openWithExpired();
    const names = ['dev', prodEast, 'late'];
    const result = await runBare(machine, process.execPath, [callers, machine.sts.url, ...names]);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(result.stdout)).toEqual([
      { profile: 'dev', arn },
      { profile: prodEast, arn },
      // This SDK does not show what the program of the profile said.
      { profile: 'late', error: expect.stringMatching(/^CredentialsProviderError: /) },
    ]);
  });

  test.skipIf(!aws)(
    'work for the AWS CLI, which shows the command to run for the expired one',
    async () => {
      // The CLI rejects a byte order mark.
      const machine = await openWithExpired(before.slice(1));
      const call = (name: string) => {
        const args = ['sts', 'get-caller-identity', '--output', 'json', '--profile', name];
        return runBare(machine, aws, [...args, '--endpoint-url', machine.sts.url]);
      };
      for (const name of ['dev', prodEast]) {
        const result = await call(name);
        expect(result).toMatchObject({ exitCode: 0, stderr: '' });
        expect(JSON.parse(result.stdout)).toMatchObject({ Arn: arn });
      }
      const late = await call('late');
      expect(late.exitCode).not.toBe(0);
      expect(late.stderr).toContain(mfaDevice);
      expect(late.stderr).toContain('hint: atmos auth login --identity late');
    },
  );

  test.skipIf(!go)('work for the AWS SDK for Go, several in one process', async () => {
    const machine = await openWithExpired();
    const names = ['dev', prodEast, 'late'];
    const more = { AWS_ENDPOINT_URL: machine.sts.url, AWS_REGION: 'us-east-1' };
    const { stdout, stderr } = await runBare(machine, go, names, more);
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { account: '123456789012', arn },
      { account: '123456789012', arn },
      { error: expect.stringContaining('exit status 4') },
    ]);
    expect(stderr).toContain('hint: atmos auth login --identity late');
  });

  test.skipIf(!python)('work for boto3, which shows the command to run', async () => {
    const machine = await openWithExpired(before.slice(1));
    const call = (name: string) =>
      runBare(machine, python, [pythonCaller], {
        AWS_PROFILE: name,
        AWS_ENDPOINT_URL: machine.sts.url,
        AWS_DEFAULT_REGION: 'us-east-1',
      });
    for (const name of ['dev', prodEast]) {
      const { exitCode, stdout } = await call(name);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual({ account: '123456789012', arn });
    }
    const late = await call('late');
    expect(late.exitCode).not.toBe(0);
    expect(late.stderr).toContain('hint: atmos auth login --identity late');
  });

  test('are selected by auth env, and programs read the file of the user', async () => {
    const machine = await openAwsMachine();
    const { stdout, stderr } = await machine.atmos('auth env');
    expect(stderr).toBe('');
    const shell = ['-c', `${stdout}exec "$@"`, 'sh', process.execPath, callers, machine.sts.url];
    const result = await runBare(machine, '/bin/sh', [...shell, 'dev', prodEast]);
    expect(JSON.parse(result.stdout)).toEqual([
      { profile: 'dev', arn },
      { profile: prodEast, arn },
    ]);
    expect(stdout).not.toContain('AWS_CONFIG_FILE');
  });

  test('are selected by auth exec in mode process, also where auth env has set its own file', async () => {
    const machine = await openAwsMachine();
    const env = {
      ATMOS_KEYRING_PASSWORD: undefined,
      ATMOS_KEYRING_PASSWORD_FILE: join(machine.home, 'password'),
    };
    writeFileSync(env.ATMOS_KEYRING_PASSWORD_FILE, password, { mode: 0o600 });
    const exec = (more: Record<string, string>) =>
      machine.atmos('auth exec --credentials process -- printenv AWS_PROFILE AWS_CONFIG_FILE', {
        env: { ...env, ...more },
      });
    // A handle names the file with the password.
    expect(await machine.atmos('auth aws-config --write', { env })).toMatchObject({ exitCode: 0 });
    expect(await exec({})).toMatchObject({ exitCode: 1, stdout: 'dev\n' });
    const earlier = { AWS_CONFIG_FILE: join(machine.home, 'handles/x.aws-config') };
    const { stdout } = await exec({ ...earlier, ATMOS_AUTH_ENV_SET: 'AWS_CONFIG_FILE' });
    expect(stdout).toMatch(/^dev\n.*\/handles\/[a-z]{22}\.aws-config\n$/);
  });
});

test(
  '--write and --remove keep every other byte, the mode and a link',
  { timeout: limitMs },
  async () => {
    const machine = await openAwsMachine();
    const { file, home } = machine;
    const written = readFileSync(file, 'utf8');
    expect(written.startsWith(before)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o644);

    expect(await machine.atmos('auth aws-config --remove')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(file, 'utf8')).toBe(before);

    const [dotfile, link] = [join(home, 'dotfile'), join(home, 'link')];
    writeFileSync(dotfile, before);
    symlinkSync('dotfile', link);
    const env = { AWS_CONFIG_FILE: link };
    expect(await machine.atmos('auth aws-config --write', { env })).toMatchObject({ exitCode: 0 });
    expect(readlinkSync(link)).toBe('dotfile');
    expect(lstatSync(dotfile).isFile()).toBe(true);
    expect(readFileSync(dotfile, 'utf8')).toBe(written);
  },
);

test(
  'two projects that write at the same time both have their profiles',
  { timeout: limitMs },
  async () => {
    const machine = await openAwsMachine();
    const options = (realm: string) => ({ env: { ATMOS_AUTH_REALM: realm } });
    const realms = ['one', 'two', 'three'];
    const results = await Promise.all(
      realms.map((realm) =>
        machine.atmos(`auth aws-config --write --prefix ${realm}-`, options(realm)),
      ),
    );
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    const text = readFileSync(machine.file, 'utf8');
    for (const realm of realms) expect(text).toContain(`\n[profile ${realm}-dev]\r\n`);
    for (const realm of realms)
      expect(await machine.atmos('auth aws-config --remove', options(realm))).toMatchObject({
        exitCode: 0,
      });
    await machine.atmos('auth aws-config --remove');
    expect(readFileSync(machine.file, 'utf8')).toBe(before);
  },
);

test.skipIf(!isRoot)(
  'root does not write to the home directory of a user (as root: it needs a user)',
  { timeout: limitMs },
  async () => {
    const machine = openHomeMachine(
      unknownUser,
      'auth: { realm: r, keyring: { type: memory }, identities: { dev: { kind: aws/user } } }\n',
    );
    const home = join(machine.root, 'home');
    makeDirectory(home, unknownUser, 0o700);
    const run = (userId: number) =>
      machine.run('auth aws-config --write', { userId, env: { HOME: home } });
    const asRoot = await run(0);
    expect(asRoot).toMatchObject({ exitCode: 2, stdout: '' });
    expect(asRoot.stderr).toContain(`belongs to user ${unknownUser}`);
    expect(machine.paths().filter((path) => path.includes('.aws'))).toEqual([]);
    expect(await run(unknownUser)).toMatchObject({ exitCode: 0 });
    const again = await run(0);
    expect(again).toMatchObject({ exitCode: 2 });
    expect(again.stderr).toContain(`it belongs to user ${unknownUser}\n`);
  },
);
