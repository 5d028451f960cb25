import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  codes,
  device,
  keyOnStdin,
  openDesk,
  storedKey,
  user,
  yamlOf,
  type Desk,
  type RunOptions,
} from './desk.ts';
import { person } from './person.ts';

const { accessKeyId, secretAccessKey } = user;
const configure = 'auth user configure';
const byStdin = `${configure} --stdin`;
const saved =
  'saved the access key AKIA…MPLE of identity dev in the file keyring (~/data/atmos/keyring), realm r\n' +
  'Next: atmos auth login --identity dev\n';

/** What is stored besides the key's id and secret. */
async function storedData(desk: Desk): Promise<unknown> {
  const entry = JSON.parse((await desk.openKeyring().get('atmos_r_dev')) ?? 'null') as {
    data: Record<string, string>;
  };
  expect(entry).toMatchObject({ type: 'aws', realm: 'r', alias: 'dev', item: 'key' });
  const { access_key_id, secret_access_key, ...notes } = entry.data;
  expect([access_key_id, secret_access_key]).toEqual([accessKeyId, secretAccessKey]);
  return notes;
}

describe('an access key that is given', () => {
  test('as JSON on standard input is stored without a prompt and without a request to AWS', async () => {
    const desk = await openDesk();
    const given = { ...JSON.parse(keyOnStdin), mfa_arn: device, session_duration: '8h' };
    expect(await desk.run(byStdin, { input: JSON.stringify(given) })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: saved,
    });
    expect(await storedData(desk)).toEqual({ mfa_arn: device, session_duration: '8h' });
    expect(desk.sts.calls).toEqual([]);
  });

  test('as aws iam create-access-key prints it is stored with the values of the options', async () => {
    const desk = await openDesk();
    const created = {
      AccessKey: { UserName: 'ada', AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey },
    };
    const options = `--mfa-arn ${device} --session-duration 90m`;
    expect(
      await desk.run(`${byStdin} ${options}`, { input: JSON.stringify(created) }),
    ).toMatchObject({ exitCode: 0 });
    expect(await storedData(desk)).toEqual({ mfa_arn: device, session_duration: '90m' });
  });

  test('in a profile of the AWS files is stored', async () => {
    const desk = await openDesk();
    mkdirSync(join(desk.root, '.aws'));
    writeFileSync(
      join(desk.root, '.aws/credentials'),
      `[old]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    );
    expect(await desk.run(`${configure} --from-aws-profile old`)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: saved,
    });
    expect(await storedData(desk)).toEqual({});
  });

  test('is verified first on request', async () => {
    const desk = await openDesk();
    expect(await desk.run(`${byStdin} --verify`, { input: keyOnStdin })).toMatchObject({
      exitCode: 0,
      stderr: `AWS knows this key as arn:aws:iam::012345678901:user/ada\n${saved}`,
    });
    expect(desk.sts.calls).toMatchObject([{ action: 'GetCallerIdentity' }]);
  });
});

describe('an access key that is typed', () => {
  test('is prompted for in the order of Atmos, verified with AWS, and stored', async () => {
    const desk = await openDesk({ hasDevice: true });
    const ada = person(accessKeyId, secretAccessKey, device, '');
    expect(await desk.run(configure, { person: ada })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `AWS knows this key as arn:aws:iam::012345678901:user/ada\n${saved}`,
    });
    expect(ada.asked).toEqual([
      'AWS Access Key ID',
      'AWS Secret Access Key',
      'MFA ARN (empty: none)',
      'Session Duration',
    ]);
    expect(await storedData(desk)).toEqual({ mfa_arn: device, session_duration: '12h' });
  });

  test('is prompted for again, with the reason, until it is valid', async () => {
    const desk = await openDesk();
    const ada = person(
      '',
      secretAccessKey,
      'ASIAIOSFODNN7EXAMPLE',
      accessKeyId,
      accessKeyId,
      `${secretAccessKey} `,
      secretAccessKey,
      'ada',
      '',
      'soon',
      '1h30m',
    );
    expect(await desk.run(`${configure} --no-verify`, { person: ada })).toMatchObject({
      exitCode: 0,
    });
    expect(ada.asked).toEqual([
      'AWS Access Key ID',
      '  the access key id is empty',
      '  the access key id looks like a secret: were the two swapped?',
      '  the access key id is the id of a session, which expires; a long-lived key starts with AKIA',
      'AWS Secret Access Key',
      '  the secret access key looks like an id: were the two swapped?',
      '  the secret access key contains a space or a line break',
      'MFA ARN (empty: none)',
      '  the MFA device is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number',
      'Session Duration',
      '  the session duration is not a duration like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    ]);
    expect(await storedData(desk)).toEqual({ session_duration: '1h30m' });
    expect(desk.sts.calls).toEqual([]);
  });

  test('is prompted for only in part when the configuration has the rest', async () => {
    const desk = await openDesk();
    const identity = `credentials:\n  mfa_arn: ${device}\nsession:\n  duration: 8h`;
    const config = desk.configure(yamlOf(desk, { identity }));
    const ada = person(accessKeyId, secretAccessKey);
    const { stderr } = await desk.run(`${configure} --no-verify`, { person: ada });
    expect(stderr).toBe(
      `MFA ARN: ${device} (${config}:12:18)\nSession Duration: 8h (${config}:14:19)\n${saved}`,
    );
    expect(ada.asked).toEqual(['AWS Access Key ID', 'AWS Secret Access Key']);
    expect(await storedData(desk)).toEqual({});
  });

  test('is prompted for only in part when the options have the rest, and the configuration takes precedence', async () => {
    const desk = await openDesk();
    const identity = `credentials:\n  mfa_arn: ${device}\nsession:\n  duration: 8h`;
    const config = desk.configure(yamlOf(desk, { identity }));
    const ada = person(accessKeyId, secretAccessKey);
    const options = '--no-verify --mfa-arn GAHT12345678 --session-duration 1h';
    const { stderr } = await desk.run(`${configure} ${options}`, { person: ada });
    expect(stderr).toBe(
      `warning: mfa_arn is set in the configuration (${config}:12:18), so the given value is not used\n` +
        `warning: the session duration is set in the configuration (${config}:14:19), so the given value is not used\n` +
        saved,
    );
    expect(ada.asked).toEqual(['AWS Access Key ID', 'AWS Secret Access Key']);
  });

  test.each([
    [true, saved],
    [false, 'nothing was saved\n'],
  ] as const)('that AWS does not confirm is saved if the user agrees: %s', async (answer, end) => {
    const desk = await openDesk();
    desk.sts.script({ fail: { code: 'InvalidClientTokenId', message: 'no' } });
    const ada = person(accessKeyId, secretAccessKey, '', '', answer);
    expect(await desk.run(configure, { person: ada })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        'warning: the key could not be verified: AWS does not know the access key AKIA…MPLE: it was deleted or deactivated, or is of another partition\n' +
        end,
    });
    expect(ada.asked.at(-1)).toBe('Save anyway? (y/N)');
    expect(Object.keys(desk.stored())).toHaveLength(answer ? 3 : 0);
  });
});

describe('the memory keyring', () => {
  const hints =
    'hint: set the keyring type to system or file there\n' +
    'hint: or set access_key_id and secret_access_key in atmos.yaml with !env\n';
  const refused = (source: string) => ({
    code: 'ERR_USAGE',
    exitCode: 2,
    stdout: '',
    stderr: `error: the memory keyring (from ${source}) keeps entries only until the process exits, so no key can be stored in it\n${hints}`,
  });

  test('refuses an access key, and the error names the variable that chose the keyring', async () => {
    const desk = await openDesk();
    const env = { ATMOS_KEYRING_TYPE: 'memory' };
    expect(await desk.run(byStdin, { input: keyOnStdin, env })).toEqual(
      refused('ATMOS_KEYRING_TYPE'),
    );
  });

  test('refuses an access key before it is typed, and the error names the line that chose the keyring', async () => {
    const desk = await openDesk();
    const file = desk.configure(yamlOf(desk, { keyring: 'type: memory' }));
    const ada = person();
    expect(await desk.run('auth user configure', { person: ada })).toEqual(
      refused(`auth.keyring.type (${file}:4:11)`),
    );
    expect(ada.asked).toEqual([]);
  });
});

describe('in a keyring with an access key', () => {
  test('another access key replaces it', async () => {
    const desk = await openDesk({ entries: storedKey });
    const input = JSON.stringify({ ...JSON.parse(keyOnStdin), session_duration: '1h' });
    expect(await desk.run(byStdin, { input })).toMatchObject({ exitCode: 0 });
    expect(await storedData(desk)).toEqual({ session_duration: '1h' });
  });

  test('a damaged entry of another program does not matter', async () => {
    const desk = await openDesk({ entries: storedKey });
    writeFileSync(join(desk.directory, 'a'), 'text', { mode: 0o600 });
    expect(await desk.run(byStdin, { input: keyOnStdin })).toMatchObject({ exitCode: 0 });
  });

  async function expectRefused(desk: Desk, command: string, options: RunOptions, refusal: object) {
    const before = desk.stored();
    const result = await desk.run(command, options);
    expect(result).toMatchObject({ stdout: '', ...refusal });
    expect(desk.stored()).toEqual(before);
    expect(result.stderr).not.toContain(secretAccessKey);
  }

  test('a wrong password is reported before anything is typed', async () => {
    const desk = await openDesk({ entries: storedKey });
    const ada = person(accessKeyId, secretAccessKey);
    await expectRefused(
      desk,
      configure,
      { person: ada, env: { ATMOS_KEYRING_PASSWORD: 'another one' } },
      {
        code: 'ERR_KEYRING_PASSWORD_WRONG',
        exitCode: 3,
        stderr: expect.stringContaining(
          `error: the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${desk.directory}\nhint: `,
        ),
      },
    );
    expect(ada.asked).toEqual([]);
  });

  test('an unreachable keyring is reported before anything is typed', async () => {
    const desk = await openDesk();
    const ada = person(accessKeyId, secretAccessKey);
    await expectRefused(
      desk,
      configure,
      { person: ada, env: { ATMOS_KEYRING_TYPE: 'system' } },
      {
        code: 'ERR_KEYRING_UNAVAILABLE',
        exitCode: 3,
      },
    );
    expect(ada.asked).toEqual([]);
  });

  test('a canceled prompt changes nothing', async () => {
    const desk = await openDesk({ entries: storedKey });
    await expectRefused(
      desk,
      configure,
      { person: person(accessKeyId) },
      {
        code: 'ERR_CANCELLED',
        exitCode: 130,
        stderr: 'error: canceled\n',
      },
    );
  });

  test('without a terminal, the error names the other ways to give an access key', async () => {
    const desk = await openDesk({ entries: storedKey });
    const hint = 'hint: pass --stdin and give the key as JSON, or --from-aws-profile NAME\n';
    await expectRefused(
      desk,
      configure,
      {},
      {
        code: 'ERR_NO_TERMINAL',
        exitCode: 2,
        stderr: `error: cannot prompt for "AWS Access Key ID": there is no terminal\n${hint}`,
      },
    );
    await expectRefused(
      desk,
      configure,
      { env: { CI: 'true' } },
      {
        stderr: `error: cannot prompt for "AWS Access Key ID": CI is set\n${hint}`,
      },
    );
    await expectRefused(
      desk,
      `${configure} --interactive=false`,
      {},
      {
        stderr: `error: cannot prompt for "AWS Access Key ID": --interactive=false was given\n${hint}`,
      },
    );
  });

  test('an access key that AWS does not know is not stored if verification was requested', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.sts.script({ fail: { code: 'InvalidClientTokenId', message: 'no' } });
    await expectRefused(
      desk,
      `${byStdin} --verify`,
      { input: keyOnStdin },
      {
        code: 'ERR_AUTH_KEYS_REFUSED',
        exitCode: 4,
        stderr: expect.stringMatching(
          /^error: the key was not saved: AWS does not know the access key AKIA…MPLE: .*\nhint: /,
        ),
      },
    );
  });

  test('an access key that is in the configuration is not stored', async () => {
    const desk = await openDesk({ entries: storedKey });
    const identity = `credentials:\n  access_key_id: ${accessKeyId}\n  secret_access_key: ${secretAccessKey}`;
    const config = desk.configure(yamlOf(desk, { identity }));
    const ada = person(accessKeyId, secretAccessKey);
    await expectRefused(
      desk,
      configure,
      { person: ada },
      {
        code: 'ERR_USAGE',
        exitCode: 2,
        stderr:
          `error: the access key of identity dev is set in the configuration (${config}:11:7), so a stored one would not be used\n` +
          `hint: remove access_key_id and secret_access_key (${config}:11:7)\n`,
      },
    );
    expect(ada.asked).toEqual([]);
  });

  const key = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  const jsonHints =
    'hint: write {"access_key_id": "…", "secret_access_key": "…"}, optionally with "mfa_arn" and "session_duration"\n' +
    'hint: or give the output of "aws iam create-access-key", which creates a new access key\n';

  test.each([
    ['', `standard input is empty`],
    [`{"secret_access_key": "${secretAccessKey}`, 'standard input is not JSON'],
    [JSON.stringify([key]), 'the JSON on standard input is not an object'],
    [
      JSON.stringify({ access_key_id: accessKeyId }),
      'secret_access_key is missing in the JSON on standard input',
    ],
    [
      JSON.stringify({ secret_access_key: secretAccessKey }),
      'access_key_id is missing in the JSON on standard input',
    ],
    [
      JSON.stringify({ ...key, access_key_id: 1 }),
      'access_key_id is not text in the JSON on standard input',
    ],
    [JSON.stringify({ ...key, mfa_arn: 1 }), 'mfa_arn is not text in the JSON on standard input'],
    [
      JSON.stringify({ AccessKey: { AccessKeyId: accessKeyId } }),
      'AccessKey.SecretAccessKey is missing in the JSON on standard input',
    ],
  ])('invalid input is refused without quoting it: %#', async (input, message) => {
    const desk = await openDesk({ entries: storedKey });
    await expectRefused(
      desk,
      byStdin,
      { input },
      {
        code: 'ERR_USAGE',
        exitCode: 2,
        stderr: `error: ${message}\n${jsonHints}`,
      },
    );
  });

  test('an invalid access key is refused with every mistake, without quoting it', async () => {
    const desk = await openDesk({ entries: storedKey });
    const swapped = {
      access_key_id: secretAccessKey,
      secret_access_key: accessKeyId,
      mfa_arn: secretAccessKey,
      session_duration: secretAccessKey,
    };
    await expectRefused(
      desk,
      byStdin,
      { input: JSON.stringify(swapped) },
      {
        code: 'ERR_USAGE',
        exitCode: 2,
        stderr:
          'error: the access key id looks like a secret: were the two swapped? (from --stdin)\n' +
          '  the secret access key looks like an id: were the two swapped? (from --stdin)\n' +
          '  the MFA device is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number (from --stdin)\n' +
          '  the session duration is not a duration like 12h, 1h30m, 900s, 2d or 900 (seconds) (from --stdin)\n',
      },
    );
  });

  test.each([
    [`${byStdin} --from-aws-profile old`, '--stdin and --from-aws-profile cannot be combined'],
    [
      `${byStdin} --mfa-arn ada`,
      'the MFA device is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number (from --mfa-arn)',
    ],
    [
      `${byStdin} --session-duration soon`,
      'the session duration is not a duration like 12h, 1h30m, 900s, 2d or 900 (seconds) (from --session-duration)',
    ],
    [`${configure} -i deb --stdin`, 'unknown identity "deb": expected dev in $'],
    [
      `${configure} -i off --stdin`,
      '-i off switches authentication off, but this command requires an identity',
    ],
    [`${configure} --from-aws-profile old`, 'no AWS profile "old" in $'],
  ])('%s is refused', async (command, message) => {
    const desk = await openDesk({ entries: storedKey });
    const before = desk.stored();
    const { code, exitCode, stdout, stderr } = await desk.run(command, { input: keyOnStdin });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(code).toMatch(/^ERR_(USAGE|IDENTITY_UNKNOWN)$/);
    const [start = '', end = ''] = message.split('$');
    expect(stderr).toContain(`error: ${start}`);
    expect(stderr).toContain(end);
    expect(desk.stored()).toEqual(before);
  });
});

test('the access key can log in with MFA', async () => {
  const desk = await openDesk({ hasDevice: true });
  await desk.run(`${byStdin} --mfa-arn ${device}`, { input: keyOnStdin });
  expect(await desk.run(`auth login --mfa-token ${codes[0]}`)).toMatchObject({ exitCode: 0 });
});
