import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  codes,
  device,
  openDesk,
  sessionCalls,
  storedKey,
  user,
  yamlOf,
  type Desk,
} from './desk.ts';
import { person } from './person.ts';

const limits =
  'without MFA, AWS denies this session all calls of IAM, and of STS except AssumeRole and GetCallerIdentity';
const withKeys = `credentials:\n  access_key_id: ${user.accessKeyId}\n  secret_access_key: ${user.secretAccessKey}`;

/** A desk whose user has the MFA device that atmos.yaml names. */
async function openMfaDesk(): Promise<Desk> {
  const desk = await openDesk({ entries: storedKey, hasDevice: true });
  desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
  return desk;
}

describe('login', () => {
  test('opens a session once, and prints only for the user', async () => {
    const desk = await openDesk({ entries: storedKey });
    expect(await desk.run('auth login')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `✓ Logged in as dev until 12:00 (in 12h)\nnote: ${limits}\n`,
    });
    desk.clock.now = new Date('2026-01-01T10:00:00Z');
    const opened = desk.stored();
    expect(await desk.run('auth login -i DEV')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'Already logged in as dev until 12:00 (in 2h)\n',
    });
    expect(desk.stored()).toEqual(opened);
    expect(sessionCalls(desk)).toBe(1);
    expect((await desk.run('auth login --force')).stderr).toMatch(/^✓ Logged in as dev /);
    expect(sessionCalls(desk)).toBe(2);
  });

  test('shows details with --verbose, in local time', async () => {
    const desk = await openDesk({ entries: storedKey });
    const host = { utcOffsetMinutes: () => 14 * 60 };
    expect(await desk.run('auth login --verbose', { host })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        '✓ Logged in as dev until Jan 2 02:00 (in 12h)\n' +
        '  Realm     r (auth.realm (~/project/atmos.yaml:2:10))\n' +
        '  Provider  aws-user\n' +
        '  Identity  dev\n' +
        '  Region    us-east-1\n' +
        '  Session   opened now\n' +
        '  Expires   Jan 2 02:00 (in 12h)\n' +
        `note: ${limits}\n`,
    });
    const { stderr } = await desk.run('auth login -v');
    expect(stderr).toContain('  Session   read from the keyring\n');
    expect(stderr).toContain(`note: ${limits}\n`);
  });

  test('reports which setting the stored session no longer matches', async () => {
    const desk = await openDesk({ entries: storedKey });
    const note = `note: a setting changed after the session was opened: spec.endpoint_url was ${desk.sts.url} and is now ${desk.sts.url}/\n`;
    await desk.run('auth login');
    desk.configure(yamlOf(desk).replace(desk.sts.url, `${desk.sts.url}/`));
    const { stderr } = await desk.run('auth login');
    expect(stderr).toContain(note);
    expect((await desk.run('auth login')).stderr).not.toContain('a setting changed');
  });

  test('uses colors at a terminal', async () => {
    const desk = await openDesk();
    desk.configure(yamlOf(desk, { keyring: 'type: memory', identity: withKeys }));
    const { stderr } = await desk.run('auth login', { env: { FORCE_COLOR: '1' } });
    expect(stderr).toContain('\u001b[32m✓\u001b[0m Logged in as dev until ');
    expect(stderr).toContain('\u001b[33mwarning:\u001b[0m the memory keyring');
  });

  test('on the memory keyring reports that no other process gets the session', async () => {
    const desk = await openDesk();
    desk.configure(yamlOf(desk, { keyring: 'type: memory', identity: withKeys }));
    const { exitCode, stderr } = await desk.run('auth login');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /\nwarning: the memory keyring keeps entries only until the process exits: this session ends with this command\n$/,
    );
  });

  test('that cannot store the session fails, and does not say that it logged in', async () => {
    const desk = await openMfaDesk();
    const { prompt } = person();
    // While the user reads the code, another process upgrades the keyring to a newer version.
    const text = () => {
      writeFileSync(join(desk.directory, '.state/version'), '99\n', { mode: 0o600 });
      return Promise.resolve(codes[0]);
    };
    const result = await desk.run('auth login', {
      person: { prompt: { ...prompt, text }, asked: [] },
    });
    expect(result).toMatchObject({ code: 'ERR_KEYRING_VERSION', exitCode: 3, stdout: '' });
    expect(result.stderr).toMatch(
      /^error: the keyring .* has version 99; this atmos-auth supports version 1\nhint: /,
    );
  });

  test('without an access key suggests how to store one', async () => {
    const desk = await openDesk();
    expect(await desk.run('auth login')).toEqual({
      code: 'ERR_AUTH_KEYS_MISSING',
      exitCode: 4,
      stdout: '',
      stderr:
        'error: no access key is stored for identity dev\n' +
        'hint: atmos auth user configure --identity dev\n' +
        'hint: to sign in with a browser instead: atmos auth login --identity dev --webflow\n',
    });
    expect(desk.stored()).toEqual({});
  });
});

describe('the code of an MFA device', () => {
  test.each([
    ['by the option', `auth login --mfa-token ${codes[0]}`, {}],
    ['by the variable', 'auth login', { ATMOS_MFA_TOKEN: codes[0] }],
    [
      'by the option before the variable',
      `auth login --mfa-token ${codes[0]}`,
      { ATMOS_MFA_TOKEN: '000000' },
    ],
  ])('is taken %s', async (_, command, env) => {
    const desk = await openMfaDesk();
    const ada = person();
    const { exitCode, stderr } = await desk.run(command, { env, person: ada });
    expect({ exitCode, asked: ada.asked }).toEqual({ exitCode: 0, asked: [] });
    expect(stderr).not.toContain('note: ');
    expect(stderr).not.toContain(codes[0]);
  });

  test('is prompted for, and prompted for again after a refusal', async () => {
    const desk = await openMfaDesk();
    const ada = person('12345', '000000', codes[1]);
    expect(await desk.run('auth login', { person: ada })).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toEqual([
      `MFA code of ${device}`,
      '  The code must have six digits',
      `That code was refused. The next code of ${device}`,
    ]);
    expect(sessionCalls(desk)).toBe(2);
  });

  test('is prompted for after the given one was refused', async () => {
    const desk = await openMfaDesk();
    const ada = person(codes[1]);
    expect(await desk.run('auth login --mfa-token 000000', { person: ada })).toMatchObject({
      exitCode: 0,
    });
    expect(ada.asked).toEqual([`That code was refused. The next code of ${device}`]);
  });

  test('that was given and refused is an error without a terminal', async () => {
    const desk = await openMfaDesk();
    const before = desk.stored();
    expect(await desk.run('auth login --mfa-token 000000')).toEqual({
      code: 'ERR_AUTH_MFA_REFUSED',
      exitCode: 4,
      stdout: '',
      stderr:
        `error: no session for identity dev: AWS refused the MFA code of ${device}: wrong, expired, or used before\n` +
        'hint: with the next code, after at most 30 seconds: atmos auth login --identity dev\n',
    });
    expect(sessionCalls(desk)).toBe(1);
    expect(desk.stored()).toEqual(before);
  });

  test('is an error without a terminal, which names the other ways to pass it', async () => {
    const desk = await openMfaDesk();
    const before = desk.stored();
    expect(await desk.run('auth login')).toEqual({
      code: 'ERR_AUTH_MFA_REQUIRED',
      exitCode: 4,
      stdout: '',
      stderr:
        `error: no session for identity dev: a code of the MFA device ${device} is needed, and no one can be prompted (there is no terminal)\n` +
        'hint: add --mfa-token <code>\n',
    });
    expect(sessionCalls(desk)).toBe(0);
    expect(desk.stored()).toEqual(before);
  });

  test('may be canceled by the user', async () => {
    const desk = await openMfaDesk();
    const result = await desk.run('auth login', { person: person() });
    expect(result).toMatchObject({ code: 'ERR_CANCELLED', exitCode: 130, stdout: '' });
  });
});

describe('the password of the keyring', () => {
  const env = { ATMOS_KEYRING_PASSWORD: undefined };

  test('is prompted for when no other source has it', async () => {
    const desk = await openDesk({ entries: storedKey });
    const ada = person(desk.env['ATMOS_KEYRING_PASSWORD'] ?? '');
    expect(await desk.run('auth login', { env, person: ada })).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toEqual(['Password of the keyring ~/data/atmos/keyring']);
  });

  test('is reported with its variables when no one can be prompted', async () => {
    const desk = await openDesk({ entries: storedKey });
    const named = { ...env, ATMOS_KEYRING_PASSWORD_ENV: 'MY_PASSWORD' };
    expect(await desk.run('auth login', { env: named })).toEqual({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
      exitCode: 3,
      stdout: '',
      stderr:
        `error: the file keyring ${desk.directory} is locked: MY_PASSWORD is not set, and no one can be prompted (there is no terminal)\n` +
        'hint: atmos auth keyring unlock\n' +
        'hint: export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>\n',
    });
  });
});
