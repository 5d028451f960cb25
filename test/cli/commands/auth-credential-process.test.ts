import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codes, device, openDesk, sessionCalls, storedKey, yamlOf, type Desk } from './desk.ts';
import { person } from './person.ts';

const command = 'auth credential-process';

/** Fails the test when it is prompted. */
const nobody = { openTerminal: () => Promise.reject(new Error('somebody was asked')) };

/** The handle that `auth env` writes. */
async function handleOf(desk: Desk, options = ''): Promise<string> {
  const { stdout } = await desk.run(`auth env -f json ${options}`);
  const { AWS_CONFIG_FILE: file = '' } = JSON.parse(stdout) as Record<string, string>;
  return /--handle (\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
}

const answer = {
  Version: 1,
  AccessKeyId: expect.stringMatching(/^ASIA\w{16}$/),
  SecretAccessKey: expect.stringMatching(/^.{40}$/),
  SessionToken: expect.stringMatching(/^.{300,}$/),
  Expiration: '2026-01-01T12:00:00Z',
};

describe('an AWS SDK gets', () => {
  test('a session, opened if missing, and only the JSON on standard output', async () => {
    const desk = await openDesk({ entries: storedKey });
    const first = await desk.run(command, { host: nobody });
    expect(first).toEqual({ exitCode: 0, stdout: expect.any(String), stderr: '' });
    expect(JSON.parse(first.stdout)).toEqual(answer);
    expect(await desk.run(`${command} -i dev`, { host: nobody })).toEqual(first);
    expect(sessionCalls(desk)).toBe(1);
  });

  test('the same session through a handle, in any directory and environment', async () => {
    const desk = await openDesk({ entries: storedKey });
    const handle = await handleOf(desk);
    const { stdout } = await desk.run(command);
    const elsewhere = {
      env: {
        ATMOS_AUTH_REALM: 'another',
        ATMOS_KEYRING_TYPE: 'memory',
        ATMOS_CONFIG: '/nonexistent/atmos.yaml',
        ATMOS_IDENTITY: 'off',
        ATMOS_PROFILE: 'none',
      },
      host: { ...nobody, workingDirectory: () => '/' },
    };
    expect(await desk.run(`${command} --handle ${handle}`, elsewhere)).toEqual({
      exitCode: 0,
      stdout,
      stderr: '',
    });
  });

  test('the same session through a handle of an identity in a profile', async () => {
    const desk = await openDesk({ entries: storedKey });
    const text = yamlOf(desk);
    desk.configure('auth: { realm: r, keyring: { type: file } }\n');
    mkdirSync(join(desk.project, 'profiles/ci'), { recursive: true });
    writeFileSync(join(desk.project, 'profiles/ci/atmos.yaml'), text);
    const handle = await handleOf(desk, '--profile ci');
    const host = { ...nobody, workingDirectory: () => '/' };
    const env = { ATMOS_PROFILE: 'none' };
    const { exitCode, stdout } = await desk.run(`${command} --handle ${handle}`, { env, host });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(answer);
  });

  test('a session with an MFA code from the variable', async () => {
    const desk = await openDesk({ entries: storedKey, hasDevice: true });
    desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
    const env = { ATMOS_MFA_TOKEN: codes[0] };
    const { exitCode, stdout } = await desk.run(command, { env, host: nobody });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(answer);
  });

  test('a session that could not be stored, with a warning', async () => {
    const desk = await openDesk();
    const keys =
      'credentials:\n  access_key_id: AKIAIOSFODNN7EXAMPLE\n  secret_access_key: CanaryIn/The+Coal/Mine0123456789abcdefgh';
    desk.configure(yamlOf(desk, { identity: keys }));
    const env = { ATMOS_KEYRING_PASSWORD: 'short' };
    const { exitCode, stdout, stderr } = await desk.run(command, { env });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(answer);
    expect(stderr).toMatch(
      /^warning: the session is used, but could not be stored: the password for the new keyring .* has 5 bytes, and at least 8 are needed\n$/,
    );
    expect(desk.stored()).toEqual({});
  });
});

describe('a missing value fails without a prompt, even at a terminal', () => {
  async function expectRefused(desk: Desk, line: string, refusal: object, env = {}) {
    const before = desk.stored();
    const ada = person('dev', codes[0]);
    const result = await desk.run(line, { person: ada, env });
    expect(result).toEqual({ stdout: '', ...refusal });
    expect(ada.asked).toEqual([]);
    expect(desk.stored()).toEqual(before);
    expect(sessionCalls(desk)).toBe(0);
  }

  test('if it is an MFA code', async () => {
    const desk = await openDesk({ entries: storedKey, hasDevice: true });
    desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
    await expectRefused(desk, command, {
      code: 'ERR_AUTH_MFA_REQUIRED',
      exitCode: 4,
      stderr:
        `error: a session for identity dev needs a code of the MFA device ${device}\n` +
        'hint: atmos auth login --identity dev\n' +
        'hint: atmos auth login --identity dev --mfa-token <code>\n',
    });
  });

  test('if it is the password', async () => {
    const desk = await openDesk({ entries: storedKey });
    const refusal = {
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
      exitCode: 3,
      stderr:
        `error: the file keyring ${desk.directory} is locked: ATMOS_KEYRING_PASSWORD is not set, and this program never prompts\n` +
        'hint: atmos auth keyring unlock\n' +
        'hint: export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>\n',
    };
    await expectRefused(desk, command, refusal, { ATMOS_KEYRING_PASSWORD: undefined });
  });

  test('for an empty handle, which is that of an unset variable, and not for the default identity', async () => {
    const desk = await openDesk({ entries: storedKey });
    const { exitCode, stdout, stderr } = await desk.run([...command.split(' '), '--handle', '']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('error: the value of --handle is empty: a variable may not be set\n');
  });

  test('if it is the identity', async () => {
    const desk = await openDesk({ entries: storedKey });
    await expectRefused(desk, `${command} -i`, {
      code: 'ERR_NO_TERMINAL',
      exitCode: 2,
      stderr:
        'error: a credential process never prompts, so it needs the name of an identity\n' +
        'hint: atmos auth credential-process -i <name>\n',
    });
    const config = desk.configure(yamlOf(desk).replace('default: true', 'default: false'));
    await expectRefused(desk, command, {
      code: 'ERR_IDENTITY_REQUIRED',
      exitCode: 2,
      stderr:
        'error: no identity was given and no identity is the default; the identities are dev\n' +
        'hint: add -i dev\nhint: export ATMOS_IDENTITY=dev\n',
    });
    expect(config).toContain(desk.project);
  });
});

describe('the command refuses', () => {
  test.each([
    [
      `${command} --handle ${'a'.repeat(22)}`,
      'ERR_HANDLE_UNKNOWN',
      `error: the handle "${'a'.repeat(22)}" was not found in `,
    ],
    [
      `${command} --handle ../../etc/passwd`,
      'ERR_HANDLE_UNKNOWN',
      'error: the handle "../../etc/passwd" has an invalid id\n',
    ],
    [
      `${command} --handle x -i dev`,
      'ERR_USAGE',
      'error: --handle and --identity cannot be combined, because a handle already selects an identity\n',
    ],
    [
      `${command} -i off`,
      'ERR_USAGE',
      'error: -i off switches authentication off, but this command requires an identity\n',
    ],
  ])('%s', async (line, code, text) => {
    const desk = await openDesk();
    const result = await desk.run(line);
    expect(result).toMatchObject({ code, exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(text);
  });
});

test('a slow response is an error before the SDK gives up', async () => {
  const desk = await openDesk({ entries: storedKey });
  desk.sts.script({ hang: true });
  let slept = 0;
  const sleep = async (milliseconds: number, signal?: AbortSignal) => {
    if (milliseconds < 50_000) return;
    slept = milliseconds;
    signal?.throwIfAborted();
    // The command measures more than half a minute.
    while (desk.sts.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  expect(await desk.run(command, { host: { sleep } })).toEqual({
    code: 'ERR_KEYRING_TIMEOUT',
    exitCode: 3,
    stdout: '',
    stderr:
      'error: the keyring and AWS gave no credentials within 50 seconds\n' +
      'hint: atmos auth keyring status\nhint: atmos auth login\n',
  });
  expect(slept).toBe(50_000);
});
