import { describe, expect, test } from 'vitest';
import { accessKey, keyOnStdin, openConfiguredMachine } from './machine.ts';
import { expectRefusal } from './stored.ts';

const hints = [
  'write {"access_key_id": "…", "secret_access_key": "…"}, optionally with "mfa_arn" and "session_duration"',
  'or give the output of "aws iam create-access-key", which creates a new access key',
];
const { accessKeyId, secretAccessKey } = accessKey;
const keyWith = (fields: object) =>
  JSON.stringify({ access_key_id: accessKeyId, secret_access_key: secretAccessKey, ...fields });

// No message quotes the input, because it may be a secret in the wrong place.
const withoutEndpoint = JSON.stringify({
  auth: {
    realm: 'script',
    keyring: { type: 'file' },
    identities: { 'emergency-user': { kind: 'aws/user', default: true } },
  },
});

describe('an access key on standard input', () => {
  test.each([
    ['is truncated', '{"access_key_id": "AKIAIOSF', 'standard input is not JSON'],
    ['is empty', '', 'standard input is empty'],
    ['is a list', '[]', 'the JSON on standard input is not an object'],
    [
      'has no secret',
      `{"access_key_id":"${accessKeyId}"}`,
      'secret_access_key is missing in the JSON on standard input',
    ],
    [
      'has no id',
      `{"secret_access_key":"${secretAccessKey}"}`,
      'access_key_id is missing in the JSON on standard input',
    ],
    [
      'contains a number',
      keyWith({ secret_access_key: 12 }),
      'secret_access_key is not text in the JSON on standard input',
    ],
  ])('that %s is refused', async (_, input, message) => {
    const machine = await openConfiguredMachine();
    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { input },
      { exitCode: 2, message, hints },
    );
  });

  test.each([
    [
      'a session',
      keyWith({ access_key_id: 'ASIAIOSFODNN7EXAMPLE' }),
      'the access key id is the id of a session, which expires; a long-lived key starts with AKIA',
    ],
    [
      'another secret',
      keyWith({ secret_access_key: 'hunter2' }),
      'the secret access key has 7 characters instead of 40',
    ],
    [
      'swapped id and secret',
      keyWith({ access_key_id: secretAccessKey, secret_access_key: accessKeyId }),
      'the access key id looks like a secret: were the two swapped? (from --stdin)\n  the secret access key looks like an id: were the two swapped?',
    ],
    [
      'a line break in the secret',
      keyWith({ secret_access_key: `${secretAccessKey}\n` }),
      'the secret access key contains a space or a line break',
    ],
    [
      'another duration',
      keyWith({ session_duration: 'a day' }),
      'the session duration is not a duration like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    ],
    [
      'another device',
      keyWith({ mfa_arn: 'arn:aws:iam::12:mfa/me' }),
      'the MFA device is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number',
    ],
  ])('with %s is refused', async (_, input, message) => {
    const machine = await openConfiguredMachine();
    // Servers other than AWS may have access keys of any form.
    machine.writeConfig(withoutEndpoint);
    const refusal = { exitCode: 2, message: `${message} (from --stdin)` };
    await expectRefusal(machine, 'auth user configure --stdin --no-verify', { input }, refusal);
  });

  test('of more than 64 KiB is refused', async () => {
    const machine = await openConfiguredMachine();
    await expectRefusal(
      machine,
      'auth user configure --stdin',
      { input: ' '.repeat(65_537) + keyOnStdin },
      {
        exitCode: 2,
        message: 'standard input has more than 65536 bytes',
      },
    );
  });

  test('that AWS does not know does not replace a valid one when it is verified', async () => {
    const machine = await openConfiguredMachine();
    const input = keyWith({ access_key_id: 'AKIAI44QH8DHBEXAMPLE' });
    await expectRefusal(
      machine,
      'auth user configure --stdin --verify',
      { input },
      {
        exitCode: 4,
        message:
          'the key was not saved: AWS does not know the access key AKIA…MPLE: it was deleted or deactivated, or is of another partition',
        hints: ['atmos auth user configure'],
      },
    );
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  });
});
