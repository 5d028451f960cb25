import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { peer } from '../support/peers.ts';
import { startSts } from '../support/sts-server.mjs';
import { temporaryDirectory } from '../support/temporary.ts';

const atmos = peer('go-atmos');

const user = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
  account: '012345678901',
  userName: 'ada',
};
const role = `arn:aws:iam::${user.account}:role/hub`;

/** A project with a user and a role, in which our program and the real Atmos share sessions. */
async function openProject() {
  const home = temporaryDirectory();
  const project = join(home, 'project');
  mkdirSync(project);
  const trust = [{ principal: `arn:aws:iam::${user.account}:user/ada` }];
  const sts = await startSts({ keys: [user], roles: [{ arn: role, trust }] });
  onTestFinished(() => sts.close());
  const config = join(project, 'atmos.yaml');
  writeFileSync(
    config,
    `base_path: .
stacks: { base_path: stacks, included_paths: ["*.yaml"], name_pattern: "{stage}" }
components: { terraform: { base_path: components } }
auth:
  realm: lab
  session_files: true
  keyring: { type: file, spec: { path: ${join(home, 'keyring')} } }
  identities:
    Dev:
      kind: aws/user
      default: true
      credentials:
        access_key_id: ${user.accessKeyId}
        secret_access_key: ${user.secretAccessKey}
        region: eu-central-1
      spec: { endpoint_url: ${sts.url} }
    hub:
      kind: aws/assume-role
      via: { identity: dev }
      principal: { assume_role: ${role} }
      spec: { endpoint_url: ${sts.url} }
`,
  );
  const hourAgo = new Date(Date.now() - 60 * 60_000);
  utimesSync(config, hourAgo, hourAgo);
  const env = {
    HOME: home,
    PATH: process.env['PATH'],
    ATMOS_VERSION_CHECK_ENABLED: 'false',
    ATMOS_TELEMETRY_ENABLED: 'false',
    ATMOS_KEYRING_PASSWORD: 'password of a test',
    AWS_ENDPOINT_URL: sts.url,
    NO_COLOR: '1',
  };
  const run = async (program: string, words: readonly string[]) => {
    const child = spawn(program, words, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child, 'close');
    expect(stderr).not.toContain('internal error');
    return { exitCode: child.exitCode, stdout, stderr };
  };
  return {
    ours: (...words: string[]) => run(process.execPath, [builtCli(), 'auth', ...words]),
    theirs: (...words: string[]) => run(atmos?.path ?? '', ['auth', ...words]),
    /** The actions that opened a session. */
    opened: () => {
      const actions = sts.calls.map(({ action }) => action);
      return actions.filter((action) => action !== 'GetCallerIdentity');
    },
  };
}

/** Prints the files that Atmos selects for a program. */
const showFiles = ['--', 'sh', '-c', 'cat "$AWS_SHARED_CREDENTIALS_FILE" "$AWS_CONFIG_FILE"'];

describe.skipIf(!atmos)('sessions that are shared with the real Atmos', () => {
  test.each([
    ['dev', ['GetSessionToken']],
    ['hub', ['GetSessionToken', 'AssumeRole']],
  ])('Atmos uses our session of %s and opens none', async (name, opened) => {
    const { ours, theirs, opened: actions } = await openProject();
    expect(await ours('login', '-i', name)).toMatchObject({ exitCode: 0 });
    expect(actions()).toEqual(opened);
    const { stdout } = await theirs('exec', '-i', name, ...showFiles);
    expect(stdout).toMatch(
      new RegExp(
        `^; atmos: \\S+\\n\\[${name}\\]\\n.*\\[profile ${name}\\]\\nregion = eu-central-1\\n$`,
        's',
      ),
    );
    const who = await theirs('whoami', '-i', name, '-o', 'json');
    expect(JSON.parse(who.stdout)).toMatchObject({ identity: name });
    expect(actions()).toEqual(opened);
  });

  test('our commands use a session of Atmos and open none', async () => {
    const { ours, theirs, opened } = await openProject();
    expect(await theirs('login', '-i', 'dev')).toMatchObject({ exitCode: 0 });
    const login = await ours('login', '-i', 'dev');
    expect(login).toMatchObject({ exitCode: 0 });
    expect(login.stderr).toMatch(/^Already logged in as Dev until /);
    const who = await ours('whoami', '-i', 'dev', '-o', 'json');
    expect(JSON.parse(who.stdout)).toMatchObject({ source: 'atmos', valid: true });
    const listed: unknown = JSON.parse((await ours('list', '-o', 'json')).stdout);
    expect(listed).toMatchObject({
      identities: { Dev: { session: { state: 'valid', source: 'atmos' } } },
    });
    const program = ['--', 'sh', '-c', 'echo "$AWS_ACCESS_KEY_ID $AWS_REGION"'];
    const { stdout } = await ours('exec', '-i', 'dev', ...program);
    expect(stdout).toMatch(/^ASIA\S+ eu-central-1\n$/);
    const answer = await ours('credential-process', '-i', 'dev');
    expect(answer.stdout).toContain(stdout.split(' ')[0]);
    expect(opened()).toEqual(['GetSessionToken']);
    // The base of a chain as well.
    expect(await ours('login', '-i', 'hub')).toMatchObject({ exitCode: 0 });
    expect(opened()).toEqual(['GetSessionToken', 'AssumeRole']);
  });

  test('a logout removes the session for both', async () => {
    const { ours, theirs, opened } = await openProject();
    await theirs('login', '-i', 'dev');
    await ours('login', '-i', 'hub');
    expect(await ours('logout', '--all')).toMatchObject({ exitCode: 0 });
    expect((await ours('whoami', '-i', 'hub')).exitCode).toBe(4);
    await ours('login', '-i', 'dev');
    expect(opened()).toEqual(['GetSessionToken', 'AssumeRole', 'GetSessionToken']);
  });
});
