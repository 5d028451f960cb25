import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { problemPattern } from '../../support/configuration-page.ts';
import { openDesk, yamlOf } from './desk.ts';

const command = 'auth validate';

const wrong = `auth:
  realm: r
  keyring: { type: fil, tpye: file }
  identities:
    dev: { kind: aws/user, credentials: { secret_access_key: hunter2 } }
`;

describe('a valid configuration', () => {
  test('is reported as valid, with its files and profiles', async () => {
    const desk = await openDesk();
    // The endpoint of this desk needs trust.
    desk.env['ATMOS_AUTH_TRUST'] = '1';
    const ci = join(desk.project, 'profiles/ci');
    mkdirSync(ci, { recursive: true });
    writeFileSync(join(ci, 'a.yaml'), 'auth: { keyring: { type: memory } }');
    expect(await desk.run(command)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `ok: ~/project/atmos.yaml\n`,
    });
    expect((await desk.run(`${command} --profile ci`)).stderr).toBe(
      'ok: ~/project/atmos.yaml, ~/project/profiles/ci/a.yaml, with the profiles ci\n',
    );
    const json = await desk.run(`${command} --profile ci -o json`);
    expect(json).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(json.stdout)).toEqual({
      valid: true,
      files: [`${desk.project}/atmos.yaml`, `${ci}/a.yaml`],
      profiles: ['ci'],
      problems: [],
    });
  });

  test('may have warnings', async () => {
    const desk = await openDesk();
    const file = desk.configure('auth: { keyring: { tpye: file } }');
    expect(await desk.run(command)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `warning: auth.keyring.tpye (${file}:1:26) is not known\nhint: did you mean type?\nok: ~/project/atmos.yaml\n`,
    });
    expect(JSON.parse((await desk.run(`${command} -o json`)).stdout)).toMatchObject({
      valid: true,
      problems: [{ severity: 'warning', code: null }],
    });
  });

  test('runs no command, never prompts, and opens no log file', async () => {
    const desk = await openDesk();
    const file = desk.configure(`auth:
  keyring: { type: file, spec: { password_command: touch ran } }
  logs: { file: log, level: trace }
  identities: { dev: { kind: aws/user, credentials: { mfa_arn: !exec touch ran } } }
`);
    const { exitCode, stderr } = await desk.run(command);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: `warning: auth.identities.dev.credentials.mfa_arn (${file}:4:64) is the output of a command, which this command does not run\nnote: auth.identities.dev.credentials.mfa_arn (${file}:4:64) needs trust: it runs touch ran (and 2 more)\nhint: atmos auth trust\nhint: where no one can be prompted, as in CI: export ATMOS_AUTH_TRUST=1\nok: ~/project/atmos.yaml\n`,
    });
  });
});

describe('a configuration with errors', () => {
  test('is reported completely, and the exit code is 2', async () => {
    const desk = await openDesk();
    const file = desk.configure(wrong);
    expect(await desk.run(command)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: unknown keyring type "fil" (from auth.keyring.type (${file}:3:20)): expected one of system, file, memory, vault
hint: did you mean file?
warning: auth.keyring.tpye (${file}:3:31) is not known
hint: did you mean type?
error: auth.identities.dev.credentials (${file}:5:28) hold only one of access_key_id and secret_access_key
hint: set both or neither; if neither is set, the keys come from the keyring
`,
    });
  });

  test('is reported to editors as JSON, with every field and without secrets', async () => {
    const desk = await openDesk();
    const file = desk.configure(wrong);
    const { exitCode, stdout, stderr } = await desk.run(`${command} -o json`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(stdout).not.toContain('hunter2');
    expect(JSON.parse(stdout)).toEqual({
      valid: false,
      files: [file],
      profiles: [],
      problems: [
        {
          severity: 'error',
          code: 'ERR_KEYRING_UNKNOWN_TYPE',
          file,
          line: 3,
          column: 20,
          path: 'auth.keyring.type',
          message: `unknown keyring type "fil" (from auth.keyring.type (${file}:3:20)): expected one of system, file, memory, vault`,
          hint: 'did you mean file?',
        },
        {
          severity: 'warning',
          code: null,
          file,
          line: 3,
          column: 31,
          path: 'auth.keyring.tpye',
          message: 'auth.keyring.tpye is not known',
          hint: 'did you mean type?',
        },
        {
          severity: 'error',
          code: 'ERR_CONFIG_INVALID',
          file,
          line: 5,
          column: 28,
          path: 'auth.identities.dev.credentials',
          message:
            'auth.identities.dev.credentials hold only one of access_key_id and secret_access_key',
          hint: 'set both or neither; if neither is set, the keys come from the keyring',
        },
      ],
    });
  });

  test('matches the problem matcher of docs/configuration.md in each line', async () => {
    const desk = await openDesk();
    const file = desk.configure(wrong);
    const { stderr } = await desk.run(command);
    const problems = stderr.split('\n').flatMap((line) => {
      const [, severity, path, row, column, message] = problemPattern().exec(line) ?? [];
      return severity === undefined ? [] : [[severity, path, row, column, message?.slice(0, 20)]];
    });
    expect(problems).toEqual([
      ['error', file, '3', '20', 'unknown keyring type'],
      ['warning', file, '3', '31', 'auth.keyring.tpye (/'],
      ['error', file, '5', '28', 'auth.identities.dev.'],
    ]);
  });

  test('may be invalid YAML', async () => {
    const desk = await openDesk();
    const file = desk.configure('auth: [');
    const json = await desk.run(`${command} -o json`);
    expect(json.exitCode).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: false,
      problems: [{ severity: 'error', code: 'ERR_CONFIG_SYNTAX', file, path: null }],
    });
    expect(await desk.run(command)).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('an error that prevents reading the configuration', () => {
  test('is reported as by any command, and also as JSON', async () => {
    const desk = await openDesk();
    const host = { workingDirectory: () => '/nonexistent' };
    expect(await desk.run(command, { host })).toMatchObject({
      code: 'ERR_CONFIG_NOT_FOUND',
      exitCode: 2,
      stdout: '',
    });
    const json = await desk.run(`${command} -o json`, { host });
    expect(json).toMatchObject({ exitCode: 2, stderr: '' });
    expect(JSON.parse(json.stdout)).toEqual({
      valid: false,
      files: [],
      profiles: [],
      problems: [
        {
          severity: 'error',
          code: 'ERR_CONFIG_NOT_FOUND',
          file: null,
          line: null,
          column: null,
          path: null,
          message: expect.stringMatching(/^no atmos\.yaml or \.atmos\.yaml found in/),
          hint: expect.stringContaining('kind: aws/user'),
        },
      ],
    });
  });

  test('may be a missing profile', async () => {
    const desk = await openDesk();
    const json = await desk.run(`${command} -o json --profile none`);
    expect(json.exitCode).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: false,
      problems: [{ code: 'ERR_PROFILE_UNKNOWN' }],
    });
  });
});

describe.each([
  ['-v', {}],
  ['--verbose', {}],
  ['', { ATMOS_AUTH_VALIDATE_VERBOSE: 'true' }],
])('with %s %j', (option, env) => {
  test('validate shows what was checked', async () => {
    const desk = await openDesk();
    desk.configure(`${yamlOf(desk)}    bare: {}\n`);
    const { exitCode, stdout, stderr } = await desk.run(`${command} ${option}`, { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr.slice(stderr.indexOf('ok: '))).toBe(
      `ok: ~/project/atmos.yaml\n` +
        `  Files       ~/project/atmos.yaml\n` +
        `  Realm       r (auth.realm (~/project/atmos.yaml:2:10))\n` +
        `  Keyring     file (auth.keyring.type (~/project/atmos.yaml:4:11))\n` +
        '  Identities  bare (no kind), dev (aws/user)\n',
    );
  });

  test('validate shows the parts that do not depend on an error, and the JSON is the same', async () => {
    const desk = await openDesk();
    desk.configure(wrong);
    const { exitCode, stderr } = await desk.run(`${command} ${option}`, { env });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(`  Files       ~/project/atmos.yaml\n  Identities  dev (aws/user)\n`);
    const quiet = await desk.run(`${command} -o json`);
    expect(await desk.run(`${command} -o json ${option}`, { env })).toEqual(quiet);
  });
});
