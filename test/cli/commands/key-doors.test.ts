import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codes, device, keyOnStdin, openDesk, storedKey, user, yamlOf, type Desk } from './desk.ts';
import { person } from './person.ts';

// Values of an access key get the same check, whichever way they are given.

const key = { access_key_id: user.accessKeyId, secret_access_key: user.secretAccessKey };
const configure = 'auth user configure --no-verify';

interface Door {
  readonly name: string;
  /** Passes the MFA device in that way. */
  give(desk: Desk, mfaArn: string): Promise<{ exitCode: number; said: string }>;
  /** The source that the message names. */
  readonly source: string;
  readonly exitCode: number;
}

/** Access keys in the AWS files, with an MFA device. */
function writeProfile(desk: Desk, mfaSerial: string): void {
  mkdirSync(join(desk.root, '.aws'), { recursive: true });
  const keys = `aws_access_key_id=${user.accessKeyId}\naws_secret_access_key=${user.secretAccessKey}`;
  const config = `[profile dev]\n${keys}\nmfa_serial=${mfaSerial}\n`;
  writeFileSync(join(desk.root, '.aws/config'), config);
}

/** `mfa_arn` in atmos.yaml, which the command reads. */
function ofConfiguration(how: string, command: string): Door {
  return {
    name: `atmos.yaml, ${how}`,
    source: '(/atmos.yaml:12:18)',
    exitCode: 2,
    async give(desk, mfaArn) {
      const identity = `credentials:\n  mfa_arn: ${JSON.stringify(mfaArn)}`;
      desk.configure(yamlOf(desk, { identity }));
      const { exitCode, stderr } = await desk.run(command);
      return { exitCode, said: stderr.replace(desk.project, '') };
    },
  };
}

const doors: readonly Door[] = [
  {
    name: '--mfa-arn',
    source: '(from --mfa-arn)',
    exitCode: 2,
    async give(desk, mfaArn) {
      const command = [...`${configure} --stdin --mfa-arn`.split(' '), mfaArn];
      const { exitCode, stderr } = await desk.run(command, { input: keyOnStdin });
      return { exitCode, said: stderr };
    },
  },
  {
    name: '--stdin',
    source: '(from --stdin)',
    exitCode: 2,
    async give(desk, mfaArn) {
      const input = JSON.stringify({ ...key, mfa_arn: mfaArn });
      const { exitCode, stderr } = await desk.run(`${configure} --stdin`, { input });
      return { exitCode, said: stderr };
    },
  },
  {
    name: 'a prompt',
    source: '',
    exitCode: 130,
    async give(desk, mfaArn) {
      const ada = person(user.accessKeyId, user.secretAccessKey, mfaArn);
      const { exitCode } = await desk.run(configure, { person: ada });
      return { exitCode, said: ada.asked.join('\n') };
    },
  },
  {
    name: 'a profile of the AWS files',
    source: '(from the AWS profile dev)',
    exitCode: 2,
    async give(desk, mfaArn) {
      writeProfile(desk, mfaArn);
      const { exitCode, stderr } = await desk.run(`${configure} --from-aws-profile dev`);
      return { exitCode, said: stderr };
    },
  },
  {
    name: 'an import',
    source: '(from the profile "dev")',
    exitCode: 1,
    async give(desk, mfaArn) {
      writeProfile(desk, mfaArn);
      const command = 'auth keyring import --from aws-credentials --yes';
      const { exitCode, stderr } = await desk.run(command);
      return { exitCode, said: stderr };
    },
  },
  ofConfiguration('validated', 'auth validate'),
  ofConfiguration('used', 'auth login'),
];

describe.each(doors)('an MFA device from $name', ({ give, source, exitCode }) => {
  test.each([
    [
      'arn:aws:iam::123456789012:user/ada',
      'is the ARN of a user; the ARN of an MFA device looks like',
    ],
    ['arn:aws:iam::123456789012:u2f/user/ada/key', 'is a FIDO security key or passkey'],
    ['ada', 'is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number'],
    [
      'arn:aws-cn:iam::123456789012:mfa/ada',
      'is in another AWS partition than the region (aws), where it cannot be used',
    ],
  ])('is refused if it is %s', async (mfaArn, message) => {
    const desk = await openDesk({ entries: storedKey });
    const before = desk.stored();
    const result = await give(desk, mfaArn);
    expect(result.exitCode).toBe(exitCode);
    expect(result.said).toContain(message);
    expect(result.said).toContain(source);
    expect(desk.stored()).toEqual(before);
  });
});

// In an INI file, white space around a value is not part of it.
const exactDoors = doors.filter(({ name }) => !/AWS files|import/.test(name));

test.each(exactDoors)('a space after an MFA device is refused: $name', async (door) => {
  const desk = await openDesk();
  const result = await door.give(desk, `${device} `);
  expect(result.exitCode).toBe(door.exitCode);
  expect(result.said).toContain('contains a space or a line break');
  expect(result.said).toContain(door.source);
});

test('the partition of a device is compared with the region of its identity', async () => {
  const desk = await openDesk();
  const mfaArn = 'arn:aws-cn:iam::123456789012:mfa/ada';
  const identity = `credentials:\n  region: cn-north-1`;
  desk.configure(yamlOf(desk, { identity }));
  const run = (arn: string) =>
    desk.run(`${configure} --stdin --mfa-arn ${arn}`, { input: keyOnStdin });
  expect(await run(mfaArn)).toMatchObject({ exitCode: 0 });
  expect(await run(device)).toMatchObject({
    code: 'ERR_USAGE',
    exitCode: 2,
    stderr:
      'error: the MFA device is in another AWS partition than the region (aws-cn), where it cannot be used (from --mfa-arn)\n',
  });
});

test.each([
  [
    `access_key_id: ${user.secretAccessKey}\n  secret_access_key: ${user.accessKeyId}`,
    [
      'access_key_id of identity dev ($:12:24) looks like a secret: were the two swapped?',
      'secret_access_key of identity dev ($:13:28) looks like an id: were the two swapped?',
    ],
  ],
  [
    `access_key_id: ASIAIOSFODNN7EXAMPLE\n  secret_access_key: ${user.secretAccessKey}`,
    [
      'access_key_id of identity dev ($:12:24) is the id of a session, which expires; a long-lived key starts with AKIA',
    ],
  ],
  [
    `access_key_id: ${user.accessKeyId}\n  secret_access_key: "${user.secretAccessKey}\\n"`,
    ['secret_access_key of identity dev ($:13:28) contains a space or a line break'],
  ],
])('an access key in atmos.yaml is checked like a stored one', async (lines, messages) => {
  const desk = await openDesk();
  const config = desk.configure(yamlOf(desk, { identity: `credentials:\n  ${lines}` }));
  const { exitCode, stderr } = await desk.run('auth login');
  expect(exitCode).toBe(2);
  for (const message of messages) {
    expect(stderr).toContain(`credentials.${message.replace('$', config)}`);
  }
  expect(stderr).not.toContain(user.secretAccessKey);
});

test('an MFA device that Go stored with the access key is checked before the prompt for a code', async () => {
  const mfa_arn = 'arn:aws:iam::123456789012:u2f/user/ada/key';
  const atmos_r_dev = JSON.stringify({ type: 'aws', data: { ...key, mfa_arn } });
  const desk = await openDesk({ entries: { atmos_r_dev } });
  const ada = person(codes[0]);
  const { code, stderr } = await desk.run('auth login', { person: ada });
  expect(code).toBe('ERR_STORE_INVALID');
  expect(stderr).toContain(
    'error: the MFA device stored with the access key of identity dev is a FIDO security key or passkey',
  );
  expect(stderr).toContain('hint: atmos auth user configure --identity dev\n');
  expect(ada.asked).toEqual([]);
  expect(desk.sts.calls).toEqual([]);
});

describe('an MFA code as authenticators show it', () => {
  const code = `${codes[0].slice(0, 3)} ${codes[0].slice(3)}`;

  async function openMfaDesk(): Promise<Desk> {
    const desk = await openDesk({ entries: storedKey, hasDevice: true });
    desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
    return desk;
  }

  test.each<[string, string[], Record<string, string>, string[]]>([
    ['--mfa-token', ['--mfa-token', code], {}, []],
    ['ATMOS_MFA_TOKEN', [], { ATMOS_MFA_TOKEN: code }, []],
    ['a prompt', [], {}, [code]],
  ])('is accepted from %s', async (_, options, env, answers) => {
    const desk = await openMfaDesk();
    const command = ['auth', 'login', ...options];
    expect(await desk.run(command, { env, person: person(...answers) })).toMatchObject({
      exitCode: 0,
    });
  });

  test('is refused with the same check from each of them', async () => {
    const desk = await openMfaDesk();
    const refusal = { code: 'ERR_AUTH_MFA_REFUSED', exitCode: 4 };
    const wrong = '123-456';
    expect(await desk.run(`auth login --mfa-token ${wrong}`)).toMatchObject(refusal);
    const env = { ATMOS_MFA_TOKEN: wrong };
    expect(await desk.run('auth login', { env })).toMatchObject(refusal);
    const ada = person(wrong, codes[0]);
    expect(await desk.run('auth login', { person: ada })).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toContain('  The code must have six digits');
  });
});
