import { describe, expect, test } from 'vitest';
import {
  codes,
  device,
  keyOnStdin,
  openDesk,
  storedKey,
  yamlOf,
  type Desk,
} from './commands/desk.ts';

// The same condition has the same exit code and error in every command.

/** The commands that need or read a session. */
const sessionCommands = [
  'auth login',
  'auth env --credentials env',
  'auth exec -- true',
  'auth credential-process',
];
const whoami = 'auth whoami';

interface Condition {
  readonly desk: () => Promise<Desk>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly commands: readonly string[];
  readonly exitCode: number;
  readonly code: string;
  readonly message: RegExp;
}

const withKey = () => openDesk({ entries: storedKey });
const withYaml = async (lines: { keyring?: string; identity?: string }, options = {}) => {
  const desk = await openDesk(options);
  desk.configure(yamlOf(desk, lines));
  return desk;
};
const mfaLine = `credentials:\n  mfa_arn: ${device}`;
const fromVariables =
  'credentials:\n  access_key_id: !env CI_KEY_ID\n  secret_access_key: !env CI_SECRET';

const conditions: Record<string, Condition> = {
  'no password and no terminal': {
    desk: withKey,
    env: { ATMOS_KEYRING_PASSWORD: undefined },
    input: keyOnStdin,
    commands: [
      ...sessionCommands,
      whoami,
      'auth user configure --stdin',
      'auth keyring list --long',
      'auth keyring unlock',
      'auth keyring rekey --stdin',
      'auth keyring rekey --upgrade',
    ],
    exitCode: 3,
    code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    message: /^error: the file keyring \S+ is locked: ATMOS_KEYRING_PASSWORD is not set, and /,
  },
  'no password for a new keyring and no terminal': {
    desk: openDesk,
    env: { ATMOS_KEYRING_PASSWORD: undefined },
    input: keyOnStdin,
    commands: ['auth user configure --stdin', 'auth keyring unlock'],
    exitCode: 3,
    code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    message:
      /^error: the file keyring \S+ needs a password: ATMOS_KEYRING_PASSWORD is not set, and /,
  },
  'no new password and no terminal': {
    desk: withKey,
    commands: ['auth keyring rekey'],
    exitCode: 3,
    code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    message:
      /^error: the new password is missing, and no one can be prompted \(there is no terminal\)/,
  },
  'no MFA code and no terminal': {
    desk: () => withYaml({ identity: mfaLine }, { entries: storedKey, hasDevice: true }),
    commands: sessionCommands,
    exitCode: 4,
    code: 'ERR_AUTH_MFA_REQUIRED',
    message: /^error: .*code of the MFA device arn:aws:iam::012345678901:mfa\/ada/,
  },
  'no access key': {
    desk: () => openDesk(),
    commands: [...sessionCommands, whoami],
    exitCode: 4,
    code: 'ERR_AUTH_KEYS_MISSING',
    message: /no access key is stored for identity dev$/m,
  },
  'variables of the access key are empty': {
    desk: () => withYaml({ identity: fromVariables }),
    env: { CI_KEY_ID: '' },
    commands: [...sessionCommands, whoami],
    exitCode: 4,
    code: 'ERR_AUTH_KEYS_MISSING',
    message:
      /credentials\.access_key_id \(\S+atmos\.yaml:12:24\) is empty: !env CI_KEY_ID returned an empty value; credentials\.secret_access_key \(\S+:13:28\) is empty: !env CI_SECRET returned an empty value; no access key is stored for identity dev\nhint: set the variables CI_KEY_ID and CI_SECRET, which are not set or empty\nhint: atmos auth user configure --identity dev$/m,
  },
  'variables of the access key are empty, with the memory keyring': {
    desk: () => withYaml({ identity: fromVariables, keyring: 'type: memory' }),
    commands: [...sessionCommands, whoami],
    exitCode: 4,
    code: 'ERR_AUTH_KEYS_MISSING',
    message:
      /!env CI_KEY_ID returned an empty value; .*!env CI_SECRET returned an empty value; .*\nhint: set the variables CI_KEY_ID and CI_SECRET, which are not set or empty\n$/,
  },
  'half of the access key comes from an empty variable': {
    desk: () =>
      withYaml({
        identity:
          'credentials:\n  access_key_id: AKIAIOSFODNN7EXAMPLE\n  secret_access_key: !env CI_SECRET',
      }),
    commands: [...sessionCommands, whoami],
    exitCode: 2,
    code: 'ERR_CONFIG_INVALID',
    message:
      /credentials\.secret_access_key of identity dev \(\S+:13:28\) is empty: !env CI_SECRET returned an empty value, but .*\nhint: set the variable CI_SECRET, which is not set or empty\n$/,
  },
};

describe.each(Object.entries(conditions))('%s', (_, condition) => {
  test.each(condition.commands)('%s', async (command) => {
    const { env = {}, input = '', exitCode, code, message } = condition;
    const desk = await condition.desk();
    const before = desk.stored();
    const result = await desk.run(command, { env, input });
    expect(result).toMatchObject({ exitCode, code, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(new RegExp(codes.join('|')));
    expect(desk.stored()).toEqual(before);
  });
});

test('doctor reports the same condition as a finding, with the exit code of the error', async () => {
  const desk = await withKey();
  const env = { ATMOS_KEYRING_PASSWORD: undefined };
  const { exitCode, stderr } = await desk.run('auth keyring doctor', { env });
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/problem: round-trip: the file keyring \S+ is locked: /);
});
