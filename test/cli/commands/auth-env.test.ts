import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../../support/privilege.ts';
import { captureStream } from '../capture.ts';
import { openDesk, sessionCalls, storedKey, user, yamlOf, type Desk } from './desk.ts';
import { person } from './person.ts';

const byEnv = 'auth env --credentials env';

async function jsonOf(desk: Desk, line: string, env = {}): Promise<Record<string, string | null>> {
  const { exitCode, stdout, stderr } = await desk.run(`${line} -f json`, { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, string | null>;
}

describe('on a terminal', () => {
  const onTerminal = () => ({ stdout: Object.assign(captureStream(), { isTTY: true }) });

  test.each([
    ['auth env', 'hint: to use it in this shell: eval "$(atmos auth env)"\n'],
    ['auth env -i dev', 'hint: to use it in this shell: eval "$(atmos auth env -i dev)"\n'],
    ['auth env --unset', 'hint: to use it in this shell: eval "$(atmos auth env --unset)"\n'],
    ['auth env -f json', ''],
  ])('%s says how the shell runs what is printed', async (command, hint) => {
    const desk = await openDesk({ entries: storedKey });
    expect((await desk.run(command, { host: onTerminal() })).stderr).toBe(hint);
  });

  test('has the options that select the configuration', async () => {
    const desk = await openDesk({ entries: storedKey });
    const file = join(desk.project, 'atmos.yaml');
    const { stderr } = await desk.run(`auth env -i dev --config ${file}`, { host: onTerminal() });
    expect(stderr).toBe(
      `hint: to use it in this shell: eval "$(atmos auth env -i dev --config ${file})"\n`,
    );
  });

  test('names the identity that was picked', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(yamlOf(desk).replace('      default: true\n', ''));
    for (const command of ['auth env', 'auth env -i']) {
      const { stderr } = await desk.run(command, { person: person('dev'), host: onTerminal() });
      expect(stderr).toBe('hint: to use it in this shell: eval "$(atmos auth env -i dev)"\n');
    }
  });
});

describe('mode process', () => {
  test('prints a profile without a secret, and opens neither the keyring nor the network', async () => {
    const desk = await openDesk({ entries: storedKey });
    await desk.sts.close();
    // A keyring that fails on every access.
    writeFileSync(join(desk.directory, '.state/version'), '99\n', { mode: 0o600 });
    const { exitCode, stdout, stderr } = await desk.run('auth env');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const handles = join(desk.root, 'state/atmos/handles');
    const file = /^export AWS_CONFIG_FILE=(.*)$/m.exec(stdout)?.[1] ?? '';
    expect(stdout).toMatch(/^unset .*\bAWS_ACCESS_KEY_ID\b.*\bAWS_SESSION_TOKEN\b/);
    expect(stdout.slice(stdout.indexOf('\n') + 1)).toBe(
      'export ATMOS_AUTH_ENV_SET=ATMOS_IDENTITY,AWS_CONFIG_FILE,AWS_EC2_METADATA_DISABLED,AWS_PROFILE,AWS_SDK_LOAD_CONFIG,AWS_SHARED_CREDENTIALS_FILE\n' +
        'export ATMOS_IDENTITY=dev\n' +
        `export AWS_CONFIG_FILE=${file}\n` +
        'export AWS_EC2_METADATA_DISABLED=true\n' +
        'export AWS_PROFILE=dev\n' +
        'export AWS_SDK_LOAD_CONFIG=1\n' +
        `export AWS_SHARED_CREDENTIALS_FILE=${handles}/empty\n`,
    );
    expect(file).toMatch(new RegExp(`^${handles}/[a-z]{22}\\.aws-config$`));
    const handle = file.replace(/aws-config$/, 'json');
    expect(readFileSync(file, 'utf8')).toMatch(
      /^\[profile dev\]\ncredential_process = \S+ \/opt\/atmos-auth\/dist\/cli\/main\.cjs auth credential-process --handle \S+\nregion = us-east-1\n$/,
    );
    expect(readFileSync(file, 'utf8')).toContain(` --handle ${handle}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('prints the region if one is configured', async () => {
    const desk = await openDesk({ entries: storedKey });
    expect(await jsonOf(desk, 'auth env')).not.toHaveProperty('AWS_REGION');
    desk.configure(yamlOf(desk, { identity: 'credentials:\n  region: eu-central-1' }));
    expect(await jsonOf(desk, 'auth env')).toMatchObject({
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: null,
    });
  });

  test('warns about credentials that a program will not find', async () => {
    const desk = await openDesk({ entries: storedKey });
    const memory = await desk.run('auth env', { env: { ATMOS_KEYRING_TYPE: 'memory' } });
    expect(memory).toMatchObject({
      exitCode: 0,
      stderr:
        'warning: the memory keyring keeps entries only until the process exits: each program will open a session of its own\n',
    });
    const prompt = await desk.run('auth env', { env: { ATMOS_KEYRING_PASSWORD: undefined } });
    expect(prompt).toMatchObject({
      exitCode: 0,
      stderr:
        'warning: programs are never prompted for the password of the file keyring, and ATMOS_KEYRING_PASSWORD is not set\n' +
        'hint: atmos auth keyring unlock\n' +
        'hint: export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>\n',
    });
  });

  test('warns in the words of the Windows shell, where no agent exists', async () => {
    const desk = await openDesk({ entries: storedKey });
    const { stderr } = await desk.run('auth env', {
      env: { ATMOS_KEYRING_PASSWORD: undefined },
      host: { platform: 'win32', nodePath: 'C:\\node.exe', scriptPath: 'C:\\main.cjs' },
    });
    expect(stderr).toBe(
      'warning: programs are never prompted for the password of the file keyring, and ATMOS_KEYRING_PASSWORD is not set\n' +
        "hint: $env:ATMOS_KEYRING_PASSWORD_FILE = '<a file that holds the password>'\n",
    );
  });

  test('uses mode env when the path of our program cannot be written in an AWS file', async () => {
    const desk = await openDesk({ entries: storedKey });
    const { stdout, stderr } = await desk.run('auth env', {
      host: { scriptPath: '/opt/$(x)/main.cjs' },
    });
    expect(stderr).toBe(
      'warning: the path of this program cannot be written in an AWS file, so the credentials themselves are written\n',
    );
    expect(stdout).toMatch(/^export AWS_ACCESS_KEY_ID=ASIA/m);
  });
});

describe('mode env', () => {
  test('prints the session, and opens it if missing', async () => {
    const desk = await openDesk({ entries: storedKey });
    const first = await jsonOf(desk, byEnv);
    expect(first).toMatchObject({
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
      AWS_SECRET_ACCESS_KEY: expect.stringMatching(/^.{40}$/),
      AWS_SESSION_TOKEN: expect.any(String),
      AWS_CREDENTIAL_EXPIRATION: '2026-01-01T12:00:00Z',
      AWS_PROFILE: null,
      AWS_CONFIG_FILE: null,
    });
    expect(first).not.toHaveProperty('AWS_REGION');
    expect(await jsonOf(desk, byEnv)).toEqual(first);
    expect(sessionCalls(desk)).toBe(1);
  });
});

describe('the format', () => {
  test.each([
    ['bash', /^unset [A-Z_ ]+\nexport ATMOS_AUTH_ENV_SET=\S+\nexport ATMOS_IDENTITY=dev\n/],
    ['fish', /^set -e [A-Z_ ]+\nset -gx ATMOS_AUTH_ENV_SET \S+\nset -gx ATMOS_IDENTITY dev\n/],
    ['powershell', /^\$env:AWS_\w+ = .* = \$null\n.*\n\$env:ATMOS_IDENTITY = 'dev'\n/],
    ['cmd', /^set "AWS_ACCESS_KEY="\n[^]*^set "ATMOS_IDENTITY=dev"\n[^]*^cd \.\n$/m],
    ['dotenv', /^ATMOS_AUTH_ENV_SET=\S+\nATMOS_IDENTITY=dev\nAWS_CONFIG_FILE=\S+\n/],
    ['env', /^ATMOS_AUTH_ENV_SET=\S+\nATMOS_IDENTITY=dev\nAWS_CONFIG_FILE=\S+\n/],
    ['json', /^\{\n[^]*\n {2}"AWS_ACCESS_KEY": null,\n/],
  ])('%s', async (format, form) => {
    const desk = await openDesk();
    expect((await desk.run(`auth env -f ${format}`)).stdout).toMatch(form);
  });

  test('defaults to that of the platform', async () => {
    const desk = await openDesk();
    const { stdout } = await desk.run('auth env', { host: { platform: 'win32' } });
    expect(stdout).toMatch(/^\$env:AWS_/);
  });
});

describe('an output file', () => {
  test.each([
    ['-o out.env', {}],
    ['--output-file=out.env', {}],
    ['--output out.env', {}],
    ['', { ATMOS_AUTH_ENV_OUTPUT_FILE: 'out.env' }],
  ])('is appended to, as in Atmos, and only its owner can read it: %j %j', async (option, env) => {
    const desk = await openDesk({ entries: storedKey });
    const file = join(desk.project, 'out.env');
    writeFileSync(file, 'BEFORE=1', { mode: 0o644 });
    const before = readdirSync(desk.project);
    expect(await desk.run(`${byEnv} -f dotenv ${option}`, { env })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    expect(readFileSync(file, 'utf8')).toMatch(
      /^BEFORE=1\nATMOS_AUTH_ENV_SET=\S+\n[^]*\nAWS_ACCESS_KEY_ID=ASIA\w+\n/,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(desk.project)).toEqual(before);
  });

  test('is replaced as a whole for JSON', async () => {
    const desk = await openDesk({ entries: storedKey });
    const file = join(desk.project, 'out.json');
    for (const _ of ['first', 'again']) {
      expect(await desk.run('auth env -f json -o out.json')).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ AWS_PROFILE: 'dev' });
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('stays a link if it is one', async () => {
    const desk = await openDesk({ entries: storedKey });
    const [link, file] = [join(desk.project, 'link'), join(desk.root, 'file')];
    writeFileSync(file, '');
    symlinkSync(file, link);
    expect(await desk.run(`auth env -o ${link}`)).toMatchObject({ exitCode: 0 });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain('export AWS_PROFILE=dev');
  });

  test.each([
    ['/dev/null', 'ERR_USAGE', 2, '/dev/null (from --output-file) is a device, not a regular file'],
    ['.', 'ERR_USAGE', 2, '$ (from --output-file) is a directory, not a regular file'],
    [
      'none/out.env',
      'ERR_IO',
      1,
      'cannot write $/none/out.env (from --output-file): $/none does not exist',
    ],
  ])('is refused if it is not a file: %s', async (file, code, exitCode, message) => {
    const desk = await openDesk({ entries: storedKey });
    const before = readdirSync(desk.project);
    expect(await desk.run(`${byEnv} -o ${file}`)).toEqual({
      code,
      exitCode,
      stdout: '',
      stderr: `error: ${message.replaceAll('$', desk.project)}\n`,
    });
    expect(readdirSync(desk.project)).toEqual(before);
    expect(sessionCalls(desk)).toBe(0);
    const env = { ATMOS_AUTH_ENV_OUTPUT_FILE: file };
    expect((await desk.run(byEnv, { env })).stderr).toContain('(from ATMOS_AUTH_ENV_OUTPUT_FILE)');
  });

  test('is refused if its path contains a NUL', async () => {
    const desk = await openDesk({ entries: storedKey });
    const refusal = (source: string) => ({
      code: 'ERR_USAGE',
      exitCode: 2,
      stdout: '',
      stderr: `error: the path from ${source} contains a NUL character\n`,
    });
    expect(await desk.run(`${byEnv} -o a\0b`)).toEqual(refusal('--output-file'));
    const env = { GITHUB_ENV: 'a\0b' };
    expect(await desk.run(`${byEnv} -f github`, { env })).toEqual(refusal('GITHUB_ENV'));
  });
});

describe('a step of GitHub Actions', () => {
  test('gets the masks first, then the variables in the file of GITHUB_ENV', async () => {
    const desk = await openDesk({ entries: storedKey });
    const file = join(desk.root, 'github-env');
    writeFileSync(file, 'A=b\n');
    const { exitCode, stdout, stderr } = await desk.run(`${byEnv} -f github`, {
      env: { GITHUB_ENV: file },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^A=b\nATMOS_AUTH_ENV_SET=[^]*\nAWS_ACCESS_KEY_ID=ASIA/);
    const secrets = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].map(
      (name) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1],
    );
    expect(stdout).toBe(secrets.map((secret) => `::add-mask::${secret}\n`).join(''));
  });

  test('gets a warning about variables that stay set and may take precedence', async () => {
    const desk = await openDesk({ entries: storedKey });
    const env = {
      GITHUB_ENV: join(desk.root, 'github-env'),
      AWS_ROLE_ARN: 'x',
      AWS_SECRET_ACCESS_KEY: 'y',
    };
    expect(await desk.run('auth env -f github', { env })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        'warning: GitHub cannot unset a variable, so these stay set for later steps and may take precedence: AWS_ROLE_ARN, AWS_SECRET_ACCESS_KEY\n',
    });
    expect(readFileSync(env.GITHUB_ENV, 'utf8')).toContain('AWS_PROFILE=dev\n');
  });

  test('may name another file, and is refused without a file before anything is opened', async () => {
    const desk = await openDesk({ entries: storedKey });
    expect(await desk.run('auth env -f github -o other')).toMatchObject({ exitCode: 0 });
    expect(statSync(join(desk.project, 'other')).mode & 0o777).toBe(0o600);
    expect(await desk.run(`${byEnv} -f github`)).toEqual({
      code: 'ERR_USAGE',
      exitCode: 2,
      stdout: '',
      stderr:
        'error: the format github writes to the file of GITHUB_ENV, which is not set\n' +
        'hint: add --output-file <file>\n',
    });
    const env = { GITHUB_ENV: '/nonexistent/github-env' };
    expect(await desk.run('auth env -f github', { env })).toMatchObject({
      code: 'ERR_IO',
      exitCode: 1,
      stderr:
        'error: cannot write /nonexistent/github-env (from GITHUB_ENV): /nonexistent does not exist\n',
    });
    expect(sessionCalls(desk)).toBe(0);
  });

  test.skipIf(!isRoot)(
    'is refused for a file of another user in every format before anything is opened',
    async () => {
      const desk = await openDesk({ entries: storedKey });
      const file = join(desk.root, 'github-env');
      writeFileSync(file, 'A=b\n');
      chmodSync(file, 0o666);
      chownSync(file, 4711, 4711);
      for (const [command, source] of [
        [`${byEnv} -f github`, 'GITHUB_ENV'],
        [`${byEnv} -f github -o ${file}`, '--output-file'],
        [`${byEnv} -f json -o ${file}`, '--output-file'],
        [`${byEnv} -f bash -o ${file}`, '--output-file'],
      ] as const) {
        expect(await desk.run(command, { env: { GITHUB_ENV: file } })).toEqual({
          code: 'ERR_USAGE',
          exitCode: 2,
          stdout: '',
          stderr:
            `error: cannot write ${file} (from ${source}): it belongs to user 4711\n` +
            'hint: use a file in a directory of your own\n',
        });
      }
      expect(readFileSync(file, 'utf8')).toBe('A=b\n');
      expect(sessionCalls(desk)).toBe(0);
    },
  );
});

describe('env: of the identity', () => {
  const identity = `env:
  - { key: AWS_PAGER, value: '' }
  - { key: TF_VAR_quoted, value: "it's $(id)" }
  - { key: LD_PRELOAD, value: /x/evil.so }`;

  test.each(['auth env', byEnv])('is printed, except forbidden variables: %s', async (line) => {
    const desk = await openDesk({ entries: storedKey });
    const config = desk.configure(`${yamlOf(desk, { identity })}env: { TF_VAR_project: x }\n`);
    const { exitCode, stdout, stderr } = await desk.run(line);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("export AWS_PAGER=''\n");
    expect(stdout).toContain(`export TF_VAR_quoted='it'"'"'s $(id)'\n`);
    expect(stdout).not.toMatch(/LD_PRELOAD|TF_VAR_project/);
    expect(stderr).toMatch(/^warning: programs do not get LD_PRELOAD \([^\n]+\n$/);
    expect(stderr).toContain(`(${config}:14:18)`);
  });

  test('may set a region, which then becomes the region of the credentials', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(yamlOf(desk, { identity: 'env: [{ key: AWS_REGION, value: ap-south-1 }]' }));
    const { AWS_REGION, AWS_DEFAULT_REGION } = await jsonOf(desk, byEnv);
    expect({ AWS_REGION, AWS_DEFAULT_REGION }).toEqual({ AWS_REGION: 'ap-south-1' });
  });

  test('is refused before anything is opened if it is not trusted', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(yamlOf(desk, { identity: 'env: [{ key: PATH, value: /x }]' }));
    expect(await desk.run(byEnv)).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      exitCode: 2,
      stdout: '',
    });
    expect(sessionCalls(desk)).toBe(0);
    const { PATH } = await jsonOf(desk, 'auth env', { ATMOS_AUTH_TRUST: '1' });
    expect(PATH).toBe('/x');
  });
});

test('env needs an identity, which can be chosen at a prompt', async () => {
  const desk = await openDesk();
  expect(await desk.run('auth env -i off')).toMatchObject({
    code: 'ERR_USAGE',
    exitCode: 2,
    stdout: '',
    stderr: 'error: -i off switches authentication off, but this command requires an identity\n',
  });
  expect(existsSync(join(desk.root, 'state'))).toBe(false);
  const ada = person('dev');
  expect(await desk.run('auth env -i', { person: ada })).toMatchObject({ exitCode: 0 });
  expect(ada.asked).toEqual(['Identity: dev']);
});

test('the access key never leaves the keyring', async () => {
  const desk = await openDesk({ entries: storedKey });
  const { stdout, stderr } = await desk.run(byEnv);
  expect(stdout + stderr).not.toContain(user.secretAccessKey);
});
